import { Decimal } from "../../domain/decimal.ts";
import type { ListedBacktest, OptimizationPlan } from "../ports.ts";
import { gridPoints, type StepRange, stepRange } from "./grid-search.ts";
import { bestPoint } from "./objective.ts";
import { type Point, pointKey } from "./point.ts";

export const GRID = "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy";
export const EULER = "QuantConnect.Optimizer.Strategies.EulerSearchOptimizationStrategy";

/** LEAN's Euler search divides a step by this from round to round. */
const SEGMENTS = 4;
const MOST_ROUNDS = 40;

/** The points that a search wants as far as its results tell, each once and in the order of their making. */
export function wantedPoints(plan: OptimizationPlan, results: readonly ListedBacktest[]): Point[] {
  const ranges = plan.parameters.map(stepRange);
  return plan.strategy === EULER ? eulerPoints(plan, ranges, results) : gridPoints(ranges);
}

/**
 * A coarse grid, then ever finer ones around the best point so far, until every step is the smallest that was allowed.
 * A round begins when the one before has ended. Without a `minStep` below `step` there is one round.
 */
function eulerPoints(plan: OptimizationPlan, first: readonly StepRange[], results: readonly ListedBacktest[]): Point[] {
  const byKey = new Map(results.map((result) => [keyOf(result), result]));
  const wanted = new Map<string, Point>();
  let ranges = first;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    for (const point of gridPoints(ranges)) wanted.set(pointKey(point), point);
    const ended = [...wanted.keys()].flatMap((key) => byKey.get(key) ?? []).filter(isEnded);
    const best = ended.length < wanted.size ? undefined : bestPoint(ended, plan);
    if (best === undefined || !ranges.some(({ step, minStep }) => step.greaterThan(minStep))) break;
    ranges = ranges.map((range) => finer(range, Decimal.parse(String(best.point.parameterSet[range.name]))));
  }
  return [...wanted.values()];
}

function finer({ name, min, max, step, minStep }: StepRange, centre: Decimal): StepRange {
  const next = minStep.max(step.divide(Decimal.of(BigInt(SEGMENTS), 0)));
  const reach = next.multiply(Decimal.of(BigInt(SEGMENTS / 2), 0));
  return { name, min: min.max(centre.subtract(reach)), max: max.min(centre.add(reach)), step: next, minStep };
}

export function isEnded({ state }: ListedBacktest): boolean {
  return state === "completed" || state === "error";
}

export function keyOf({ parameterSet }: ListedBacktest): string {
  return pointKey(Object.fromEntries(Object.entries(parameterSet).map(([name, value]) => [name, String(value)])));
}
