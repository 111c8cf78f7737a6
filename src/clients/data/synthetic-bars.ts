import { strToU8 } from "fflate";
import type { ExchangeHours } from "../../lean/market/exchange-hours.ts";
import { MICROS_PER_DAY, MICROS_PER_MINUTE, compactDate, isoDate } from "../../lean/time/civil-date.ts";
import { readCalendar } from "./calendar.ts";
import { lockFolder } from "./folder-lock.ts";
import { plainReferenceFiles, zipOf } from "./lean-files.ts";
import { dayNamed } from "./price-date.ts";
import { SeededRandom } from "../../domain/seeded-random.ts";
import { SOURCES_PATH, readSources } from "./sources.ts";
import type { DataSourceEntry } from "./sources.ts";
import { writeTogether } from "./write-together.ts";
import type { NewFile } from "./write-together.ts";

/** Yearly drift and deviation of the walk. */
const DRIFT = 0.07;
const DEVIATION = 0.16;
const DAYS_A_YEAR = 252;
const MINUTES_A_DAY = 390;
const STEPS_A_BAR = 4;
const CENT = 100;

export interface SyntheticRequest {
  readonly seed: number;
  /** First and last date, `2014-01-02`; prices are made for the trading days between them. */
  readonly from: string;
  readonly to: string;
}

/** Prices in whole cents x 100, as LEAN's files have them. */
interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * Daily prices from a seeded geometric random walk (drift 7 %, deviation 16 % a year, whole cents, beginning at 100)
 * on the exchange's trading days, as CSV text for `importPrices`.
 */
export function syntheticDailyCsv(request: SyntheticRequest, hours: ExchangeHours): string {
  const walk = new PriceWalk(request.seed, 1 / DAYS_A_YEAR);
  const price = (value: number): string => (value / 10_000).toFixed(2);
  const lines = tradingDays(request, hours).map((day) => {
    const { open, high, low, close, volume } = walk.next();
    return [isoDate(day), price(open), price(high), price(low), price(close), volume * MINUTES_A_DAY].join(",");
  });
  return ["date,open,high,low,close,volume", ...lines, ""].join("\n");
}

export interface SyntheticMinutes extends SyntheticRequest {
  readonly folder: string;
  readonly ticker: string;
  readonly calendarFolders?: readonly string[];
}

/**
 * Writes minute trade bars from the same walk into a data folder in LEAN's layout, one zip a day, for the regular
 * session, with map and factor files, and says there that they are synthetic. Returns how many bars there are.
 * @throws RefusalError as `importPrices` does for the folder, dates and calendar.
 */
export async function writeSyntheticMinutes(request: SyntheticMinutes): Promise<number> {
  const { folder, seed } = request;
  const ticker = request.ticker.toUpperCase();
  const hours = readCalendar(ticker, request.calendarFolders ?? [folder]);
  const days = tradingDays(request, hours);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const walk = new PriceWalk(seed, 1 / (DAYS_A_YEAR * MINUTES_A_DAY));
  let rows = 0;
  const files: NewFile[] = days.map((day) => {
    const [open, close] = [hours.openOf(day), hours.closeOf(day)];
    const lines: string[] = [];
    for (let time = open; time < close; time += MICROS_PER_MINUTE) {
      const bar = walk.next();
      const millis = (time - day * MICROS_PER_DAY) / 1000;
      lines.push(`${millis},${bar.open},${bar.high},${bar.low},${bar.close},${bar.volume}\n`);
    }
    rows += lines.length;
    const [name, date] = [ticker.toLowerCase(), compactDate(day)];
    const bytes = zipOf(`${date}_${name}_minute_trade.csv`, lines.join(""));
    return { path: `equity/usa/minute/${name}/${date}_trade.zip`, bytes };
  });
  const entry: DataSourceEntry = {
    source: `generated, seed ${seed}`,
    licence: "none needed",
    kind: "equity",
    synthetic: true,
    notes: [SYNTHETIC_NOTE],
    first: isoDate(first),
    last: isoDate(last),
    rows,
    imported: "",
  };
  await using _lock = await lockFolder(folder);
  const sources = { ...(await readSources(folder)), [ticker]: entry };
  const sourcesFile = { path: SOURCES_PATH, bytes: strToU8(`${JSON.stringify(sources, null, 2)}\n`) };
  await writeTogether(folder, [...plainReferenceFiles(ticker, first), ...files, sourcesFile]);
  return rows;
}

export const SYNTHETIC_NOTE: string = "Prices are a seeded random walk: synthetic, of no market.";

function tradingDays(request: SyntheticRequest, hours: ExchangeHours): number[] {
  const days: number[] = [];
  const last = dayNamed(request.to, Number.NaN);
  for (let day = dayNamed(request.from, Number.NaN); day <= last; day += 1) {
    if (hours.isTradingDay(day)) days.push(day);
  }
  return days;
}

/** A geometric random walk, seen through bars. */
class PriceWalk {
  readonly #random: SeededRandom;
  readonly #drift: number;
  readonly #deviation: number;
  #price = 100;

  /** `span` is the length of a bar in years. */
  constructor(seed: number, span: number) {
    this.#random = new SeededRandom(seed);
    this.#drift = (DRIFT * span) / STEPS_A_BAR;
    this.#deviation = DEVIATION * Math.sqrt(span / STEPS_A_BAR);
  }

  next(): Bar {
    // The first step is the pause between two bars.
    const open = this.#step();
    let [high, low, close] = [open, open, open];
    for (let step = 1; step < STEPS_A_BAR; step += 1) {
      close = this.#step();
      high = Math.max(high, close);
      low = Math.min(low, close);
    }
    return { open, high, low, close, volume: 1000 + Math.floor(this.#random.uniform() * 9000) };
  }

  #step(): number {
    this.#price *= 1 + this.#drift + this.#deviation * this.#random.normal();
    return Math.max(1, Math.round(this.#price * 100)) * CENT;
  }
}
