import { normalCdf, normalQuantile } from "./normal-distribution.ts";

/** A Sharpe ratio per period and what is known of the returns behind it; kurtosis is raw. */
export interface SharpeEstimate {
  readonly sharpe: number;
  readonly observations: number;
  readonly skew: number;
  readonly kurtosis: number;
}

const EULER_MASCHERONI = 0.5772156649015329;

/** Variance factor of an estimated Sharpe ratio: 1 − skew·SR + (kurtosis − 1)/4·SR². */
function varianceFactor({ sharpe, skew, kurtosis }: Pick<SharpeEstimate, "sharpe" | "skew" | "kurtosis">): number {
  return 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
}

/**
 * Probability that the true Sharpe ratio exceeds `benchmark` (per period): Bailey and López de Prado, "The Sharpe
 * Ratio Efficient Frontier", 2012. Undefined below two observations or where the variance is not positive.
 */
export function probabilisticSharpe(estimate: SharpeEstimate, benchmark: number): number | undefined {
  const variance = varianceFactor(estimate);
  if (estimate.observations < 2 || variance <= 0) return undefined;
  return normalCdf(((estimate.sharpe - benchmark) * Math.sqrt(estimate.observations - 1)) / Math.sqrt(variance));
}

/** Expected maximum of `trials` independent standard normal values (Bailey and López de Prado 2014, equation 6); 0 for one. */
export function expectedMaximum(trials: number): number {
  if (trials <= 1) return 0;
  return (
    (1 - EULER_MASCHERONI) * normalQuantile(1 - 1 / trials) +
    EULER_MASCHERONI * normalQuantile(1 - 1 / (trials * Math.E))
  );
}

/**
 * Probabilistic Sharpe ratio against what the best of `trials` would show without skill; `variance` is that of the
 * trials' Sharpe ratios, per period (Bailey and López de Prado, "The Deflated Sharpe Ratio", 2014).
 */
export function deflatedSharpe(
  estimate: SharpeEstimate,
  tried: { readonly trials: number; readonly variance: number },
): number | undefined {
  return probabilisticSharpe(estimate, Math.sqrt(tried.variance) * expectedMaximum(tried.trials));
}

/** Observations needed before the Sharpe ratio exceeds `benchmark` with `confidence` (2012); undefined where it does not exceed it. */
export function minimumTrackRecord(
  estimate: Omit<SharpeEstimate, "observations">,
  benchmark: number,
  confidence: number,
): number | undefined {
  const lead = estimate.sharpe - benchmark;
  if (lead <= 0) return undefined;
  return 1 + varianceFactor(estimate) * (normalQuantile(confidence) / lead) ** 2;
}
