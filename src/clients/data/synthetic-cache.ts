import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { zipSync } from "fflate";
import { makeFolder } from "../make-folder.ts";
import { SOURCES_PATH } from "./sources.ts";

/** Grows with each change of what is generated, so that older files are not taken for today's. */
const GENERATION = 1;

export interface SyntheticCacheFolder {
  readonly folder: string;
  /** Keeps a generated file; a disk that refuses is no error, because the file can be made again. */
  write(path: string, bytes: Uint8Array): void;
}

/**
 * A folder for generated prices. It is another one for other data folders, imports or seeds, because generated prices
 * go on from the real ones.
 */
export function openSyntheticCache(
  cacheFolder: string,
  made: { readonly seed: number; readonly dataFolders: readonly string[] },
): SyntheticCacheFolder {
  const key = createHash("sha256").update(`${GENERATION} ${made.seed}`);
  for (const folder of made.dataFolders) key.update(`${folder}\n${textOf(join(folder, SOURCES_PATH))}\n`);
  const parent = join(cacheFolder, "synthetic", key.digest("hex").slice(0, 16));
  makeFolder(parent, 0o700);
  const folder = realpathSync(parent);
  return {
    folder,
    write(path, bytes) {
      const target = join(folder, path);
      const hidden = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
      try {
        mkdirSync(dirname(target), { recursive: true });
        // Level 1: it is read once a process, and the disk is larger than the time.
        writeFileSync(hidden, zipSync({ [`${basename(target, ".zip")}.csv`]: bytes }, { level: 1 }));
        renameSync(hidden, target);
      } catch {
        // Made again next time.
      }
    },
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
