import { normalCdf } from "./normal-distribution.ts";

const TRADING_DAYS = 252;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample variance by MathNet's running formula; NaN for fewer than two values. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  let sum = values[0] ?? 0;
  let squares = 0;
  for (let index = 1; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    sum += value;
    const difference = (index + 1) * value - sum;
    squares += (difference * difference) / ((index + 1) * index);
  }
  return squares / (values.length - 1);
}

/** Sample variance a year; 0 where there is none. */
export function annualVariance(values: readonly number[]): number {
  return (variance(values) || 0) * TRADING_DAYS;
}

export function annualPerformance(values: readonly number[]): number {
  return (mean(values) + 1) ** TRADING_DAYS - 1;
}

/** Sample covariance of two lists of the same length. */
export function covariance(left: readonly number[], right: readonly number[]): number {
  const length = Math.min(left.length, right.length);
  const meanLeft = mean(left);
  const meanRight = mean(right);
  let sum = 0;
  for (let index = 0; index < length; index += 1) {
    sum += ((left[index] ?? 0) - meanLeft) * ((right[index] ?? 0) - meanRight);
  }
  return sum / (left.length - 1);
}

/**
 * Probability that the true Sharpe ratio is above 1 a year (Bailey and Lopez de Prado), from daily returns, with
 * MathNet's bias-corrected skewness and excess kurtosis; 0 where it cannot be computed.
 */
export function probabilisticSharpeRatio(returns: readonly number[], riskFreeRate: number): number {
  const n = returns.length;
  const deviation = Math.sqrt(variance(returns));
  const average = mean(returns);
  const observed = deviation > 0 ? (average - riskFreeRate / TRADING_DAYS) / deviation : 0;
  if (n < 4 || !(deviation > 0)) return 0;
  const moment = (power: number): number =>
    returns.reduce((sum, value) => sum + ((value - average) / deviation) ** power, 0);
  const skewness = (n / ((n - 1) * (n - 2))) * moment(3);
  const kurtosis =
    ((n * (n + 1)) / ((n - 1) * (n - 2) * (n - 3))) * moment(4) - (3 * (n - 1) ** 2) / ((n - 2) * (n - 3));
  const spread = 1 - skewness * observed + ((kurtosis - 1) / 4) * observed * observed;
  if (!(spread > 0)) return 0;
  return normalCdf((observed - 1 / Math.sqrt(TRADING_DAYS)) / Math.sqrt(spread / (n - 1)));
}
