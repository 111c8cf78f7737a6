import { MICROS_PER_MINUTE, startOfDate } from "./civil-date.ts";

const FIRST_UTC = startOfDate(1970, 1, 1);
const LAST_UTC = startOfDate(2060, 1, 1);

/** A time zone as a table of offsets, so that a conversion is a comparison and an addition. */
export class ZoneOffsets {
  readonly name: string;
  readonly #starts: Float64Array;
  readonly #offsets: Float64Array;
  #last = 0;

  private constructor(name: string, starts: number[], offsets: number[]) {
    this.name = name;
    this.#starts = Float64Array.from(starts);
    this.#offsets = Float64Array.from(offsets);
  }

  /** Builds the table from the runtime's time zone data; throws a RangeError for an unknown zone. */
  static of(name: string): ZoneOffsets {
    const known = tables.get(name);
    if (known !== undefined) return known;
    const first = Temporal.Instant.fromEpochMilliseconds(FIRST_UTC / 1000).toZonedDateTimeISO(name);
    const starts = [Number.NEGATIVE_INFINITY];
    const offsets = [first.offsetNanoseconds / 1000];
    for (let next = first.getTimeZoneTransition("next"); next !== null; next = next.getTimeZoneTransition("next")) {
      const start = next.epochMilliseconds * 1000;
      if (start >= LAST_UTC) break;
      starts.push(start);
      offsets.push(next.offsetNanoseconds / 1000);
    }
    const table = new ZoneOffsets(name, starts, offsets);
    tables.set(name, table);
    return table;
  }

  /** Offset of local time from UTC at a UTC time, in microseconds. */
  offsetAt(utc: number): number {
    const starts = this.#starts;
    let index = this.#last;
    if (utc < (starts[index] ?? 0) || utc >= (starts[index + 1] ?? Number.POSITIVE_INFINITY)) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= utc) low = middle;
        else high = middle - 1;
      }
      index = low;
      this.#last = index;
    }
    return this.#offsets[index] ?? 0;
  }

  toLocal(utc: number): number {
    return utc + this.offsetAt(utc);
  }

  /** UTC of a wall-clock time: the earlier one where it comes twice, the time before the gap where it is left out. */
  toUtc(local: number): number {
    const guess = local - this.offsetAt(local);
    const earlier = this.offsetAt(guess - 4 * 60 * MICROS_PER_MINUTE);
    const first = local - earlier;
    if (this.offsetAt(first) === earlier) return first;
    const second = local - this.offsetAt(first);
    return this.toLocal(second) === local ? second : first;
  }
}

const tables = new Map<string, ZoneOffsets>();
