import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shippedLibrary, type ShippedLibrary } from "../cloud/ai/shipped-library.ts";
import type { Config } from "../config.ts";

/** The names, guides and examples that the package ships, for the cloud's tools for assistants. */
export function loadLibrary({ packageRoot }: Pick<Config, "packageRoot">): ShippedLibrary {
  return shippedLibrary({
    names: readFileSync(join(packageRoot, "config", "facade-names.json"), "utf8"),
    guides: textsIn(packageRoot, "docs/guides", ".md"),
    examples: textsIn(packageRoot, "examples/strategies", ".py"),
  });
}

function textsIn(packageRoot: string, folder: string, ending: string): Record<string, string> {
  const names = readdirSync(join(packageRoot, folder)).filter((name) => name.endsWith(ending));
  return Object.fromEntries(
    names.toSorted().map((name) => [`${folder}/${name}`, readFileSync(join(packageRoot, folder, name), "utf8")]),
  );
}
