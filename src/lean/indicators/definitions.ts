import type { Indicator } from "./indicator.ts";
import { ExponentialMovingAverage } from "./exponential-moving-average.ts";
import { MovingAverageConvergenceDivergence } from "./moving-average-convergence-divergence.ts";
import { SimpleMovingAverage } from "./simple-moving-average.ts";

export interface IndicatorParameter {
  readonly name: string;
  /** A whole number of samples, any number, or LEAN's moving average type. */
  readonly kind: "period" | "number" | "average";
  readonly default?: number;
}

/** One indicator of the catalogue. `name` is LEAN's helper in Python, `className` LEAN's class. */
export interface IndicatorDefinition {
  readonly name: string;
  readonly className: string;
  readonly parameters: readonly IndicatorParameter[];
  /** Names of the values besides the indicator's own. */
  readonly outputs: readonly string[];
  /** Whether it needs open, high, low, close (and volume) or one value. */
  readonly input: "value" | "bar" | "tradeBar";
  create(parameters: Readonly<Record<string, number>>): Indicator;
}

const PERIOD: IndicatorParameter = { name: "period", kind: "period" };
const number = (values: Readonly<Record<string, number>>, name: string): number => values[name] ?? Number.NaN;

export const INDICATORS: readonly IndicatorDefinition[] = [
  {
    name: "sma",
    className: "SimpleMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (values) => new SimpleMovingAverage(number(values, "period")),
  },
  {
    name: "ema",
    className: "ExponentialMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (values) => new ExponentialMovingAverage(number(values, "period")),
  },
  {
    name: "macd",
    className: "MovingAverageConvergenceDivergence",
    parameters: [
      { name: "fastPeriod", kind: "period", default: 12 },
      { name: "slowPeriod", kind: "period", default: 26 },
      { name: "signalPeriod", kind: "period", default: 9 },
      { name: "type", kind: "average", default: 1 },
    ],
    outputs: ["fast", "slow", "signal", "histogram"],
    input: "value",
    create: (values) =>
      new MovingAverageConvergenceDivergence({
        fast: number(values, "fastPeriod"),
        slow: number(values, "slowPeriod"),
        signal: number(values, "signalPeriod"),
        type: number(values, "type"),
      }),
  },
];
