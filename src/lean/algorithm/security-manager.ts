import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import { FactorFile, NORMALIZATION } from "../data/factor-file.ts";
import { RESOLUTION } from "../data/resolution.ts";
import type { DataSource } from "../data-source.ts";
import { ACCOUNT_TYPE, DEFAULT_BROKERAGE, type BrokerageModel } from "../market/brokerage-model.ts";
import type { ExchangeHours } from "../market/exchange-hours.ts";
import type { MarketHoursDatabase } from "../market/market-hours-database.ts";
import type { SymbolPropertiesDatabase } from "../market/symbol-properties.ts";
import type { Amount } from "../orders/order-ticket.ts";
import type { CashBook } from "../portfolio/cash-book.ts";
import { SECURITY_TYPE, type LeanSymbol, type SymbolLike } from "../securities/lean-symbol.ts";
import { Security } from "../securities/security.ts";
import { AlgorithmError } from "./algorithm-error.ts";
import type { SymbolTable } from "./symbol-table.ts";

const DEFAULT_EQUITY_LEVERAGE = Decimal.of(2n, 0);

/** What to subscribe to; `market` is left out for the usual one. */
export interface AddSecurityOptions {
  readonly ticker: string;
  readonly resolution?: number;
  readonly market?: string;
  readonly fillForward?: boolean;
  /** 0 or left out: the default of the account. */
  readonly leverage?: Amount;
  readonly extendedMarketHours?: boolean;
  readonly dataNormalizationMode?: number;
}

/** A feed that the strategy asked for and that the data feed has not opened yet. */
export interface SubscriptionRequest {
  readonly security: Security;
  readonly resolution: number;
  readonly fillForward: boolean;
  /** False where an order named a ticker that was never added: missing data are no error then. */
  readonly isExplicit: boolean;
}

/** Defaults of `universe_settings`, used where `add_equity` does not say otherwise. */
export class UniverseSettings {
  resolution: number = RESOLUTION.MINUTE;
  leverage: Decimal = DEFAULT_EQUITY_LEVERAGE;
  fillForward = true;
  extendedMarketHours = false;
  dataNormalizationMode: number = NORMALIZATION.ADJUSTED;
}

export interface SecurityManagerOptions {
  readonly data: DataSource;
  readonly board: Board;
  readonly symbols: SymbolTable;
  readonly marketHours: MarketHoursDatabase;
  readonly properties: SymbolPropertiesDatabase;
  readonly cashBook: CashBook;
  /** The list that this fills, shared with the portfolio. */
  readonly securities: Security[];
}

/** The securities of a run: adding, removing and finding them. */
export class SecurityManager {
  readonly all: Security[];
  readonly universeSettings: UniverseSettings = new UniverseSettings();
  readonly #bySymbol = new Map<LeanSymbol, Security>();
  /** What the data feed opens or closes at the end of the step. */
  readonly requested: SubscriptionRequest[] = [];
  readonly removed: Security[] = [];
  /** Every configuration asked for, as LEAN's subscription manager lists them. */
  readonly subscriptions: SubscriptionRequest[] = [];
  /** Live: prices of all subscriptions are raw, whatever the strategy asks for. */
  isRawOnly = false;
  /** How the account trades. */
  brokerage: BrokerageModel = DEFAULT_BROKERAGE;
  accountType: number = ACCOUNT_TYPE.MARGIN;
  readonly #options: SecurityManagerOptions;

  constructor(options: SecurityManagerOptions) {
    this.#options = options;
    this.all = options.securities;
  }

  /** The symbol that a strategy means; unknown tickers are taken as US equities. */
  symbol(like: SymbolLike): LeanSymbol {
    if (typeof like === "string") return this.#options.symbols.named(like);
    if (typeof like !== "number") return like;
    const symbol = this.#options.symbols.at(like);
    if (symbol === undefined) throw new AlgorithmError(`there is no symbol with index ${like}`);
    return symbol;
  }

  find(like: SymbolLike): Security | undefined {
    return this.#bySymbol.get(this.symbol(like));
  }

  /** The security, or an error that says how to add it. */
  get(like: SymbolLike): Security {
    const security = this.find(like);
    if (security !== undefined) return security;
    const { value } = this.symbol(like);
    throw new AlgorithmError(`${value} was not added to the algorithm`, {
      code: "SECURITY_NOT_FOUND",
      remedy: `Call add_equity("${value}") in initialize.`,
    });
  }

  /** From now on securities trade as at this brokerage; those there are keep their leverage. */
  useBrokerage(brokerage: BrokerageModel, accountType: number): void {
    this.brokerage = brokerage;
    this.accountType = accountType;
    for (const security of this.all) this.#initialize(security);
  }

  addEquity(options: AddSecurityOptions, isExplicit = true): Security {
    const market = options.market?.toLowerCase();
    return this.#subscribe(this.#options.symbols.equity(options.ticker, market), options, isExplicit);
  }

  /** A crypto pair, of the brokerage's market unless another is named. */
  addCrypto(options: AddSecurityOptions): Security {
    const market = options.market?.toLowerCase() || this.brokerage.cryptoMarket;
    return this.#subscribe(this.#options.symbols.crypto(options.ticker, market), options, true);
  }

  #subscribe(symbol: LeanSymbol, options: AddSecurityOptions, isExplicit: boolean): Security {
    const settings = this.universeSettings;
    const resolution = options.resolution ?? settings.resolution;
    checkResolution(resolution);
    const security = this.#bySymbol.get(symbol) ?? this.#create(symbol);
    security.resolution = this.subscriptions
      .filter((request) => request.security === security)
      .reduce((finest, request) => Math.min(finest, request.resolution), resolution);
    const normalization = options.dataNormalizationMode ?? settings.dataNormalizationMode;
    security.normalization = this.isRawOnly ? NORMALIZATION.RAW : normalization;
    security.extendedHours = options.extendedMarketHours ?? settings.extendedMarketHours;
    security.isTradable = true;
    const leverage = options.leverage === undefined ? Decimal.ZERO : Decimal.from(options.leverage);
    security.setLeverage(leverage.isZero ? this.#defaultLeverage(symbol) : this.#allowed(leverage, symbol));
    const request = { security, resolution, fillForward: options.fillForward ?? settings.fillForward, isExplicit };
    if (!this.subscriptions.some((known) => known.security === security && known.resolution === resolution)) {
      this.subscriptions.push(request);
      this.requested.push(request);
    }
    return security;
  }

  #defaultLeverage(symbol: LeanSymbol): Decimal {
    if (this.accountType === ACCOUNT_TYPE.CASH) return Decimal.ONE;
    const isEquity = symbol.securityType === SECURITY_TYPE.EQUITY;
    return isEquity ? this.universeSettings.leverage : this.brokerage.cryptoLeverage(symbol.value);
  }

  #allowed(leverage: Decimal, symbol: LeanSymbol): Decimal {
    if (this.accountType !== ACCOUNT_TYPE.CASH || leverage.equals(Decimal.ONE)) return leverage;
    throw new AlgorithmError(`expected leverage 1 for ${symbol.value} in a cash account, got ${leverage.toString()}`, {
      remedy: "Leave the leverage out, or use AccountType.MARGIN.",
    });
  }

  /** Ends the feeds of a security at the end of the step; it can no longer be traded. */
  remove(security: Security): void {
    security.isTradable = false;
    security.writeState();
    this.removed.push(security);
    for (let index = this.subscriptions.length - 1; index >= 0; index -= 1) {
      if (this.subscriptions[index]?.security === security) this.subscriptions.splice(index, 1);
    }
  }

  /** A security outside the strategy's list, with prices of its own (the benchmark). */
  createInternal(symbol: LeanSymbol): Security {
    return this.#make(symbol);
  }

  #create(symbol: LeanSymbol): Security {
    const security = this.#make(symbol);
    this.#initialize(security);
    this.#bySymbol.set(symbol, security);
    this.all.push(security);
    this.#options.board.values[HEADER.SECURITIES] = this.all.length;
    return security;
  }

  /** Fees and what counts as buying power, by the brokerage. */
  #initialize(security: Security): void {
    const isCash = this.accountType === ACCOUNT_TYPE.CASH;
    const isEquity = security.symbol.securityType === SECURITY_TYPE.EQUITY;
    security.feeModel = isEquity ? this.brokerage.equityFee : this.brokerage.cryptoFee(security);
    security.isCashOnly = isCash && !isEquity;
  }

  #make(symbol: LeanSymbol): Security {
    const { data, board, symbols, cashBook } = this.#options;
    const isEquity = symbol.securityType === SECURITY_TYPE.EQUITY;
    const isCrypto = symbol.securityType === SECURITY_TYPE.CRYPTO;
    const properties = isCrypto ? this.#options.properties.crypto(symbol.market, symbol.value) : undefined;
    return new Security({
      symbol,
      hours: this.#hours(symbol),
      factors: isEquity ? FactorFile.read(data, symbol.market, symbol.value) : new FactorFile([]),
      map: symbols.map(symbol),
      board,
      leverage: this.#defaultLeverage(symbol),
      // Forex pairs give rates only and are never held.
      quoteCash: cashBook.ensure(isCrypto || isEquity ? symbol.currency : cashBook.account.currency),
      ...(properties === undefined ? {} : { properties }),
      ...(properties?.baseCurrency === undefined ? {} : { baseCash: cashBook.ensure(properties.baseCurrency) }),
    });
  }

  /** Currencies are taken as trading around the clock. */
  #hours(symbol: LeanSymbol): ExchangeHours {
    const { marketHours } = this.#options;
    if (symbol.securityType === SECURITY_TYPE.EQUITY) return marketHours.hours("Equity", symbol.market, symbol.value);
    const market = symbol.securityType === SECURITY_TYPE.CRYPTO ? symbol.market : DEFAULT_BROKERAGE.cryptoMarket;
    return marketHours.hours("Crypto", market, symbol.value);
  }
}

function checkResolution(resolution: number): void {
  if (resolution >= RESOLUTION.SECOND && resolution <= RESOLUTION.DAILY) return;
  throw new AlgorithmError(`expected resolution second, minute, hour or daily, got ${resolution}`, {
    remedy: "Tick data are not supported: use Resolution.SECOND or coarser.",
  });
}
