import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const LOCK_MILLISECONDS = 5000;

/**
 * Does work while no other process does: the desk and a command may each change a file at the same time, and the file
 * is written whole. The lock is a transaction, which the system takes back however a process ends.
 * @param lock a file that is there for nothing else
 */
export function exclusively<T>(lock: string, work: () => T): T {
  closeSync(openSync(lock, "a", 0o600));
  const database = new DatabaseSync(lock, { timeout: LOCK_MILLISECONDS });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return work();
  } finally {
    database.close();
  }
}
