import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing, one by one. Node's own recursive way never comes back where the
 * system says that a folder is missing whose parent is there, as below `/proc`.
 * @throws the system's error, with its code, where one cannot be made.
 */
export function makeFolder(folder: string, mode: number): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at); at = dirname(at)) {
    missing.unshift(at);
    if (dirname(at) === at) break;
  }
  for (const one of missing) {
    try {
      mkdirSync(one, { mode });
    } catch (error) {
      // Another command may have been first.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(one)) throw error;
    }
  }
}

/** False for what is missing and for what is no folder: to make that one says by itself what is wrong. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
