/** Moments of a series of returns, per period. Kurtosis is raw: 3 for a normal distribution. */
export interface ReturnMoments {
  readonly observations: number;
  readonly mean: number;
  /** Sample standard deviation. */
  readonly deviation: number;
  readonly skew: number;
  readonly kurtosis: number;
  /** Mean over deviation; undefined for fewer than two observations or flat returns. */
  readonly sharpe: number | undefined;
}

/** Mean, sample deviation, and population skew and raw kurtosis of returns. */
export function returnMoments(returns: readonly number[]): ReturnMoments {
  const n = returns.length;
  const mean = n === 0 ? 0 : returns.reduce((sum, value) => sum + value, 0) / n;
  const central = (power: number): number =>
    n === 0 ? 0 : returns.reduce((sum, value) => sum + (value - mean) ** power, 0) / n;
  const second = central(2);
  const deviation = n < 2 ? 0 : Math.sqrt((second * n) / (n - 1));
  // Rounding leaves a flat series a deviation of about 1e-18; it is still flat.
  const flat = deviation <= 1e-15 * Math.max(1, Math.abs(mean));
  return {
    observations: n,
    mean,
    deviation,
    skew: flat ? 0 : central(3) / second ** 1.5,
    kurtosis: flat ? 3 : central(4) / second ** 2,
    sharpe: flat || n < 2 ? undefined : mean / deviation,
  };
}
