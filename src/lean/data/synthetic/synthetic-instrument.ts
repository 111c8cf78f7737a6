import { SeededRandom } from "../../../domain/seeded-random.ts";
import type { ExchangeHours } from "../../market/exchange-hours.ts";
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, dayNumber, dayOf } from "../../time/civil-date.ts";
import type { BarRows } from "../bar-file.ts";
import { CRYPTO_STYLE, EQUITY_STYLE, InstrumentWalk, seedOf } from "./instrument-walk.ts";
import { CRYPTO_UNITS, EQUITY_UNITS, unitBar, type PriceUnits, type UnitBar } from "./price-units.ts";
import { refineBar } from "./refine-bar.ts";

/** First dates of generated prices, and the last one, far beyond any run's end. */
export const FIRST_EQUITY_DAY: number = dayNumber(1998, 1, 2);
const FIRST_CRYPTO_DAY = dayNumber(2014, 1, 1);
const HORIZON = dayNumber(2035, 12, 31);
const HOURS_KEPT = 4;

/** A bar and when it starts, wall clock of the data. */
export interface TimedUnitBar extends UnitBar {
  readonly start: number;
}

export interface InstrumentOptions {
  readonly name: string;
  readonly assetClass: "equity" | "crypto";
  readonly seed: number;
  readonly hours: ExchangeHours;
  /** Rows of the real daily file, if there is one. */
  readonly realDaily: BarRows | undefined;
}

/**
 * All bars of one instrument: real daily bars where they exist, a seeded walk that goes on from them elsewhere, and
 * every finer bar as a part of its day, so that all resolutions agree. Equal options give equal bars.
 */
export class SyntheticInstrument {
  readonly units: PriceUnits;
  readonly #options: InstrumentOptions;
  #days: Map<number, UnitBar> | undefined;
  /** Minute bars of the days asked for last. */
  readonly #minutes = new Map<number, TimedUnitBar[]>();

  constructor(options: InstrumentOptions) {
    this.#options = options;
    this.units = options.assetClass === "equity" ? EQUITY_UNITS : CRYPTO_UNITS;
  }

  /** Trading days with their bars, in order. */
  get days(): ReadonlyMap<number, UnitBar> {
    return (this.#days ??= this.#makeDays());
  }

  /** The hours of a day; the first of a session that opens at half past is shorter, as in LEAN's files. */
  hoursOf(day: number): TimedUnitBar[] {
    const bar = this.days.get(day);
    if (bar === undefined) return [];
    const starts = this.#hourStarts(day);
    return timed(refineBar(bar, starts.length, this.#random(day, "hours")), (at) => floorHour(starts[at] ?? 0));
  }

  minutesOf(day: number): TimedUnitBar[] {
    const known = this.#minutes.get(day);
    if (known !== undefined) return known;
    const made = this.#makeMinutes(day);
    this.#minutes.set(day, made);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > HOURS_KEPT && oldest !== undefined) this.#minutes.delete(oldest);
    return made;
  }

  secondsOf(day: number): TimedUnitBar[] {
    return this.minutesOf(day).flatMap((minute, at) =>
      timed(
        refineBar(minute, 60, this.#random(day, "seconds", at)),
        (second) => minute.start + second * MICROS_PER_SECOND,
      ),
    );
  }

  #makeMinutes(day: number): TimedUnitBar[] {
    const { hours } = this.#options;
    const starts = this.#hourStarts(day);
    return this.hoursOf(day).flatMap((hour, at) => {
      const from = starts[at] ?? 0;
      const to = Math.min(floorHour(from) + MICROS_PER_HOUR, hours.closeOf(day));
      const count = Math.max(1, Math.round((to - from) / MICROS_PER_MINUTE));
      const bars = refineBar(hour, count, this.#random(day, "minutes", at));
      return timed(bars, (minute) => from + minute * MICROS_PER_MINUTE);
    });
  }

  #hourStarts(day: number): number[] {
    const { hours } = this.#options;
    const starts: number[] = [];
    const close = hours.closeOf(day);
    for (let time = hours.openOf(day); time < close; time = floorHour(time) + MICROS_PER_HOUR) starts.push(time);
    return starts;
  }

  #makeDays(): Map<number, UnitBar> {
    const { name, seed, assetClass, hours, realDaily } = this.#options;
    const walk = new InstrumentWalk(name, seed, assetClass === "equity" ? EQUITY_STYLE : CRYPTO_STYLE);
    const real = new Map<number, UnitBar>();
    for (let row = 0; row < (realDaily?.count ?? 0); row += 1) {
      if (realDaily !== undefined) real.set(dayOf(realDaily.time[row] ?? 0), unitBar(realDaily, row, this.units));
    }
    const days = new Map<number, UnitBar>();
    const [firstReal] = real.keys();
    const first = firstReal ?? (assetClass === "equity" ? FIRST_EQUITY_DAY : FIRST_CRYPTO_DAY);
    for (let day = first; day <= HORIZON; day += 1) {
      if (!hours.isTradingDay(day)) continue;
      const known = real.get(day);
      if (known === undefined) days.set(day, walk.next(day));
      else {
        walk.continueFrom(known.close);
        days.set(day, known);
      }
    }
    return days;
  }

  #random(...parts: readonly (string | number)[]): SeededRandom {
    return new SeededRandom(seedOf(this.#options.seed, this.#options.name, ...parts));
  }
}

function timed(bars: readonly UnitBar[], startOf: (at: number) => number): TimedUnitBar[] {
  return bars.map((bar, at) => ({ ...bar, start: startOf(at) }));
}

function floorHour(time: number): number {
  return time - (time % MICROS_PER_HOUR);
}
