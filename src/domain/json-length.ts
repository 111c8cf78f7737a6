/**
 * Whether a value of JSON is longer than so many characters, without writing it: texts count as they are, everything
 * else a little. Stops as soon as it knows.
 */
export function isJsonLonger(value: unknown, most: number): boolean {
  let left = most;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    left -= typeof next === "string" ? next.length + 2 : 4;
    if (left < 0) return true;
    if (next === null || typeof next !== "object") continue;
    for (const [name, member] of Object.entries(next)) {
      left -= Array.isArray(next) ? 1 : name.length + 4;
      waiting.push(member);
    }
  }
  return left < 0;
}
