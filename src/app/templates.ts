import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Config } from "../config.ts";

/** The shipped sources of the twin by file name. */
export function twinSources(config: Config): Readonly<Record<string, string>> {
  const folder = join(config.packageRoot, "python", "quantwright_twin");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py"));
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** The shipped strategies by name; the crossing of averages first, because it is the default. */
export function strategyTemplates(config: Config): Readonly<Record<string, string>> {
  const folder = join(config.packageRoot, "examples", "strategies");
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".py"))
    .toSorted((a, b) => Number(b.startsWith("sma")) - Number(a.startsWith("sma")) || (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [basename(name, ".py"), readFileSync(join(folder, name), "utf8")]));
}
