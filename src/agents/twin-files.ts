/** What installs the twin, at the end of an algorithm's file: after it no code of the user's own comes. */
const FOOTER = "\n\nfrom quantwright_twin import guard\n\nguard(globals())\n";

/** An algorithm's text that installs the twin, once. */
export function withTwin(code: string): string {
  return hasTwin(code) ? code : `${code.trimEnd()}\n${FOOTER}`;
}

/** Whether an algorithm's text installs the twin. */
export function hasTwin(code: string): boolean {
  return code.trimEnd().endsWith(FOOTER.trim());
}

/**
 * The files beside main.py that make up the twin of a strategy: its sources as they are shipped, and its limits, which
 * are none before it is promoted. `storeKey` is where its mandate and the keys of its orders lie in the object store.
 */
export function twinFiles(
  sources: Readonly<Record<string, string>>,
  strategyId: string,
): Readonly<Record<string, string>> {
  const limits = JSON.stringify({
    storeKey: `quantwright/${strategyId}`,
    capitalFraction: 1,
    // What it falls back to when it starts again without its mandate. Before a promotion there is none to miss.
    smallestCapitalFraction: 1,
    limits: {},
  });
  // JSON's text of a text is one of Python's, too.
  return { ...sources, "quantwright_limits.py": `LIMITS = ${JSON.stringify(limits)}\n` };
}
