import type { Decimal } from "../../domain/decimal.ts";
import { Board, HEADER } from "../board.ts";
import type { DataSource } from "../data-source.ts";
import { Slice } from "../data/slice.ts";
import { Clock } from "../engine/clock.ts";
import { MemoryObjectStore, type ObjectStore } from "../object-store.ts";
import type { Indicator } from "../indicators/indicator.ts";
import { ACCOUNT_TYPE } from "../market/brokerage-model.ts";
import { MarketHoursDatabase } from "../market/market-hours-database.ts";
import { SymbolPropertiesDatabase } from "../market/symbol-properties.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import type { OrderGate } from "../orders/order-gate.ts";
import { OrderProcessor, type BrokerageFactory } from "../orders/order-processor.ts";
import type { Amount, OrderTicket } from "../orders/order-ticket.ts";
import { Portfolio } from "../portfolio/portfolio.ts";
import { Journal } from "../results/journal.ts";
import type { LeanSymbol, SymbolLike } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { ZoneOffsets } from "../time/zone-offsets.ts";
import { AlgorithmConfiguration, type BenchmarkFunction, type WarmUp } from "./algorithm-configuration.ts";
import { AlgorithmSettings } from "./algorithm-settings.ts";
import { Consolidation } from "./consolidation.ts";
import { CurrencyConversions } from "./currency-conversions.ts";
import { History } from "./history.ts";
import { IndicatorDesk } from "./indicator-desk.ts";
import { Positions, type PortfolioTarget, type SetHoldingsOptions } from "./positions.ts";
import { Schedule } from "../schedule/schedule.ts";
import { SecurityManager, type AddSecurityOptions } from "./security-manager.ts";
import { SymbolTable } from "./symbol-table.ts";
import { TargetExecution } from "./target-execution.ts";
import { Trading, type OrderOptions, type TrailingStop } from "./trading.ts";

const DEFAULT_ZONE = "America/New_York";

/**
 * What a strategy may use: LEAN's `QCAlgorithm`, put together from parts by concern. The methods here are the short
 * names of the most used ones; the parts (`configuration`, `securities`, `trading`, …) hold the rest.
 */
export class QcAlgorithm {
  readonly board: Board = new Board();
  readonly clock: Clock = new Clock(this.board, ZoneOffsets.of(DEFAULT_ZONE));
  readonly settings: AlgorithmSettings = new AlgorithmSettings();
  readonly journal: Journal = new Journal(this.clock);
  readonly slice: Slice = new Slice(this.board);
  readonly symbols: SymbolTable;
  readonly securities: SecurityManager;
  readonly portfolio: Portfolio;
  readonly configuration: AlgorithmConfiguration;
  readonly processor: OrderProcessor;
  readonly trading: Trading;
  readonly positions: Positions;
  readonly execution: TargetExecution;
  readonly schedule: Schedule;
  readonly consolidation: Consolidation;
  readonly indicators: IndicatorDesk;
  readonly history: History;
  readonly currencies: CurrencyConversions;
  readonly objectStore: ObjectStore;
  /** Set by the engine: told of every order event after it is booked. */
  orderEventHandler: (event: OrderEvent) => void = () => undefined;
  /** What a brokerage model of the strategy's own says about orders. */
  orderGate: OrderGate | undefined;
  #quitReason: string | undefined;

  constructor(options: {
    readonly name: string;
    readonly data: DataSource;
    readonly parameters: Readonly<Record<string, string>>;
    /** Left out: LEAN's backtesting brokerage. */
    readonly brokerage?: BrokerageFactory;
    /** Left out: an empty one that ends with the run. */
    readonly objectStore?: ObjectStore;
  }) {
    const { data } = options;
    const { board, clock, settings } = this;
    const all: Security[] = [];
    this.objectStore = options.objectStore ?? new MemoryObjectStore();
    const marketHours = new MarketHoursDatabase(data);
    const properties = new SymbolPropertiesDatabase(data);
    const symbols = new SymbolTable(data, properties);
    this.symbols = symbols;
    this.portfolio = new Portfolio(board, all);
    const { cashBook } = this.portfolio;
    this.securities = new SecurityManager({ data, board, symbols, marketHours, properties, cashBook, securities: all });
    this.configuration = new AlgorithmConfiguration({ ...options, clock, portfolio: this.portfolio });
    this.processor = new OrderProcessor({
      board,
      clock,
      portfolio: this.portfolio,
      security: (order) => this.securities.get(order.symbol),
      stalePriceSpan: () => settings.stalePriceTimeSpan,
      brokerage: options.brokerage,
      gate: () => this.orderGate,
      onRefusal: (message) => this.journal.write("error", message),
      onEvent: (event) => this.orderEventHandler(event),
    });
    const { processor, portfolio, securities, journal } = this;
    portfolio.openOrders = () => processor.openOrders;
    const onRefusal = (message: string): void => this.journal.write("error", message);
    this.trading = new Trading({
      clock,
      processor,
      securities,
      settings,
      onRefusal,
      isWarmingUp: () => this.isWarmingUp,
    });
    this.positions = new Positions({ clock, processor, portfolio, securities, settings, trading: this.trading });
    this.execution = new TargetExecution({ clock, processor, portfolio, securities, settings, trading: this.trading });
    this.schedule = new Schedule(clock);
    this.consolidation = new Consolidation(securities);
    this.indicators = new IndicatorDesk({ board, securities, consolidation: this.consolidation });
    this.history = new History({ data, clock, securities, settings });
    const { history } = this;
    this.currencies = new CurrencyConversions({ data, clock, cashBook, securities, symbols, history, journal });
  }

  // --- time and configuration

  /** Wall clock of the algorithm's time zone, integer microseconds. */
  get time(): number {
    return this.clock.local;
  }

  get utcTime(): number {
    return this.clock.utc;
  }

  get startDate(): number {
    return this.configuration.startDate;
  }

  /** Last microsecond of the last day, wall clock. */
  get endDate(): number {
    return this.configuration.endDate;
  }

  setStartDate(year: number, month: number, day: number): void {
    this.configuration.setStartDate(year, month, day);
  }

  setEndDate(year: number, month: number, day: number): void {
    this.configuration.setEndDate(year, month, day);
  }

  setCash(amount: Amount): void {
    this.configuration.setCash(amount);
  }

  setTimeZone(name: string): void {
    this.configuration.setTimeZone(name);
  }

  /** A ticker or symbol, or a function of UTC microseconds (`() => 0` for none). */
  setBenchmark(benchmark: SymbolLike | BenchmarkFunction): void {
    this.configuration.setBenchmark(benchmark);
  }

  /** A balance in a currency, at the start; `rate` is its worth in the account's currency until prices say so. */
  setCurrency(currency: string, amount: Amount, rate: Amount = 0): void {
    this.configuration.setCurrency(currency, amount, rate);
  }

  setBrokerageModel(name: string, accountType: number = ACCOUNT_TYPE.MARGIN): void {
    this.securities.useBrokerage(this.configuration.brokerageModel(name, accountType), accountType);
  }

  /** After `initialize`: dates and cash stay, and what the run needs besides is settled. */
  finishInitialize(): void {
    const { configuration, securities, symbols, portfolio } = this;
    const { benchmark, cryptoMarket } = securities.brokerage;
    if (configuration.benchmark === undefined && benchmark !== "SPY") {
      configuration.setBenchmark(benchmark === "none" ? () => 0 : symbols.crypto(benchmark.pair, cryptoMarket));
    }
    configuration.lock();
    this.currencies.prepare();
    if (portfolio.cashBook.hasForeign) configuration.startCash = portfolio.totalPortfolioValue;
  }

  getParameter(name: string): string | undefined {
    return this.configuration.getParameter(name);
  }

  /** Ends the run after the current step; from `initialize`, before any data. */
  quit(reason = ""): void {
    this.#quitReason ??= reason;
  }

  get quitReason(): string | undefined {
    return this.#quitReason;
  }

  /** Feeds past data before the start: indicators fill, orders are refused (see `configuration.setWarmUp`). */
  setWarmUp(warmUp: WarmUp): void {
    this.configuration.setWarmUp(warmUp);
  }

  get isWarmingUp(): boolean {
    return this.board.values[HEADER.WARMING_UP] === 1;
  }

  // --- securities

  symbol(like: SymbolLike): LeanSymbol {
    return this.securities.symbol(like);
  }

  addEquity(options: AddSecurityOptions): Security {
    return this.securities.addEquity(options);
  }

  addCrypto(options: AddSecurityOptions): Security {
    return this.securities.addCrypto(options);
  }

  removeSecurity(symbol: SymbolLike): boolean {
    return this.positions.removeSecurity(symbol);
  }

  // --- orders

  marketOrder(symbol: SymbolLike, quantity: Amount, options?: OrderOptions): OrderTicket {
    return this.trading.marketOrder(symbol, quantity, options);
  }

  limitOrder(symbol: SymbolLike, quantity: Amount, order: { limitPrice: Amount } & OrderOptions): OrderTicket {
    return this.trading.limitOrder(symbol, quantity, order);
  }

  stopMarketOrder(symbol: SymbolLike, quantity: Amount, order: { stopPrice: Amount } & OrderOptions): OrderTicket {
    return this.trading.stopMarketOrder(symbol, quantity, order);
  }

  stopLimitOrder(
    symbol: SymbolLike,
    quantity: Amount,
    order: { stopPrice: Amount; limitPrice: Amount } & OrderOptions,
  ): OrderTicket {
    return this.trading.stopLimitOrder(symbol, quantity, order);
  }

  trailingStopOrder(symbol: SymbolLike, quantity: Amount, order: TrailingStop & OrderOptions): OrderTicket {
    return this.trading.trailingStopOrder(symbol, quantity, order);
  }

  limitIfTouchedOrder(
    symbol: SymbolLike,
    quantity: Amount,
    order: { triggerPrice: Amount; limitPrice: Amount } & OrderOptions,
  ): OrderTicket {
    return this.trading.limitIfTouchedOrder(symbol, quantity, order);
  }

  marketOnOpenOrder(symbol: SymbolLike, quantity: Amount, options?: OrderOptions): OrderTicket {
    return this.trading.marketOnOpenOrder(symbol, quantity, options);
  }

  marketOnCloseOrder(symbol: SymbolLike, quantity: Amount, options?: OrderOptions): OrderTicket {
    return this.trading.marketOnCloseOrder(symbol, quantity, options);
  }

  setHoldings(symbol: SymbolLike, fraction: Amount, options?: SetHoldingsOptions): OrderTicket[] {
    return this.positions.setHoldings(symbol, fraction, options);
  }

  setHoldingsToTargets(targets: readonly PortfolioTarget[], options?: SetHoldingsOptions): OrderTicket[] {
    return this.positions.setHoldingsToTargets(targets, options);
  }

  calculateOrderQuantity(symbol: SymbolLike, fraction: Amount): Decimal {
    return this.positions.calculateOrderQuantity(symbol, fraction);
  }

  liquidate(symbol?: SymbolLike, options?: OrderOptions): OrderTicket[] {
    return this.positions.liquidate(symbol, options);
  }

  // --- indicators

  /** Makes an indicator by its name in the catalogue (`sma`, `macd` …) and feeds it with a security's bars. */
  indicator(symbol: SymbolLike, name: string, parameters: Readonly<Record<string, number | string>>): Indicator {
    return this.indicators.create(symbol, name, { parameters });
  }

  // --- messages

  log(message: string): void {
    this.journal.write("log", message);
  }

  debug(message: string): void {
    this.journal.write("debug", message);
  }

  error(message: string): void {
    this.journal.write("error", message);
  }

  plot(chart: string, series: string, value: number): void {
    this.journal.plot(chart, series, value);
  }

  setRuntimeStatistic(name: string, value: string): void {
    this.journal.setRuntimeStatistic(name, value);
  }
}
