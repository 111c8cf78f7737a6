import { Decimal } from "../../domain/decimal.ts";
import { SECURITY, type Board } from "../board.ts";
import { NORMALIZATION, type FactorFile } from "../data/factor-file.ts";
import type { MapFile } from "../data/map-file.ts";
import { RESOLUTION } from "../data/resolution.ts";
import type { ExchangeHours } from "../market/exchange-hours.ts";
import { EQUITY_PROPERTIES, type SymbolProperties } from "../market/symbol-properties.ts";
import { INTERACTIVE_BROKERS_FEE, type FeeModel } from "../orders/fee-model.ts";
import { NULL_SLIPPAGE, type SlippageModel } from "../orders/slippage-model.ts";
import type { BarConsumer } from "../consolidators/bar-consumer.ts";
import type { Cash } from "../portfolio/cash-book.ts";
import { BarSnapshot } from "./bar-snapshot.ts";
import { SECURITY_TYPE, type LeanSymbol } from "./lean-symbol.ts";
import type { Subscription } from "../data/subscription.ts";

/** One security of a run: its latest prices, its holding and its models. Prices are exact on demand only. */
export class Security {
  readonly symbol: LeanSymbol;
  readonly hours: ExchangeHours;
  readonly factors: FactorFile;
  readonly map: MapFile;
  readonly properties: SymbolProperties;
  /** Balance in the currency of its prices. */
  readonly quoteCash: Cash;
  /** Balance in what is bought and sold, for pairs of currencies. */
  readonly baseCash: Cash | undefined;
  /** Whether only balances count (a cash account's pair), not margin. */
  isCashOnly = false;
  readonly boardOffset: number;
  /** Resolution of its finest subscription. */
  resolution: number = RESOLUTION.MINUTE;
  normalization: number = NORMALIZATION.ADJUSTED;
  extendedHours = false;
  hasData = false;
  isTradable = true;
  isDelisted = false;
  leverage: Decimal;
  feeModel: FeeModel = INTERACTIVE_BROKERS_FEE;
  slippageModel: SlippageModel = NULL_SLIPPAGE;
  quantity: Decimal = Decimal.ZERO;
  averagePrice: Decimal = Decimal.ZERO;
  totalFees: Decimal = Decimal.ZERO;
  saleVolume: Decimal = Decimal.ZERO;
  profit: Decimal = Decimal.ZERO;
  /** Latest real bars. */
  readonly trade: BarSnapshot = new BarSnapshot();
  readonly quote: BarSnapshot = new BarSnapshot();
  /** Feeds of the user, without internal ones. */
  readonly subscriptions: Subscription[] = [];
  /** Indicators and consolidators that want its trade bars, in order. */
  readonly consumers: BarConsumer[] = [];
  readonly #board: Board;
  #inverseLeverage: Decimal = Decimal.ONE;
  /** Quotes set the price of pairs, as the later data of a step. */
  readonly #isPair: boolean;
  #isPricedByQuote = false;

  constructor(options: {
    readonly symbol: LeanSymbol;
    readonly hours: ExchangeHours;
    readonly factors: FactorFile;
    readonly map: MapFile;
    readonly board: Board;
    readonly leverage: Decimal;
    readonly quoteCash: Cash;
    readonly baseCash?: Cash | undefined;
    readonly properties?: SymbolProperties;
  }) {
    this.symbol = options.symbol;
    this.hours = options.hours;
    this.factors = options.factors;
    this.map = options.map;
    this.quoteCash = options.quoteCash;
    this.baseCash = options.baseCash;
    this.properties = options.properties ?? EQUITY_PROPERTIES;
    this.#isPair = options.symbol.securityType !== SECURITY_TYPE.EQUITY;
    this.#board = options.board;
    this.boardOffset = options.board.allocate(SECURITY.SIZE);
    this.leverage = options.leverage;
    this.setLeverage(options.leverage);
    this.writeState();
  }

  setLeverage(leverage: Decimal): void {
    this.leverage = leverage;
    this.#inverseLeverage = Decimal.ONE.divide(leverage);
    this.writeState();
  }

  /** Margin per unit of value. */
  get marginRate(): Decimal {
    return this.#inverseLeverage;
  }

  /** Last trade close, for pairs also the middle of later quotes; 0 before any. The same object until it changes. */
  get price(): Decimal {
    return this.#isPricedByQuote ? this.quote.middle : this.trade.close;
  }

  /** An amount in the currency of its prices, in the account's. */
  toAccount(amount: Decimal): Decimal {
    const { quoteCash } = this;
    return quoteCash.isAccountCurrency ? amount : amount.multiply(quoteCash.conversionRate);
  }

  /** Value of a quantity at the last price, in the account's currency. */
  valueOf(quantity: Decimal): Decimal {
    return this.toAccount(quantity.multiply(this.price));
  }

  get bidPrice(): Decimal {
    return this.quote.close.isZero ? this.price : this.quote.close;
  }

  get askPrice(): Decimal {
    return this.quote.askClose.isZero ? this.price : this.quote.askClose;
  }

  get isInvested(): boolean {
    return !this.quantity.isZero;
  }

  get holdingsValue(): Decimal {
    return this.valueOf(this.quantity);
  }

  /** Whether the holding is a balance of the cash book, where its value is counted. */
  get isInCashBook(): boolean {
    return this.baseCash !== undefined;
  }

  /** Daily data only: orders take another way then. */
  get isDailyOnly(): boolean {
    return this.resolution === RESOLUTION.DAILY;
  }

  /** Takes over the subscription's current bar: what the slice shows, and prices if the bar is real. */
  update(feed: Subscription): void {
    if (feed.isQuote) this.#updateQuote(feed);
    else this.#updateTrade(feed);
  }

  #updateTrade(feed: Subscription): void {
    const board = this.#board.values;
    const at = this.boardOffset;
    const { factor } = feed;
    const open = factor.toNumber(feed.open);
    const high = factor.toNumber(feed.high);
    const low = factor.toNumber(feed.low);
    const close = factor.toNumber(feed.close);
    board[at + SECURITY.BAR] = feed.isFilled ? 2 : 1;
    board[at + SECURITY.BAR_TIME] = feed.start;
    board[at + SECURITY.BAR_END_TIME] = feed.end;
    board[at + SECURITY.BAR_OPEN] = open;
    board[at + SECURITY.BAR_HIGH] = high;
    board[at + SECURITY.BAR_LOW] = low;
    board[at + SECURITY.BAR_CLOSE] = close;
    board[at + SECURITY.BAR_VOLUME] = feed.volume;
    if (feed.isFilled) return;
    this.hasData = true;
    this.trade.takeTrade(feed);
    board[at + SECURITY.HAS_DATA] = 1;
    board[at + SECURITY.LAST_DATA_TIME] = feed.end;
    if (open !== 0) board[at + SECURITY.OPEN] = open;
    if (high !== 0) board[at + SECURITY.HIGH] = high;
    if (low !== 0) board[at + SECURITY.LOW] = low;
    if (close !== 0) {
      board[at + SECURITY.CLOSE] = close;
      board[at + SECURITY.PRICE] = close;
      if (this.quote.rawClose === 0) board[at + SECURITY.BID] = close;
      if (this.quote.rawAskClose === 0) board[at + SECURITY.ASK] = close;
      this.#isPricedByQuote = false;
    }
    if (feed.volume !== 0) board[at + SECURITY.VOLUME] = feed.volume;
  }

  #updateQuote(feed: Subscription): void {
    const board = this.#board.values;
    const at = this.boardOffset;
    const { factor } = feed;
    const bid = factor.toNumber(feed.close);
    const ask = factor.toNumber(feed.askClose);
    board[at + SECURITY.QUOTE] = 1 + (feed.isFilled ? 2 : 0) + (feed.open === 0 ? 0 : 4) + (feed.askOpen === 0 ? 0 : 8);
    board[at + SECURITY.QUOTE_TIME] = feed.start;
    board[at + SECURITY.QUOTE_END_TIME] = feed.end;
    board[at + SECURITY.BID_OPEN] = factor.toNumber(feed.open);
    board[at + SECURITY.BID_HIGH] = factor.toNumber(feed.high);
    board[at + SECURITY.BID_LOW] = factor.toNumber(feed.low);
    board[at + SECURITY.BID_CLOSE] = bid;
    board[at + SECURITY.ASK_OPEN] = factor.toNumber(feed.askOpen);
    board[at + SECURITY.ASK_HIGH] = factor.toNumber(feed.askHigh);
    board[at + SECURITY.ASK_LOW] = factor.toNumber(feed.askLow);
    board[at + SECURITY.ASK_CLOSE] = ask;
    board[at + SECURITY.BID_SIZE] = feed.bidSize;
    board[at + SECURITY.ASK_SIZE] = feed.askSize;
    if (feed.isFilled) return;
    this.hasData = true;
    this.quote.takeQuote(feed);
    board[at + SECURITY.HAS_DATA] = 1;
    board[at + SECURITY.LAST_DATA_TIME] = feed.end;
    if (bid !== 0) board[at + SECURITY.BID] = bid;
    if (ask !== 0) board[at + SECURITY.ASK] = ask;
    if (this.#isPair && (bid !== 0 || ask !== 0)) this.#takePriceOfQuote(board, at);
  }

  #takePriceOfQuote(board: Float64Array, at: number): void {
    const middle = (bid: number, ask: number): number => {
      const [one, other] = [board[at + bid] ?? 0, board[at + ask] ?? 0];
      return one === 0 ? other : other === 0 ? one : (one + other) / 2;
    };
    this.#isPricedByQuote = true;
    board[at + SECURITY.OPEN] = middle(SECURITY.BID_OPEN, SECURITY.ASK_OPEN);
    board[at + SECURITY.HIGH] = middle(SECURITY.BID_HIGH, SECURITY.ASK_HIGH);
    board[at + SECURITY.LOW] = middle(SECURITY.BID_LOW, SECURITY.ASK_LOW);
    const price = this.price.toNumber();
    board[at + SECURITY.CLOSE] = price;
    board[at + SECURITY.PRICE] = price;
  }

  /** Removes the bars of the last slice from the board. */
  clearSlice(): void {
    this.#board.values[this.boardOffset + SECURITY.BAR] = 0;
    this.#board.values[this.boardOffset + SECURITY.QUOTE] = 0;
  }

  /** Writes what orders and settings change: holding, flags and leverage. */
  writeState(): void {
    const board = this.#board.values;
    const at = this.boardOffset;
    board[at + SECURITY.QUANTITY] = this.quantity.toNumber();
    board[at + SECURITY.AVERAGE_PRICE] = this.averagePrice.toNumber();
    board[at + SECURITY.PROFIT] = this.profit.toNumber();
    board[at + SECURITY.FEES] = this.totalFees.toNumber();
    board[at + SECURITY.SALE_VOLUME] = this.saleVolume.toNumber();
    board[at + SECURITY.LEVERAGE] = this.leverage.toNumber();
    board[at + SECURITY.IS_TRADABLE] = this.isTradable ? 1 : 0;
    board[at + SECURITY.IS_DELISTED] = this.isDelisted ? 1 : 0;
  }
}
