/** Milliseconds to wait before the n-th start in a row (0 = at once): doubling, capped, with full jitter above a floor. */
export function backoffMilliseconds(attempt: number, random: () => number): number {
  if (attempt <= 0) return 0;
  const ceiling = Math.min(30_000, 100 * 2 ** (attempt - 1));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}
