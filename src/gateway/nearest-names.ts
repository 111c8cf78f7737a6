/** No tool is called so; and what is compared takes time by its length. */
const LONGEST_NAME = 128;

/** Edit distance between two short texts. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Up to `count` known names that resemble a name that is not known, the nearest first. */
export function nearestNames(name: string, known: readonly string[], count = 3): string[] {
  if (name.length > LONGEST_NAME) return [];
  const wanted = name.toLowerCase();
  return known
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const contained = lower.includes(wanted) || wanted.includes(lower);
      return { candidate, score: contained ? 1 : distance(wanted, lower) };
    })
    .filter(({ score }) => score <= Math.max(3, Math.floor(name.length / 2)))
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
