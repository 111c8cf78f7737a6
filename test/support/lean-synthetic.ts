import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DataSource } from "../../src/lean/data-source.ts";
import { MarketHoursDatabase } from "../../src/lean/market/market-hours-database.ts";
import type { ExchangeHours } from "../../src/lean/market/exchange-hours.ts";
import { MICROS_PER_DAY, compactDate, dayNumber } from "../../src/lean/time/civil-date.ts";

const SHIPPED = fileURLToPath(new URL("../../config/lean-data/", import.meta.url));
const SHIPPED_FILES = [
  "market-hours/market-hours-database.json",
  "symbol-properties/symbol-properties-database.csv",
  "alternative/interest-rate/usa/interest-rate.csv",
];

/** A small generator of its own, so that the data are the same on every machine (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Candle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A random walk in cents, as the x 10 000 integers of LEAN's files. */
class Walk {
  readonly #random: () => number;
  readonly #step: number;
  #price: number;

  constructor(seed: number, price: number, step: number) {
    this.#random = randomNumbers(seed);
    this.#price = price;
    this.#step = step;
  }

  next(): Candle {
    const move = (): number => Math.round((this.#random() - 0.495) * this.#step) * 100;
    const open = this.#price;
    const close = Math.max(10_000, open + move());
    const high = Math.max(open, close) + Math.abs(move());
    const low = Math.max(5000, Math.min(open, close) - Math.abs(move()));
    this.#price = close;
    return { open, high, low, close, volume: 100 + Math.floor(this.#random() * 20_000) };
  }

  /** True now and then: bars that are missing. */
  get isSkipped(): boolean {
    return this.#random() < 0.03;
  }
}

/** LEAN-format files, made up: inflated contents by path (`….zip` are those of the single entry). */
export function syntheticFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of SHIPPED_FILES) files.set(path, readFileSync(`${SHIPPED}${path}`, "utf8"));
  const hours = new MarketHoursDatabase(dataSourceOf(files)).hours("Equity", "usa", "SPY");
  addMinutes(files, hours, { ticker: "spy", seed: 1, price: 1_674_400 });
  addMinutes(files, hours, { ticker: "ibm", seed: 2, price: 1_840_100 });
  addDays(files, hours);
  addHours(files, hours);
  files.set("equity/usa/map_files/spy.csv", "19980102,spy,P\n20501231,spy,P\n");
  files.set("equity/usa/map_files/ibm.csv", "19980102,ibm,N\n20501231,ibm,N\n");
  files.set(
    "equity/usa/factor_files/spy.csv",
    "19980102,0.8123456,0.5,1\n20051216,0.8123456,0.5,120.31\n20080620,0.8345678,0.5,131.50\n" +
      "20100416,0.8600000,0.5,118.7\n20131008,0.9912345,1,165.44\n20501231,1,1,0\n",
  );
  files.set("equity/usa/factor_files/ibm.csv", "19980102,0.7654321,1,1\n20501231,1,1,0\n");
  return files;
}

function addMinutes(
  files: Map<string, string>,
  hours: ExchangeHours,
  stock: { readonly ticker: string; readonly seed: number; readonly price: number },
): void {
  const walk = new Walk(stock.seed, stock.price, 16);
  for (let day = dayNumber(2013, 10, 4); day <= dayNumber(2013, 10, 11); day += 1) {
    if (!hours.isTradingDay(day)) continue;
    const trades: string[] = [];
    const quotes: string[] = [];
    // Some minutes before and after the session, which must be left out.
    for (let minute = 560; minute < 970; minute += 1) {
      const { open, high, low, close, volume } = walk.next();
      if (walk.isSkipped) continue;
      trades.push(`${minute * 60_000},${open},${high},${low},${close},${volume}`);
      const bid = [open, high, low, close].map((price) => price - 100).join(",");
      const ask = [open, high, low, close].map((price) => price + 100).join(",");
      quotes.push(`${minute * 60_000},${bid},300,${ask},500`);
    }
    const path = `equity/usa/minute/${stock.ticker}/${compactDate(day)}`;
    files.set(`${path}_trade.zip`, `${trades.join("\n")}\n`);
    files.set(`${path}_quote.zip`, `${quotes.join("\n")}\n`);
  }
}

function addDays(files: Map<string, string>, hours: ExchangeHours): void {
  const walk = new Walk(3, 1_100_000, 300);
  const rows: string[] = [];
  for (let day = dayNumber(2003, 12, 1); day <= dayNumber(2015, 1, 5); day += 1) {
    if (!hours.isTradingDay(day)) continue;
    const { open, high, low, close, volume } = walk.next();
    if (!walk.isSkipped) rows.push(`${compactDate(day)} 00:00,${open},${high},${low},${close},${volume * 1000}`);
  }
  files.set("equity/usa/daily/spy.zip", `${rows.join("\n")}\n`);
}

function addHours(files: Map<string, string>, hours: ExchangeHours): void {
  const walk = new Walk(4, 1_100_000, 90);
  const rows: string[] = [];
  for (let day = dayNumber(2003, 12, 1); day <= dayNumber(2015, 1, 5); day += 1) {
    if (!hours.isTradingDay(day)) continue;
    const last = (hours.closeOf(day) - day * MICROS_PER_DAY) / 3600e6;
    for (let hour = 9; hour < last; hour += 1) {
      const { open, high, low, close, volume } = walk.next();
      rows.push(
        `${compactDate(day)} ${String(hour).padStart(2, "0")}:00,${open},${high},${low},${close},${volume * 60}`,
      );
    }
  }
  files.set("equity/usa/hour/spy.zip", `${rows.join("\n")}\n`);
}

/** A data source in memory. */
export function dataSourceOf(files: ReadonlyMap<string, string>): DataSource {
  const encoder = new TextEncoder();
  return {
    readText: (path) => files.get(path),
    readZip: (path) => {
      const text = files.get(path);
      return text === undefined ? undefined : encoder.encode(text);
    },
    fingerprint: () => createHash("sha256").update(String(files.size)).digest("hex"),
  };
}
