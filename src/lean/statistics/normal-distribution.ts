/** Standard normal distribution function: series of erf in the middle, continued fraction of erfc in the tails. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2);
}

function erfc(x: number): number {
  const size = Math.abs(x);
  let result: number;
  if (size < 0.5) return 1 - erfSeries(x);
  if (size < 3) result = 1 - erfSeries(size);
  else result = erfcFraction(size);
  return x < 0 ? 2 - result : result;
}

/** Maclaurin series of erf, all terms positive after Kummer's transformation: no cancellation. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Continued fraction of erfc for large arguments. */
function erfcFraction(x: number): number {
  let fraction = 0;
  for (let n = 60; n > 0; n -= 1) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
