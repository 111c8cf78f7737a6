import { AroonOscillator } from "./aroon-oscillator.ts";
import { AverageDirectionalIndex } from "./average-directional-index.ts";
import { BollingerBands } from "./bollinger-bands.ts";
import { DoubleExponentialMovingAverage, TripleExponentialMovingAverage } from "./chained-exponential.ts";
import { DonchianChannel, KeltnerChannels } from "./channels.ts";
import { CommodityChannelIndex } from "./commodity-channel-index.ts";
import { ExponentialMovingAverage } from "./exponential-moving-average.ts";
import { Maximum, Minimum } from "./extreme.ts";
import type { Indicator } from "./indicator.ts";
import { LinearWeightedMovingAverage } from "./linear-weighted-moving-average.ts";
import { Delay, Momentum, RateOfChange, RateOfChangePercent } from "./look-back.ts";
import { MovingAverageConvergenceDivergence } from "./moving-average-convergence-divergence.ts";
import { OutputValue } from "./output-value.ts";
import { RelativeStrengthIndex } from "./relative-strength-index.ts";
import { SimpleMovingAverage } from "./simple-moving-average.ts";
import { StandardDeviation, Variance } from "./standard-deviation.ts";
import { Stochastic } from "./stochastic.ts";
import { AverageTrueRange, TrueRange } from "./true-range.ts";
import { IntradayVwap, OnBalanceVolume, VolumeWeightedAveragePrice } from "./volume-indicators.ts";
import { WilderMovingAverage } from "./wilder-moving-average.ts";
import { WilliamsPercentR } from "./williams-percent-r.ts";

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
  /** In the order of LEAN's helper and constructor. */
  readonly parameters: readonly IndicatorParameter[];
  /** Defaults of the class where they differ from the helper's. */
  readonly classDefaults?: Readonly<Record<string, number>>;
  /** Names of the values besides the indicator's own (keys of `parts`). */
  readonly outputs: readonly string[];
  /** Whether it needs one value, a bar, or a bar with volume. */
  readonly input: "value" | "bar" | "tradeBar";
  /** `values` reads a parameter that was checked before. */
  create(values: (name: string) => number): Indicator;
}

const PERIOD: IndicatorParameter = { name: "period", kind: "period" };

function period(name: string, fallback?: number): IndicatorParameter {
  return { name, kind: "period", ...(fallback === undefined ? {} : { default: fallback }) };
}

function average(fallback: number): IndicatorParameter {
  return { name: "movingAverageType", kind: "average", default: fallback };
}

export const INDICATORS: readonly IndicatorDefinition[] = [
  {
    name: "sma",
    className: "SimpleMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new SimpleMovingAverage(v("period")),
  },
  {
    name: "ema",
    className: "ExponentialMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new ExponentialMovingAverage(v("period")),
  },
  {
    name: "lwma",
    className: "LinearWeightedMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new LinearWeightedMovingAverage(v("period")),
  },
  {
    name: "wwma",
    className: "WilderMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new WilderMovingAverage(v("period")),
  },
  {
    name: "dema",
    className: "DoubleExponentialMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new DoubleExponentialMovingAverage(v("period")),
  },
  {
    name: "tema",
    className: "TripleExponentialMovingAverage",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new TripleExponentialMovingAverage(v("period")),
  },
  {
    name: "max",
    className: "Maximum",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new Maximum(v("period")),
  },
  {
    name: "min",
    className: "Minimum",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new Minimum(v("period")),
  },
  {
    name: "std",
    className: "StandardDeviation",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new StandardDeviation(v("period")),
  },
  {
    name: "var",
    className: "Variance",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new Variance(v("period")),
  },
  {
    name: "mom",
    className: "Momentum",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new Momentum(v("period")),
  },
  {
    name: "roc",
    className: "RateOfChange",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new RateOfChange(v("period")),
  },
  {
    name: "rocp",
    className: "RateOfChangePercent",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new RateOfChangePercent(v("period")),
  },
  {
    name: "delay",
    className: "Delay",
    parameters: [PERIOD],
    outputs: [],
    input: "value",
    create: (v) => new Delay(v("period")),
  },
  {
    name: "identity",
    className: "Identity",
    parameters: [],
    outputs: [],
    input: "value",
    create: () => new OutputValue("Identity"),
  },
  {
    name: "rsi",
    className: "RelativeStrengthIndex",
    parameters: [PERIOD, average(2)],
    outputs: ["averageGain", "averageLoss"],
    input: "value",
    create: (v) => new RelativeStrengthIndex(v("period"), v("movingAverageType")),
  },
  {
    name: "macd",
    className: "MovingAverageConvergenceDivergence",
    parameters: [
      period("fastPeriod", 12),
      period("slowPeriod", 26),
      period("signalPeriod", 9),
      { name: "type", kind: "average", default: 1 },
    ],
    outputs: ["fast", "slow", "signal", "histogram"],
    input: "value",
    create: (v) =>
      new MovingAverageConvergenceDivergence({
        fast: v("fastPeriod"),
        slow: v("slowPeriod"),
        signal: v("signalPeriod"),
        type: v("type"),
      }),
  },
  {
    name: "bb",
    className: "BollingerBands",
    parameters: [PERIOD, { name: "k", kind: "number", default: 2 }, average(0)],
    outputs: ["standardDeviation", "middleBand", "upperBand", "lowerBand", "bandWidth", "percentB", "price"],
    input: "value",
    create: (v) => new BollingerBands({ period: v("period"), k: v("k"), type: v("movingAverageType") }),
  },
  {
    name: "atr",
    className: "AverageTrueRange",
    parameters: [PERIOD, average(0)],
    classDefaults: { movingAverageType: 2 },
    outputs: ["trueRange"],
    input: "bar",
    create: (v) => new AverageTrueRange(v("period"), v("movingAverageType")),
  },
  {
    name: "tr",
    className: "TrueRange",
    parameters: [],
    outputs: [],
    input: "bar",
    create: () => new TrueRange(),
  },
  {
    name: "adx",
    className: "AverageDirectionalIndex",
    parameters: [PERIOD],
    outputs: ["positiveDirectionalIndex", "negativeDirectionalIndex"],
    input: "bar",
    create: (v) => new AverageDirectionalIndex(v("period")),
  },
  {
    name: "sto",
    className: "Stochastic",
    parameters: [period("period", 14), period("kPeriod", 3), period("dPeriod", 3)],
    outputs: ["fastStoch", "stochK", "stochD"],
    input: "bar",
    create: (v) => new Stochastic({ period: v("period"), kPeriod: v("kPeriod"), dPeriod: v("dPeriod") }),
  },
  {
    name: "cci",
    className: "CommodityChannelIndex",
    parameters: [PERIOD, average(0)],
    outputs: ["typicalPriceAverage"],
    input: "bar",
    create: (v) => new CommodityChannelIndex(v("period"), v("movingAverageType")),
  },
  {
    name: "aroon",
    className: "AroonOscillator",
    parameters: [period("upPeriod", 14), period("downPeriod", 14)],
    outputs: ["aroonUp", "aroonDown"],
    input: "bar",
    create: (v) => new AroonOscillator(v("upPeriod"), v("downPeriod")),
  },
  {
    name: "wilr",
    className: "WilliamsPercentR",
    parameters: [PERIOD],
    outputs: ["maximum", "minimum"],
    input: "bar",
    create: (v) => new WilliamsPercentR(v("period")),
  },
  {
    name: "kch",
    className: "KeltnerChannels",
    parameters: [PERIOD, { name: "k", kind: "number", default: 2 }, average(0)],
    outputs: ["middleBand", "upperBand", "lowerBand", "averageTrueRange"],
    input: "bar",
    create: (v) => new KeltnerChannels({ period: v("period"), k: v("k"), type: v("movingAverageType") }),
  },
  {
    name: "dch",
    className: "DonchianChannel",
    parameters: [period("upperPeriod"), period("lowerPeriod")],
    outputs: ["upperBand", "lowerBand"],
    input: "bar",
    create: (v) => new DonchianChannel(v("upperPeriod"), v("lowerPeriod")),
  },
  {
    name: "obv",
    className: "OnBalanceVolume",
    parameters: [],
    outputs: [],
    input: "tradeBar",
    create: () => new OnBalanceVolume(),
  },
  {
    name: "vwap",
    className: "VolumeWeightedAveragePriceIndicator",
    parameters: [PERIOD],
    outputs: [],
    input: "tradeBar",
    create: (v) => new VolumeWeightedAveragePrice(v("period")),
  },
  {
    name: "intraday_vwap",
    className: "IntradayVwap",
    parameters: [],
    outputs: [],
    input: "tradeBar",
    create: () => new IntradayVwap(),
  },
];
