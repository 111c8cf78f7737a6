import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import { FactorFile, NORMALIZATION } from "../data/factor-file.ts";
import { RESOLUTION } from "../data/resolution.ts";
import type { DataSource } from "../data-source.ts";
import type { MarketHoursDatabase } from "../market/market-hours-database.ts";
import type { Amount } from "../orders/order-ticket.ts";
import type { LeanSymbol, SymbolLike } from "../securities/lean-symbol.ts";
import { Security } from "../securities/security.ts";
import { AlgorithmError } from "./algorithm-error.ts";
import type { SymbolTable } from "./symbol-table.ts";

const DEFAULT_EQUITY_LEVERAGE = Decimal.of(2n, 0);

export interface AddEquityOptions {
  readonly ticker: string;
  readonly resolution?: number;
  readonly market?: string;
  readonly fillForward?: boolean;
  /** 0 or left out: the default, 2. */
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
  readonly #options: SecurityManagerOptions;

  constructor(options: SecurityManagerOptions) {
    this.#options = options;
    this.all = options.securities;
  }

  /** The symbol that a strategy means; tickers are taken as US equities. */
  symbol(like: SymbolLike): LeanSymbol {
    if (typeof like === "string") return this.#options.symbols.equity(like);
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

  addEquity(options: AddEquityOptions, isExplicit = true): Security {
    const settings = this.universeSettings;
    const resolution = options.resolution ?? settings.resolution;
    if (resolution < RESOLUTION.SECOND || resolution > RESOLUTION.DAILY) {
      throw new AlgorithmError(`expected resolution second, minute, hour or daily, got ${resolution}`, {
        remedy: "Tick data are not supported: use Resolution.SECOND or coarser.",
      });
    }
    const symbol = this.#options.symbols.equity(options.ticker, options.market?.toLowerCase());
    const security = this.#bySymbol.get(symbol) ?? this.#create(symbol);
    security.resolution = this.subscriptions
      .filter((request) => request.security === security)
      .reduce((finest, request) => Math.min(finest, request.resolution), resolution);
    const normalization = options.dataNormalizationMode ?? settings.dataNormalizationMode;
    security.normalization = this.isRawOnly ? NORMALIZATION.RAW : normalization;
    security.extendedHours = options.extendedMarketHours ?? settings.extendedMarketHours;
    security.isTradable = true;
    const leverage = options.leverage === undefined ? Decimal.ZERO : Decimal.from(options.leverage);
    security.setLeverage(leverage.isZero ? settings.leverage : leverage);
    const request = { security, resolution, fillForward: options.fillForward ?? settings.fillForward, isExplicit };
    if (!this.subscriptions.some((known) => known.security === security && known.resolution === resolution)) {
      this.subscriptions.push(request);
      this.requested.push(request);
    }
    return security;
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
    this.#bySymbol.set(symbol, security);
    this.all.push(security);
    this.#options.board.values[HEADER.SECURITIES] = this.all.length;
    return security;
  }

  #make(symbol: LeanSymbol): Security {
    const { data, board, symbols, marketHours } = this.#options;
    return new Security({
      symbol,
      hours: marketHours.hours("Equity", symbol.market, symbol.value),
      factors: FactorFile.read(data, symbol.market, symbol.value),
      map: symbols.map(symbol),
      board,
      leverage: this.universeSettings.leverage,
    });
  }
}
