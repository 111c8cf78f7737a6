import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RefusalError } from "../domain/refusal.ts";

const IMPORT = /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))/gm;
const MOST_FILES = 200;

/**
 * The files of an algorithm: the one that was named and, from its folder, those that it imports, directly or not. The
 * other programs of the folder are none of its business.
 * @throws RefusalError `FILE_UNKNOWN`.
 */
export function algorithmFiles(file: string): Record<string, string> {
  const folder = dirname(file);
  const files: Record<string, string> = { [basename(file)]: read(file) };
  const waiting = [basename(file)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const module of importedModules(files[name] ?? "")) {
      const path = `${module}.py`;
      if (path in files || Object.keys(files).length >= MOST_FILES || !existsSync(join(folder, path))) continue;
      files[path] = read(join(folder, path));
      waiting.push(path);
    }
  }
  return files;
}

/** First parts of the modules that a source imports. */
function importedModules(source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap(([, from, list]) =>
    (from ?? list ?? "").split(",").map((name) => name.trim().split(/[.\s]/, 1)[0] ?? ""),
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = "name a Python file with one algorithm class";
    throw new RefusalError(
      { code: "FILE_UNKNOWN", message: `cannot read ${file}: ${reason}`, remedy },
      { cause: error },
    );
  }
}
