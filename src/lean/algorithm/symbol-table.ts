import type { DataSource } from "../data-source.ts";
import { MapFile } from "../data/map-file.ts";
import { AlgorithmError } from "./algorithm-error.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import { equityIdentifier } from "../securities/security-identifier.ts";

const EQUITY = 1;
const TICKER = /^[A-Z0-9](?:[A-Z0-9._-]{0,30}[A-Z0-9])?$/;

/** All symbols of a run, made once per ticker. */
export class SymbolTable {
  readonly symbols: LeanSymbol[] = [];
  readonly #data: DataSource;
  readonly #byTicker = new Map<string, LeanSymbol>();
  readonly #maps = new Map<LeanSymbol, MapFile>();

  constructor(data: DataSource) {
    this.#data = data;
  }

  /** The US equity of a ticker (any case; also a full security identifier such as `SPY R735QTJ8XC9X`). */
  equity(text: string, market = "usa"): LeanSymbol {
    const name = text.trim().toUpperCase();
    const known = this.#byTicker.get(name);
    if (known !== undefined) return known;
    const [ticker = ""] = name.split(" ");
    if (!TICKER.test(ticker)) {
      throw new AlgorithmError(`expected a ticker such as "SPY", got ${JSON.stringify(text)}`, {
        code: "SYMBOL_INVALID",
      });
    }
    const map = MapFile.read(this.#data, market, ticker);
    const id = equityIdentifier(ticker, market, map);
    const symbol: LeanSymbol = Object.freeze({
      index: this.symbols.length,
      value: ticker,
      id,
      securityType: EQUITY,
      market,
    });
    this.symbols.push(symbol);
    this.#maps.set(symbol, map);
    this.#byTicker.set(ticker, symbol);
    if (!this.#byTicker.has(id)) this.#byTicker.set(id, symbol);
    if (name !== ticker) this.#byTicker.set(name, symbol);
    return symbol;
  }

  at(index: number): LeanSymbol | undefined {
    return this.symbols[index];
  }

  map(symbol: LeanSymbol): MapFile {
    return this.#maps.get(symbol) ?? new MapFile(symbol.value, []);
  }
}
