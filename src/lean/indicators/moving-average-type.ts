import { DoubleExponentialMovingAverage, TripleExponentialMovingAverage } from "./chained-exponential.ts";
import { ExponentialMovingAverage } from "./exponential-moving-average.ts";
import type { Indicator } from "./indicator.ts";
import { LinearWeightedMovingAverage } from "./linear-weighted-moving-average.ts";
import { SimpleMovingAverage } from "./simple-moving-average.ts";
import { WilderMovingAverage } from "./wilder-moving-average.ts";

/** LEAN's `MovingAverageType`, as far as supported. */
const MOVING_AVERAGE = {
  SIMPLE: 0,
  EXPONENTIAL: 1,
  WILDERS: 2,
  LINEAR_WEIGHTED: 3,
  DOUBLE_EXPONENTIAL: 4,
  TRIPLE_EXPONENTIAL: 5,
} as const;

/** The average of a type; throws a RangeError for a type that is not supported. */
export function movingAverage(type: number, period: number): Indicator {
  switch (type) {
    case MOVING_AVERAGE.SIMPLE:
      return new SimpleMovingAverage(period);
    case MOVING_AVERAGE.EXPONENTIAL:
      return new ExponentialMovingAverage(period);
    case MOVING_AVERAGE.WILDERS:
      return new WilderMovingAverage(period);
    case MOVING_AVERAGE.LINEAR_WEIGHTED:
      return new LinearWeightedMovingAverage(period);
    case MOVING_AVERAGE.DOUBLE_EXPONENTIAL:
      return new DoubleExponentialMovingAverage(period);
    case MOVING_AVERAGE.TRIPLE_EXPONENTIAL:
      return new TripleExponentialMovingAverage(period);
    default:
      throw new RangeError(`expected a moving average type from 0 to 5, got ${type}`);
  }
}
