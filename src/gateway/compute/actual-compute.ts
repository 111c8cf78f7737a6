import type { PlaceRates } from "../../domain/compute-rates.ts";
import { costOf, type Money } from "../../domain/compute-use.ts";
import type { EndedCompute } from "./compute-store.ts";
import { SHORTEST_BACKTEST } from "./estimate-compute.ts";

/** What the points of an optimisation took, as its cloud says. */
export interface MeasuredPoints {
  readonly ended: number;
  readonly averageMilliseconds: number;
}

/** What a call really took. Its price is that of its estimate; where none began, nothing. */
export function actualCompute(
  call: EndedCompute,
  rates: PlaceRates,
): { readonly milliseconds: number; readonly money: Money | null } {
  const milliseconds = timeOf(call, rates);
  return { milliseconds, money: moneyOf(call, milliseconds) };
}

/** The time of measured points, each with its start. */
export function measuredMilliseconds(points: MeasuredPoints, rates: PlaceRates): number {
  const spinUps = Object.values(rates.optimization).map(({ spinUpSeconds }) => spinUpSeconds * 1000);
  const each = Math.max(SHORTEST_BACKTEST, points.averageMilliseconds) + Math.max(0, ...spinUps);
  return Math.ceil(each * points.ended);
}

export function moneyOf(
  { pricePerHour, currency }: Pick<EndedCompute, "pricePerHour" | "currency">,
  milliseconds: number,
): Money | null {
  if (pricePerHour === null || currency === null) return null;
  return { amount: costOf(milliseconds, pricePerHour), currency };
}

function timeOf({ began, seenMilliseconds, milliseconds, backtests }: EndedCompute, rates: PlaceRates): number {
  if (began === 0) return 0;
  // Nobody said how long its points took: each counts as it was estimated.
  if (seenMilliseconds === null) return Math.ceil((milliseconds * began) / Math.max(1, backtests));
  // Its end may have been seen long after it, by a desk that slept.
  return Math.ceil(Math.min(Math.max(SHORTEST_BACKTEST, seenMilliseconds), rates.longestSeconds * 1000));
}
