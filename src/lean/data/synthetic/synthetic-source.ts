import { createHash } from "node:crypto";
import { MarketHoursDatabase } from "../../market/market-hours-database.ts";
import { MICROS_PER_DAY, compactDate, isoTime } from "../../time/civil-date.ts";
import type { DataSource } from "../../data-source.ts";
import { parseBarRows } from "../bar-file.ts";
import { parsePricePath, type PricePath } from "./price-path.ts";
import { FIRST_EQUITY_DAY, SyntheticInstrument, type TimedUnitBar } from "./synthetic-instrument.ts";

const MAP_FILE = /^equity\/usa\/map_files\/([a-z0-9.]+)\.csv$/;
const SOURCES_PATH = "quantwright/sources.json";
const TRADE_FIELDS = 5;
const NOTE = "Prices are a seeded random walk: synthetic, of no market.";

/** Keeps what was made, so that other processes need not make it again; who may not write leaves `write` out. */
export interface SyntheticCache {
  read(path: string): Uint8Array | undefined;
  write?(path: string, bytes: Uint8Array): void;
}

/**
 * A data source that has prices for every equity and crypto pair on every date: real files where they exist, seeded
 * bars where they are missing. What it made is named in the list of sources, so that results say so.
 */
export class SyntheticSource implements DataSource {
  readonly #real: DataSource;
  readonly #seed: number;
  readonly #cache: SyntheticCache | undefined;
  readonly #hours: MarketHoursDatabase;
  readonly #instruments = new Map<string, SyntheticInstrument>();
  /** Paths that were made here, and the tickers they belong to. */
  readonly #made = new Set<string>();
  readonly #tickers = new Set<string>();

  constructor(real: DataSource, options: { readonly seed: number; readonly cache?: SyntheticCache | undefined }) {
    this.#real = real;
    this.#seed = options.seed;
    this.#cache = options.cache;
    this.#hours = new MarketHoursDatabase(real);
  }

  readText(path: string): string | undefined {
    const text = this.#real.readText(path);
    if (path === SOURCES_PATH) return this.#sources(text);
    const ticker = MAP_FILE.exec(path)?.[1];
    if (text !== undefined || ticker === undefined) return text;
    return `${compactDate(FIRST_EQUITY_DAY)},${ticker}\n20501231,${ticker}\n`;
  }

  readZip(path: string): Uint8Array | undefined {
    const asked = parsePricePath(path);
    if (asked === undefined) return this.#real.readZip(path);
    const { day } = asked;
    const real = this.#real.readZip(path);
    if (day !== undefined) return real ?? this.#kept(path, asked, () => this.#dayFile(asked, day));
    return this.#kept(path, asked, () => this.#longFile(asked, real)) ?? real;
  }

  fingerprint(): string {
    const hash = createHash("sha256").update(this.#real.fingerprint());
    if (this.#made.size === 0) return this.#real.fingerprint();
    for (const path of [...this.#made].toSorted()) hash.update(`synthetic ${this.#seed} ${path}\n`);
    return hash.digest("hex");
  }

  /** What was made before, by this process or another, or is made now; minutes are made faster than they are read. */
  #kept(path: string, asked: PricePath, make: () => Uint8Array | undefined): Uint8Array | undefined {
    const isKept = asked.resolution !== "minute";
    const known = isKept ? this.#cache?.read(path) : undefined;
    const bytes = known ?? make();
    if (bytes === undefined) return undefined;
    if (known === undefined && isKept) this.#cache?.write?.(path, bytes);
    this.#made.add(path);
    this.#tickers.add(asked.ticker.toUpperCase());
    return bytes;
  }

  #dayFile(asked: PricePath, day: number): Uint8Array | undefined {
    const instrument = this.#instrument(asked);
    const bars = asked.resolution === "second" ? instrument.secondsOf(day) : instrument.minutesOf(day);
    if (bars.length === 0) return undefined;
    const price = (units: number): string => instrument.units.text(units);
    const line = asked.kind === "trade" ? tradeLine : quoteLine;
    return bytesOf(bars.map((bar) => `${(bar.start - day * MICROS_PER_DAY) / 1000},${line(bar, price)}\n`));
  }

  /** Daily and hour files: the real rows, and bars for the trading days that have none; undefined if none has. */
  #longFile(asked: PricePath, real: Uint8Array | undefined): Uint8Array | undefined {
    const instrument = this.#instrument(asked);
    const known = new Set<number>();
    if (real !== undefined) {
      const rows = parseBarRows(real, TRADE_FIELDS);
      for (let row = 0; row < rows.count; row += 1) known.add(Math.floor((rows.time[row] ?? 0) / MICROS_PER_DAY));
    }
    const price = (units: number): string => instrument.units.text(units);
    const lines: [start: number, text: string][] = [];
    for (const [day, bar] of instrument.days) {
      if (known.has(day)) continue;
      const bars = asked.resolution === "daily" ? [{ ...bar, start: day * MICROS_PER_DAY }] : instrument.hoursOf(day);
      for (const made of bars) lines.push([made.start, `${rowTime(made.start)},${tradeLine(made, price)}\n`]);
    }
    if (lines.length === 0) return undefined;
    if (real === undefined) return bytesOf(lines.map(([, text]) => text));
    return merged(real, lines);
  }

  #instrument(asked: PricePath): SyntheticInstrument {
    const { assetClass, market, ticker } = asked;
    const key = `${assetClass}/${market}/${ticker}`;
    const known = this.#instruments.get(key);
    if (known !== undefined) return known;
    const name = ticker.toUpperCase();
    const daily = `${assetClass}/${market}/daily/${ticker}${assetClass === "crypto" ? "_trade" : ""}.zip`;
    const rows = this.#real.readZip(daily);
    const made = new SyntheticInstrument({
      name,
      assetClass,
      seed: this.#seed,
      hours: this.#hours.hours(assetClass === "equity" ? "Equity" : "Crypto", market, name),
      realDaily: rows === undefined ? undefined : parseBarRows(rows, TRADE_FIELDS),
    });
    this.#instruments.set(key, made);
    return made;
  }

  /** The list of sources, with what was made here. */
  #sources(text: string | undefined): string | undefined {
    if (this.#tickers.size === 0) return text;
    const entry = { source: `generated, seed ${this.#seed}, where real prices are missing`, licence: "none needed" };
    const made = [...this.#tickers].map((ticker) => [ticker, { ...entry, synthetic: true, notes: [NOTE] }] as const);
    const listed = parsedObject(text ?? "{}");
    // A list that cannot be read is left as it is: who reads it says so.
    return listed === undefined ? text : JSON.stringify({ ...listed, ...Object.fromEntries(made) });
  }
}

function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function tradeLine(bar: TimedUnitBar, price: (units: number) => string): string {
  return `${price(bar.open)},${price(bar.high)},${price(bar.low)},${price(bar.close)},${bar.volume}`;
}

/** Bid as traded, ask one unit above. */
function quoteLine(bar: TimedUnitBar, price: (units: number) => string): string {
  const side = (add: number): string =>
    `${price(bar.open + add)},${price(bar.high + add)},${price(bar.low + add)},${price(bar.close + add)},${bar.volume + 1}`;
  return `${side(0)},${side(1)}`;
}

/** `yyyyMMdd HH:mm`, as long files begin their rows. */
function rowTime(local: number): string {
  const text = isoTime(local);
  return `${text.slice(0, 10).replaceAll("-", "")} ${text.slice(11, 16)}`;
}

function merged(real: Uint8Array, lines: readonly (readonly [number, string])[]): Uint8Array {
  const rows = new TextDecoder()
    .decode(real)
    .split("\n")
    .filter((row) => row.trim() !== "");
  const all = [...rows.map((row) => `${row}\n`), ...lines.map(([, text]) => text)];
  // Rows begin with their date and time, so the order of the texts is that of time.
  return bytesOf(all.toSorted());
}

function bytesOf(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join(""));
}
