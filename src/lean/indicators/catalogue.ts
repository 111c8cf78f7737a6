import { RefusalError } from "../../domain/refusal.ts";
import type { Indicator } from "./indicator.ts";
import { INDICATORS, type IndicatorDefinition } from "./definitions.ts";

/** Parameters by name; averages by LEAN's number or name (`simple`, `exponential`, `wilders` …). */
export type IndicatorParameters = Readonly<Record<string, number | string>>;

/** All indicators: names, parameters with defaults, outputs. */
export const INDICATOR_CATALOGUE: readonly IndicatorDefinition[] = INDICATORS;

const BY_NAME = new Map(
  INDICATORS.flatMap((definition) =>
    [definition.name, definition.className].map((name) => [name.toLowerCase(), definition] as const),
  ),
);

export function findIndicator(name: string): IndicatorDefinition | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/**
 * Makes an indicator by helper name (`sma`) or class name (`SimpleMovingAverage`). Throws a RefusalError
 * (INDICATOR_UNKNOWN, INDICATOR_PARAMETER) that lists what is known or expected.
 */
export function createIndicator(name: string, parameters: IndicatorParameters = {}): Indicator {
  const definition = findIndicator(name);
  if (definition === undefined) {
    throw new RefusalError({
      code: "INDICATOR_UNKNOWN",
      message: `there is no indicator ${JSON.stringify(name)}`,
      remedy: `Use one of: ${INDICATORS.map((known) => known.name).join(", ")}.`,
    });
  }
  const isClass = name.toLowerCase() === definition.className.toLowerCase();
  const values = checkedParameters(definition, isClass ? { ...definition.classDefaults, ...parameters } : parameters);
  return definition.create((parameter) => values[parameter] ?? Number.NaN);
}

function checkedParameters(
  definition: IndicatorDefinition,
  given: IndicatorParameters,
): Readonly<Record<string, number>> {
  const known = definition.parameters.map((parameter) => parameter.name);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw parameterRefusal(definition, `has no parameter ${unknown}; it has ${known.join(", ") || "none"}`);
  }
  const values: Record<string, number> = {};
  for (const parameter of definition.parameters) {
    const raw = given[parameter.name] ?? parameter.default;
    if (raw === undefined) throw parameterRefusal(definition, `needs the parameter ${parameter.name}`);
    const value = typeof raw === "string" ? (AVERAGE_TYPES[raw.toLowerCase()] ?? Number(raw)) : raw;
    const isPeriod = parameter.kind === "period";
    if (!Number.isFinite(value) || (isPeriod && (!Number.isInteger(value) || value < 1))) {
      const expected = isPeriod ? "a whole number of at least 1" : "a number";
      throw parameterRefusal(definition, `parameter ${parameter.name}: expected ${expected}, got ${String(raw)}`);
    }
    values[parameter.name] = value;
  }
  return values;
}

const AVERAGE_TYPES: Readonly<Record<string, number>> = {
  simple: 0,
  exponential: 1,
  wilders: 2,
  linearweightedmovingaverage: 3,
  linear_weighted: 3,
  doubleexponential: 4,
  tripleexponential: 5,
};

function parameterRefusal(definition: IndicatorDefinition, text: string): RefusalError {
  return new RefusalError({ code: "INDICATOR_PARAMETER", message: `${definition.name} ${text}` });
}
