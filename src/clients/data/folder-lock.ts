import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { RefusalError } from "../../domain/refusal.ts";

const LOCK_FOLDER = "quantwright";
const LOCK_NAME = ".import.lock";
/** An import takes well under a second: an older lock was left by a process that died. */
const STALE_MS = 60_000;
const WAIT_MS = 10_000;
const PAUSE_MS = 20;

/**
 * Lets one import at a time, of any process, change what a data folder says of its series.
 * @throws RefusalError `DATA_FOLDER_BUSY` after ten seconds, `DATA_FOLDER_UNWRITABLE` where no lock can be made.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const file = join(folder, LOCK_FOLDER, LOCK_NAME);
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    if (await created(folder, file)) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    if (await isStale(file)) await rm(file, { force: true });
    else if (Date.now() > deadline) throw busy(folder, file);
    else await wait(PAUSE_MS);
  }
}

async function created(folder: string, file: string): Promise<boolean> {
  try {
    await mkdir(join(folder, LOCK_FOLDER), { recursive: true });
    await using _handle = await open(file, "wx");
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const isThere = await stat(file).catch(() => undefined);
    if (code === "EEXIST" && (isThere === undefined || isThere.isFile())) return false;
    throw new RefusalError(
      {
        code: "DATA_FOLDER_UNWRITABLE",
        message: `expected to write into the data folder ${folder}, which failed: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "Make the folder writable, or choose another one.",
      },
      { cause: error },
    );
  }
}

async function isStale(file: string): Promise<boolean> {
  const status = await stat(file).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > STALE_MS;
}

function busy(folder: string, file: string): RefusalError {
  return new RefusalError({
    code: "DATA_FOLDER_BUSY",
    message: `expected the data folder ${folder} to be free; another import has been using it for ten seconds`,
    remedy: `Wait for the other import to end and try again; if there is none, remove ${file}.`,
    retryable: true,
  });
}
