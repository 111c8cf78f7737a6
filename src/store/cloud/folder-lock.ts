import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RefusalError } from "../../domain/refusal.ts";

/**
 * Holds a folder for one process: an exclusive transaction on a small database, which the system ends with the process
 * however that dies. Two clouds on one folder would run every job twice.
 * @throws RefusalError `CLOUD_ALREADY_RUNNING` where another process holds it, `STORE_UNAVAILABLE` where it cannot be made.
 */
export function lockFolder(folder: string): Disposable {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const opened = new DatabaseSync(join(folder, "cloud.lock"), { timeout: 0 });
    database = opened;
    opened.exec("BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => opened.close() };
  } catch (error) {
    database?.close();
    throw refusalOf(folder, error);
  }
}

function refusalOf(folder: string, error: unknown): RefusalError {
  const reason = error instanceof Error ? error.message : String(error);
  const refusal = /locked|busy/i.test(reason)
    ? {
        code: "CLOUD_ALREADY_RUNNING",
        message: `another local cloud is running on ${folder}`,
        remedy: "use that one, stop it first, or choose another folder",
      }
    : {
        code: "STORE_UNAVAILABLE",
        message: `cannot use the folder ${folder}: ${reason}`,
        remedy: "make the folder writable, free disk space, or choose another one with --data-dir",
      };
  return new RefusalError(refusal, { cause: error });
}
