import type { DataSource } from "../data-source.ts";
import { MapFile } from "../data/map-file.ts";
import { AlgorithmError } from "./algorithm-error.ts";
import type { SymbolPropertiesDatabase } from "../market/symbol-properties.ts";
import { SECURITY_TYPE, type LeanSymbol } from "../securities/lean-symbol.ts";
import { equityIdentifier, pairIdentifier } from "../securities/security-identifier.ts";

const ACCOUNT = "USD";
const TICKER = /^[A-Z0-9](?:[A-Z0-9._-]{0,30}[A-Z0-9])?$/;

/** All symbols of a run, made once per ticker. */
export class SymbolTable {
  readonly symbols: LeanSymbol[] = [];
  readonly #data: DataSource;
  /** Equities, and pairs, by type and market too. */
  readonly #byKey = new Map<string, LeanSymbol>();
  /** What a plain text means: the last one added under that ticker or identifier. */
  readonly #byText = new Map<string, LeanSymbol>();
  readonly #maps = new Map<LeanSymbol, MapFile>();

  readonly #properties: SymbolPropertiesDatabase;

  constructor(data: DataSource, properties: SymbolPropertiesDatabase) {
    this.#data = data;
    this.#properties = properties;
  }

  /** What a strategy means by a text: a ticker or identifier in use, else the US equity of that ticker. */
  named(text: string): LeanSymbol {
    return this.#byText.get(text.trim().toUpperCase()) ?? this.equity(text);
  }

  /** The US equity of a ticker (any case; also a full security identifier such as `SPY R735QTJ8XC9X`). */
  equity(text: string, market = "usa"): LeanSymbol {
    const name = text.trim().toUpperCase();
    const known = this.#byKey.get(name);
    if (known !== undefined) return known;
    const [ticker = ""] = name.split(" ");
    checkTicker(ticker, text);
    const map = MapFile.read(this.#data, market, ticker);
    const id = equityIdentifier(ticker, market, map);
    const symbol = this.#keep({ value: ticker, id, securityType: SECURITY_TYPE.EQUITY, market, currency: ACCOUNT });
    this.#maps.set(symbol, map);
    for (const key of [ticker, id, name]) {
      if (!this.#byKey.has(key)) this.#byKey.set(key, symbol);
      if (!this.#byText.has(key)) this.#byText.set(key, symbol);
    }
    return symbol;
  }

  /** A pair of a crypto market, such as BTCUSD of coinbase. */
  crypto(text: string, market: string): LeanSymbol {
    const ticker = text.trim().toUpperCase().replace("/", "");
    checkTicker(ticker, text);
    const key = `${SECURITY_TYPE.CRYPTO}/${market}/${ticker}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const currency = this.#properties.crypto(market, ticker)?.quoteCurrency;
    if (currency === undefined) {
      throw new AlgorithmError(`expected a pair of currencies such as "BTCUSD", got ${JSON.stringify(text)}`, {
        code: "SYMBOL_INVALID",
        remedy: "Name a pair that ends in a known currency, or add it to the symbol properties of the data folder.",
      });
    }
    return this.#pair(key, { ticker, market, securityType: SECURITY_TYPE.CRYPTO, currency });
  }

  /** A pair of forex, for conversions. */
  forex(ticker: string, market: string): LeanSymbol {
    const key = `${SECURITY_TYPE.FOREX}/${market}/${ticker}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    return this.#pair(key, { ticker, market, securityType: SECURITY_TYPE.FOREX, currency: ticker.slice(-3) });
  }

  #pair(
    key: string,
    pair: {
      readonly ticker: string;
      readonly market: string;
      readonly securityType: number;
      readonly currency: string;
    },
  ): LeanSymbol {
    const { ticker, market, securityType, currency } = pair;
    const id = pairIdentifier(ticker, securityType, market);
    const symbol = this.#keep({ value: ticker, id, securityType, market, currency });
    this.#byKey.set(key, symbol);
    if (securityType === SECURITY_TYPE.CRYPTO) this.#byText.set(ticker, symbol);
    this.#byText.set(id, symbol);
    return symbol;
  }

  #keep(parts: Omit<LeanSymbol, "index">): LeanSymbol {
    const symbol: LeanSymbol = Object.freeze({ index: this.symbols.length, ...parts });
    this.symbols.push(symbol);
    return symbol;
  }

  at(index: number): LeanSymbol | undefined {
    return this.symbols[index];
  }

  map(symbol: LeanSymbol): MapFile {
    return this.#maps.get(symbol) ?? new MapFile(symbol.value, []);
  }
}

function checkTicker(ticker: string, text: string): void {
  if (TICKER.test(ticker)) return;
  throw new AlgorithmError(`expected a ticker such as "SPY", got ${JSON.stringify(text)}`, { code: "SYMBOL_INVALID" });
}
