import { Decimal } from "../../domain/decimal.ts";
import type { OptimizationParameter } from "../ports.ts";
import type { Point } from "./point.ts";

/** Values of a parameter between two bounds. */
export interface StepRange {
  readonly name: string;
  readonly min: Decimal;
  readonly max: Decimal;
  /** Above 0. */
  readonly step: Decimal;
  /** A finer search goes no further than this. */
  readonly minStep: Decimal;
}

export function stepRange({ name, min, max, step, minStep = step }: OptimizationParameter): StepRange {
  const of = (value: number): Decimal => Decimal.fromNumber(value);
  return { name, min: of(min), max: of(max), step: of(step), minStep: of(minStep) };
}

/** How many points a grid has, without making them. */
export function gridSize(ranges: readonly StepRange[]): number {
  return ranges.reduce(
    (size, { min, max, step }) => size * (Math.floor(max.subtract(min).divide(step).toNumber()) + 1),
    1,
  );
}

/** Every combination of the values `min, min + step, …` up to `max`. */
export function gridPoints(ranges: readonly StepRange[]): Point[] {
  return ranges.reduce<Point[]>(
    (points, range) => points.flatMap((point) => valuesOf(range).map((value) => ({ ...point, [range.name]: value }))),
    [{}],
  );
}

function valuesOf({ min, max, step }: StepRange): string[] {
  const values: string[] = [];
  for (let value = min; !value.greaterThan(max); value = value.add(step)) values.push(value.normalize().toString());
  return values;
}
