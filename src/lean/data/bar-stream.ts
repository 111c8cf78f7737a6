import type { DataSource } from "../data-source.ts";
import type { ExchangeHours } from "../market/exchange-hours.ts";
import { MICROS_PER_DAY, compactDate, dayOf } from "../time/civil-date.ts";
import { RowReader, parseBarRows, type BarRows } from "./bar-file.ts";
import type { FactorFile } from "./factor-file.ts";
import type { MapFile } from "./map-file.ts";
import { PriceFactor } from "./price-factor.ts";
import { RESOLUTION, resolutionName, spanOf } from "./resolution.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";

const TRADE_FIELDS = 5;
const QUOTE_FIELDS = 10;
/** Days before the stretch whose bars may still end in it. */
const LONG_FILE_MARGIN_DAYS = 6;
const LARGE_FILE = 262_144;
const NO_ROWS: BarRows = { count: 0, time: new Float64Array(0), values: new Float64Array(0), fields: TRADE_FIELDS };

/** What to read: one security, one kind of bar, one resolution, one stretch of local time. */
export interface BarStreamConfig {
  /** LEAN's number of the security type; an equity if left out. */
  readonly securityType?: number;
  readonly market: string;
  readonly ticker: string;
  readonly kind: "trade" | "quote";
  readonly resolution: number;
  readonly normalization: number;
  readonly extendedHours: boolean;
  /** LEAN's daily precise end time: a daily bar runs from the market's open to its close. */
  readonly preciseDaily: boolean;
  readonly hours: ExchangeHours;
  readonly factors: FactorFile;
  readonly map: MapFile;
  /** Local microseconds: bars that end before `from` or start after `to` are left out. */
  readonly from: number;
  readonly to: number;
}

/**
 * The real bars of one security, file after file, without an object per bar: `advance` moves to the next one, whose
 * values are read through the fields and `value`.
 */
export class BarStream {
  readonly config: BarStreamConfig;
  /** Start and end of the current bar, exchange wall clock. */
  start = 0;
  end = 0;
  factor: PriceFactor = PriceFactor.UNADJUSTED;
  /** First trading days without data, and how many there are. */
  readonly missingDays: number[] = [];
  missingCount = 0;
  readonly #data: DataSource;
  #rows: BarRows = NO_ROWS;
  #row = -1;
  /** The rest of a large file. */
  #rest: RowReader | undefined;
  #day: number;
  #factorDay = Number.NaN;
  #sessionStart = 0;
  #sessionEnd = 0;
  #sessionDay = Number.NaN;
  #lastEnd = Number.NEGATIVE_INFINITY;
  #segmentEnd = 0;
  readonly #span: number;
  readonly #isDayFile: boolean;
  readonly #isPair: boolean;
  readonly #fields: number;

  constructor(data: DataSource, config: BarStreamConfig) {
    this.#data = data;
    this.config = config;
    this.#span = spanOf(config.resolution);
    this.#isDayFile = config.resolution < RESOLUTION.HOUR;
    this.#isPair = config.securityType !== undefined && config.securityType !== SECURITY_TYPE.EQUITY;
    this.#fields = config.kind === "trade" ? TRADE_FIELDS : QUOTE_FIELDS;
    this.#day = dayOf(config.from);
    if (this.#isPair) this.factor = PriceFactor.PLAIN;
  }

  /** Column of the current bar as it stands in the file: trades o h l c v; quotes bid o h l c size, ask o h l c size. */
  value(field: number): number {
    return this.#rows.values[this.#row * this.#rows.fields + field] ?? 0;
  }

  /** Moves to the next bar inside the session and the stretch of time; false at the end. */
  advance(): boolean {
    for (;;) {
      this.#row += 1;
      if (this.#row >= this.#rows.count) {
        if (!this.#nextChunk() && !this.#nextFile()) return false;
        continue;
      }
      const time = this.#rows.time[this.#row] ?? 0;
      if (this.#isDayFile ? this.#acceptIntraday(time) : this.#acceptLong(time)) return true;
    }
  }

  #acceptIntraday(time: number): boolean {
    if (time < this.#sessionStart || time >= this.#sessionEnd) return false;
    const end = time + this.#span;
    if (end < this.config.from || time > this.config.to) return false;
    this.start = time;
    this.end = end;
    return true;
  }

  #acceptLong(time: number): boolean {
    const { config } = this;
    const day = dayOf(time);
    if (day > this.#segmentEnd || time > config.to) {
      this.#row = this.#rows.count;
      return false;
    }
    if (day < dayOf(config.from) - 5) return false;
    const precise = config.resolution === RESOLUTION.DAILY && config.preciseDaily && !config.hours.isAlwaysOpen;
    if (precise && !config.hours.isTradingDay(day)) return false;
    const start = precise ? config.hours.openOf(day) : time;
    const end = precise ? config.hours.closeOf(day) : time + this.#span;
    if (end < config.from || end <= this.#lastEnd || !this.#inSession(start, end, day)) return false;
    this.#countMissing(day);
    this.#lastEnd = end;
    if (day !== this.#factorDay) {
      this.#factorDay = day;
      this.factor = this.#factorOn(day);
    }
    this.start = start;
    this.end = end;
    return true;
  }

  #inSession(start: number, end: number, day: number): boolean {
    const { hours, extendedHours } = this.config;
    if (day !== this.#sessionDay) {
      this.#sessionDay = day;
      this.#sessionStart = hours.sessionStart(day, extendedHours);
      this.#sessionEnd = hours.sessionEnd(day, extendedHours);
    }
    if (this.#sessionStart < 0) return hours.isOpenDuring(start, end);
    return start < this.#sessionEnd && end > this.#sessionStart;
  }

  #nextChunk(): boolean {
    const rows = this.#rest?.next();
    if (rows === undefined) return false;
    this.#rows = rows;
    this.#row = -1;
    return true;
  }

  #nextFile(): boolean {
    this.#rest = undefined;
    return this.#isDayFile ? this.#nextDayFile() : this.#nextLongFile();
  }

  #nextDayFile(): boolean {
    const { config } = this;
    const last = dayOf(config.to);
    while (this.#day <= last) {
      const day = this.#day;
      this.#day += 1;
      if (!config.hours.isTradingDay(day)) continue;
      const bytes = this.#data.readZip(this.pathOn(day));
      if (bytes === undefined) {
        this.#missing(day);
        continue;
      }
      this.#openFile(bytes, { day, from: config.from - this.#span });
      this.#sessionStart = config.hours.sessionStart(day, config.extendedHours);
      this.#sessionEnd = config.hours.sessionEnd(day, config.extendedHours);
      this.factor = this.#factorOn(day);
      return true;
    }
    return false;
  }

  /** Small files are parsed at once and shared, large ones piece by piece from where they are needed. */
  #openFile(bytes: Uint8Array, { day, from }: { readonly day: number | undefined; readonly from: number }): void {
    this.#row = -1;
    if (bytes.length < LARGE_FILE) {
      this.#rows = parseBarRows(bytes, this.#fields, day);
      return;
    }
    this.#rows = NO_ROWS;
    this.#rest = new RowReader(bytes, { fields: this.#fields, day, from });
  }

  /** Hour and daily files hold all dates; one after the other where the ticker changed. */
  #nextLongFile(): boolean {
    const { config } = this;
    const last = dayOf(config.to);
    while (this.#day <= last) {
      const first = this.#day;
      const row = config.map.rows.find((candidate) => candidate.day >= first);
      this.#segmentEnd = row === undefined ? last : row.day;
      this.#day = this.#segmentEnd + 1;
      const bytes = this.#data.readZip(this.pathOn(first));
      if (bytes === undefined) continue;
      this.#openFile(bytes, { day: undefined, from: (dayOf(config.from) - LONG_FILE_MARGIN_DAYS) * MICROS_PER_DAY });
      return true;
    }
    return false;
  }

  /** LEAN's path of the file with a day's bars. */
  pathOn(day: number): string {
    const { config } = this;
    if (this.#isPair) return this.#pairPath(day);
    const ticker = config.map.tickerOn(day);
    const folder = `equity/${config.market}/${resolutionName(config.resolution)}`;
    return this.#isDayFile ? `${folder}/${ticker}/${compactDate(day)}_${config.kind}.zip` : `${folder}/${ticker}.zip`;
  }

  /** Pairs have one file a day and kind; their long files name the kind, those of forex have quotes only. */
  #pairPath(day: number): string {
    const { config } = this;
    const isForex = config.securityType === SECURITY_TYPE.FOREX;
    const ticker = config.ticker.toLowerCase();
    const folder = `${isForex ? "forex" : "crypto"}/${config.market}/${resolutionName(config.resolution)}`;
    if (this.#isDayFile) return `${folder}/${ticker}/${compactDate(day)}_${config.kind}.zip`;
    return isForex ? `${folder}/${ticker}.zip` : `${folder}/${ticker}_${config.kind}.zip`;
  }

  #factorOn(day: number): PriceFactor {
    const { factors, normalization } = this.config;
    return this.#isPair ? PriceFactor.PLAIN : factors.factorOn(day, normalization);
  }

  #countMissing(day: number): void {
    const { hours, from } = this.config;
    const expected = this.#lastEnd === Number.NEGATIVE_INFINITY ? dayOf(from) : dayOf(this.#lastEnd) + 1;
    for (let missing = expected; missing < day; missing += 1) if (hours.isTradingDay(missing)) this.#missing(missing);
  }

  #missing(day: number): void {
    this.missingCount += 1;
    if (this.missingDays.length < 10) this.missingDays.push(day);
  }
}
