import type { DataSource } from "../data-source.ts";
import { MapFile } from "../data/map-file.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import { equityIdentifier } from "../securities/security-identifier.ts";

const EQUITY = 1;

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
    const ticker = text.trim().toUpperCase();
    const known = this.#byTicker.get(ticker);
    if (known !== undefined) return known;
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
    return symbol;
  }

  at(index: number): LeanSymbol | undefined {
    return this.symbols[index];
  }

  map(symbol: LeanSymbol): MapFile {
    return this.#maps.get(symbol) ?? new MapFile(symbol.value, []);
  }
}
