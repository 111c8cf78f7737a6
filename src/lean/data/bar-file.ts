import { MICROS_PER_DAY, MICROS_PER_MINUTE, dayNumber } from "../time/civil-date.ts";

const NEWLINE = 10;
const COMMA = 44;
const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** A price file as columns: `fields` numbers per row, as they stand in the file (equity prices are x 10 000). */
export interface BarRows {
  readonly count: number;
  /** Start of each bar, wall-clock microseconds of the data's time zone. */
  readonly time: Float64Array;
  /** Row after row, `fields` numbers each; an empty cell is 0. */
  readonly values: Float64Array;
  readonly fields: number;
}

interface Parsed {
  readonly fields: number;
  readonly day: number | undefined;
  readonly rows: BarRows;
}

/** Rows by the bytes they came from, for sources that give the same bytes again. */
const PARSED = new WeakMap<Uint8Array, Parsed>();

/**
 * Parses an inflated price file. `day` is given for files of one day (first column: milliseconds since midnight);
 * files of many days begin each row with `yyyyMMdd HH:mm`.
 */
export function parseBarRows(bytes: Uint8Array, fields: number, day?: number): BarRows {
  const known = PARSED.get(bytes);
  if (known?.fields === fields && known.day === day) return known.rows;
  const rows = parsedRows(bytes, fields, day);
  PARSED.set(bytes, { fields, day, rows });
  return rows;
}

function parsedRows(bytes: Uint8Array, fields: number, day: number | undefined): BarRows {
  let lines = 1;
  for (const byte of bytes) if (byte === NEWLINE) lines += 1;
  const time = new Float64Array(lines);
  const values = new Float64Array(lines * fields);
  const scanner = new NumberScanner(bytes);
  const dayStart = day === undefined ? 0 : day * MICROS_PER_DAY;
  let count = 0;
  while (scanner.toNextRow()) {
    const start = day === undefined ? scanner.dateTime() : dayStart + scanner.number() * 1000;
    if (Number.isNaN(start)) continue;
    time[count] = start;
    for (let field = 0; field < fields; field += 1) values[count * fields + field] = scanner.number();
    count += 1;
  }
  return { count, time, values, fields };
}

/** Rows of a chunk, and bytes within which a row is looked for one by one. */
const CHUNK_ROWS = 4096;
const NEAR_BYTES = 16_384;

/** The rows of a file, piece by piece: who starts at noon parses no morning, and nobody parses ahead. */
export class RowReader {
  readonly #bytes: Uint8Array;
  readonly #fields: number;
  /** Start of the day of a file of one day. */
  readonly #dayStart: number | undefined;
  readonly #scanner: NumberScanner;

  /**
   * Begins with the first row at or after `from` (wall-clock microseconds); rows lie in the order of their times. `day`
   * as for `parseBarRows`.
   */
  constructor(
    bytes: Uint8Array,
    options: { readonly fields: number; readonly day: number | undefined; readonly from: number },
  ) {
    this.#bytes = bytes;
    this.#fields = options.fields;
    this.#dayStart = options.day === undefined ? undefined : options.day * MICROS_PER_DAY;
    this.#scanner = new NumberScanner(bytes, this.#find(options.from));
  }

  /** The next rows; undefined after the last. */
  next(): BarRows | undefined {
    const scanner = this.#scanner;
    const time = new Float64Array(CHUNK_ROWS);
    const values = new Float64Array(CHUNK_ROWS * this.#fields);
    let count = 0;
    while (count < CHUNK_ROWS && scanner.toNextRow()) {
      const start = this.#time(scanner);
      if (Number.isNaN(start)) continue;
      time[count] = start;
      for (let field = 0; field < this.#fields; field += 1) values[count * this.#fields + field] = scanner.number();
      count += 1;
    }
    return count === 0 ? undefined : { count, time, values, fields: this.#fields };
  }

  #time(scanner: NumberScanner): number {
    return this.#dayStart === undefined ? scanner.dateTime() : this.#dayStart + scanner.number() * 1000;
  }

  /** Where the first row lies that begins at or after a time: by halves, then row by row. */
  #find(from: number): number {
    if (this.#dayStart !== undefined && from <= this.#dayStart) return 0;
    const isBefore = (at: number): boolean => this.#time(new NumberScanner(this.#bytes, at)) < from;
    let [low, high] = [0, this.#bytes.length];
    while (high - low > NEAR_BYTES) {
      const middle = this.#rowAfter(Math.floor((low + high) / 2));
      if (middle >= high) break;
      if (isBefore(middle)) low = middle;
      else high = middle;
    }
    while (low < this.#bytes.length && isBefore(low)) low = this.#rowAfter(low);
    return low;
  }

  #rowAfter(at: number): number {
    const end = this.#bytes.indexOf(NEWLINE, at);
    return end < 0 ? this.#bytes.length : end + 1;
  }
}

/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);
const MOST_DIGITS = 15;

/** Reads numbers from bytes without making strings. */
class NumberScanner {
  readonly #bytes: Uint8Array;
  #at: number;
  #first = true;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Moves to the start of the next row that begins with a digit. */
  toNextRow(): boolean {
    const bytes = this.#bytes;
    if (!this.#first) {
      while (this.#at < bytes.length && bytes[this.#at] !== NEWLINE) this.#at += 1;
    }
    this.#first = false;
    while (this.#at < bytes.length && !isDigit(bytes[this.#at] ?? 0)) this.#at += 1;
    return this.#at < bytes.length;
  }

  /** The number of the next cell, 0 if it is empty; moves past the comma, never past the end of the row. */
  number(): number {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    let value = 0;
    let byte = bytes[at] ?? NEWLINE;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      at += 1;
      byte = bytes[at] ?? NEWLINE;
    }
    if (byte === DOT) {
      const point = at;
      at += 1;
      byte = bytes[at] ?? NEWLINE;
      while (byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO);
        at += 1;
        byte = bytes[at] ?? NEWLINE;
      }
      // So few digits are an exact integer, and its quotient is the double nearest to the decimal.
      if (at - from - 1 <= MOST_DIGITS) value /= POWERS[at - point - 1] ?? 1;
      else value = Number(latin1(bytes, from, at));
    }
    if (byte !== COMMA && byte !== NEWLINE && byte !== 13) {
      while (byte !== COMMA && byte !== NEWLINE && at < bytes.length) {
        at += 1;
        byte = bytes[at] ?? NEWLINE;
      }
      value = Number(latin1(bytes, from, at)) || 0;
    }
    this.#at = byte === COMMA ? at + 1 : at;
    return value;
  }

  /** `yyyyMMdd HH:mm` in microseconds; NaN if the row does not begin so. */
  dateTime(): number {
    const bytes = this.#bytes;
    const from = this.#at;
    if ((bytes[from + 8] ?? 0) !== 32) return Number.NaN;
    const digits = (offset: number, length: number): number => {
      let value = 0;
      for (let at = from + offset; at < from + offset + length; at += 1) value = value * 10 + (bytes[at] ?? 0) - ZERO;
      return value;
    };
    const minutes = digits(9, 2) * 60 + digits(12, 2);
    this.#at = from + 15;
    return dayNumber(digits(0, 4), digits(4, 2), digits(6, 2)) * MICROS_PER_DAY + minutes * MICROS_PER_MINUTE;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at += 1) text += String.fromCharCode(bytes[at] ?? DOT);
  return text;
}
