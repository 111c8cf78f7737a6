import { readFileSync } from "node:fs";

const FOLDER = new URL("../../python/quantwright_twin/", import.meta.url);

/** The files of a project with the twin, its limits and an algorithm. */
export function twinProject(
  main: string,
  limits: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  const given = JSON.stringify({ storeKey: "quantwright/s1", limits, ...more });
  const shipped = ["quantwright_twin.py", "quantwright_rules.py"].map((name): [string, string] => [
    name,
    readFileSync(new URL(name, FOLDER), "utf8"),
  ]);
  return {
    "main.py": `${main}\n\nfrom quantwright_twin import guard\n\nguard(globals())\n`,
    "quantwright_limits.py": `LIMITS = ${JSON.stringify(given)}\n`,
    ...Object.fromEntries<string>(shipped),
  };
}
