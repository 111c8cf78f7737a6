import { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";
import { Decimal } from "../domain/decimal.ts";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";

/** More points than this are not recorded, so they are not asked for. */
export const MOST_POINTS = 1000;

/** Parameter values of one backtest of an optimisation, as texts. */
export type Point = Readonly<Record<string, string>>;

/** Values of a parameter: `min`, `min + step`, … up to `max`. */
export const rangeSchema = z.looseObject({ name: z.string(), min: z.number(), max: z.number(), step: z.number() });

type Range = z.infer<typeof rangeSchema>;

/**
 * Every combination of the values of some parameters, in decimals: the points of a grid search, and the first ones of
 * a Euler search. Refuses `ARGUMENTS_INVALID` what is no grid, and `OPTIMIZATION_TOO_LARGE`.
 */
export function pointsOf(ranges: readonly Range[]): Outcome<readonly Point[]> {
  const wrong = faultOf(ranges);
  if (wrong !== undefined) return invalid(wrong);
  let points: readonly Point[] = [{}];
  for (const range of ranges) {
    const values = valuesOf(range);
    if (values === undefined) return invalid(`parameter ${range.name}: expected numbers of at most 28 digits`);
    if (points.length * values.length > MOST_POINTS) {
      return refused({
        code: "OPTIMIZATION_TOO_LARGE",
        message: `expected at most ${MOST_POINTS} points, each of which is recorded as a trial; ${ranges.map(({ name }) => name).join(", ")} have more`,
        remedy: "take larger steps or narrower ranges, or optimise some of the parameters at a time",
      });
    }
    points = points.flatMap((point) => values.map((value) => ({ ...point, [range.name]: value })));
  }
  return accepted(points);
}

/** The same text for the same values of the named parameters: `0.10` is `0.1`, whatever the order. */
export function pointKey(point: Point, names: readonly string[]): string {
  return canonicalJson(Object.fromEntries(names.map((name) => [name, plain(point[name] ?? "")])));
}

function faultOf(ranges: readonly Range[]): string | undefined {
  if (ranges.length === 0) return "expected at least one parameter to vary";
  if (new Set(ranges.map(({ name }) => name)).size < ranges.length) return "expected each parameter once";
  for (const { name, min, max, step } of ranges) {
    if (!(step > 0)) return `parameter ${name}: expected a step above 0, got ${step}`;
    if (!(min <= max)) return `parameter ${name}: expected min <= max, got ${min} and ${max}`;
  }
  return undefined;
}

function invalid(what: string): ReturnType<typeof refused> {
  return refused({
    code: "ARGUMENTS_INVALID",
    message: `create_optimization: ${what}`,
    remedy: "its points are recorded as trials before it is sent, so they must be known",
  });
}

/** Stops one above the limit; undefined where a decimal cannot hold the values. */
function valuesOf({ min, max, step }: Range): string[] | undefined {
  try {
    const last = Decimal.fromNumber(max);
    const distance = Decimal.fromNumber(step);
    const values: string[] = [];
    let value = Decimal.fromNumber(min);
    while (!value.greaterThan(last) && values.length <= MOST_POINTS) {
      values.push(value.normalize().toString());
      value = value.add(distance);
    }
    return values;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A number without its trailing zeros; any other text as it is. Bounded, because a cloud wrote it. */
function plain(text: string): string {
  const isNumber = /^[+-]?(?:\d{1,28}(?:\.\d{0,28})?|\.\d{1,28})(?:[eE][+-]?\d{1,2})?$/.test(text);
  try {
    return isNumber ? Decimal.parse(text).normalize().toString() : text;
  } catch {
    return text;
  }
}
