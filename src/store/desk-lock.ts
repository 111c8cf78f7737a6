import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { RefusalError } from "../domain/refusal.ts";

/**
 * Makes a process the only desk of a data directory, for as long as it lives: an exclusive transaction on a file of
 * its own, which the system takes back however the process ends.
 * @throws RefusalError `DESK_ALREADY_RUNS`, or `STORE_UNAVAILABLE` where the directory cannot be written.
 */
export function lockDesk(dataDir: string): Disposable {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dataDir, "lock.db"), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    const taken = /locked|busy/i.test(reason);
    throw new RefusalError(
      taken
        ? {
            code: "DESK_ALREADY_RUNS",
            message: `another desk works in ${dataDir}`,
            remedy: "use it (`quantwright status`), or stop it with `quantwright down`",
          }
        : {
            code: "STORE_UNAVAILABLE",
            message: `the data directory ${dataDir} cannot be written: ${reason}`,
            remedy: "make it writable, free disk space, or choose another with --data-dir",
          },
      { cause: error },
    );
  }
  const held = database;
  return { [Symbol.dispose]: () => held.close() };
}
