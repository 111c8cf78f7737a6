import { randomUUID } from "node:crypto";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RefusalError } from "../../domain/refusal.ts";

export interface NewFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

interface StagedFile {
  readonly target: string;
  readonly fresh: string;
  /** Copy of what was there. */
  readonly old: string;
  hadOld: boolean;
}

/**
 * Writes files below a folder so that all of them or none change: each is written and synced beside its place first,
 * then all are renamed, and a rename that fails undoes those before it.
 * @throws RefusalError `DATA_FOLDER_UNWRITABLE`
 */
export async function writeTogether(folder: string, files: readonly NewFile[]): Promise<void> {
  const staged: StagedFile[] = [];
  try {
    for (const { path, bytes } of files) {
      const target = join(folder, path);
      const hidden = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
      const file: StagedFile = { target, fresh: `${hidden}.new`, old: `${hidden}.old`, hadOld: false };
      staged.push(file);
      await mkdir(dirname(target), { recursive: true });
      await writeSynced(file.fresh, bytes);
      file.hadOld = await keepOld(file);
    }
    await renameAll(staged);
  } catch (error) {
    throw unwritable(folder, error);
  } finally {
    for (const { fresh, old } of staged) {
      // What was to be written has been, or is refused already: a leftover must not hide that.
      for (const file of [fresh, old]) await rm(file, { force: true }).catch(() => undefined);
    }
  }
  for (const parent of new Set(staged.map(({ target }) => dirname(target)))) await syncFolder(parent);
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, "wx");
  await handle.writeFile(bytes);
  await handle.sync();
}

async function keepOld({ target, old }: StagedFile): Promise<boolean> {
  try {
    await copyFile(target, old);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

async function renameAll(staged: readonly StagedFile[]): Promise<void> {
  const done: StagedFile[] = [];
  try {
    for (const file of staged) {
      await rename(file.fresh, file.target);
      done.push(file);
    }
  } catch (error) {
    for (const { target, old, hadOld } of done.toReversed()) {
      await (hadOld ? rename(old, target) : rm(target, { force: true }));
    }
    throw error;
  }
}

/** Makes the renames durable where the system lets a folder be synced (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // The files themselves are synced.
  }
}

function unwritable(folder: string, cause: unknown): RefusalError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isFull = cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
  return new RefusalError(
    {
      code: "DATA_FOLDER_UNWRITABLE",
      message: `expected to write into the data folder ${folder}, which failed: ${reason}; what was there is unchanged`,
      remedy: isFull ? "Free some disk space and import again." : "Make the folder writable, or choose another one.",
      retryable: isFull,
    },
    { cause },
  );
}
