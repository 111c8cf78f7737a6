/** Number of letters to add, drop or change to make one text of another. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Up to three names that a misspelt one may have meant, nearest first. */
export function nearestNames(wrong: string, names: readonly string[]): string[] {
  const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const sought = plain(wrong).slice(0, 60);
  const limit = Math.max(1, Math.floor(sought.length / 3));
  return names
    .map((name) => ({ name, far: distance(sought, plain(name)) }))
    .filter(({ far }) => far <= limit)
    .toSorted((left, right) => left.far - right.far || (left.name < right.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}
