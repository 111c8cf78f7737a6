import { Decimal } from "../../domain/decimal.ts";
import type { DataSource } from "../data-source.ts";
import { dayNumber, dayOf } from "../time/civil-date.ts";
import type { Sample } from "./sampler.ts";

export const INTEREST_RATE_PATH = "alternative/interest-rate/usa/interest-rate.csv";
const HUNDRED = Decimal.of(100n, 0);
/** LEAN's rate where it has no table. */
const DEFAULT_RATE = Decimal.parse("0.01");

/** The Fed's primary credit rate by date: the last known value holds, the first one also before it. */
export class RiskFreeRate {
  readonly #days: number[] = [];
  readonly #rates: Decimal[] = [];

  constructor(text: string) {
    for (const line of text.split("\n").slice(1)) {
      const match = /^(\d{4})-(\d{2})-(\d{2}),(-?[\d.]+)/.exec(line.trim());
      if (match === null) continue;
      this.#days.push(dayNumber(Number(match[1]), Number(match[2]), Number(match[3])));
      this.#rates.push(Decimal.parse(match[4] ?? "0").divide(HUNDRED));
    }
  }

  static read(data: DataSource): RiskFreeRate {
    return new RiskFreeRate(data.readText(INTEREST_RATE_PATH) ?? "");
  }

  /** Mean over the dates of a curve's points, all points weighing the same. */
  mean(points: readonly Sample[]): number {
    const [first] = this.#rates;
    if (first === undefined || points.length === 0) return DEFAULT_RATE.toNumber();
    let index = 0;
    let sum = Decimal.ZERO;
    for (const point of points) {
      const day = dayOf(point.time);
      while ((this.#days[index + 1] ?? Number.POSITIVE_INFINITY) <= day) index += 1;
      sum = sum.add(this.#rates[index] ?? first);
    }
    return sum.divide(Decimal.fromNumber(points.length)).toNumber();
  }
}
