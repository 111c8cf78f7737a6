import { RefusalError } from "../domain/refusal.ts";

/** A fault of the disk under the data directory as a refusal that says what to do; anything else as it is. */
export function storageFault(error: unknown, dataDir: string): unknown {
  if (error instanceof RefusalError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (/disk is full|ENOSPC|EDQUOT/.test(reason)) {
    return new RefusalError(
      {
        code: "DISK_FULL",
        message: `the disk of the data directory ${dataDir} is full: ${reason}`,
        remedy: "free some space, or choose another data directory with --data-dir or QUANTWRIGHT_HOME",
      },
      { cause: error },
    );
  }
  if (/readonly database|unable to open database|EROFS|EACCES|EPERM/.test(reason)) {
    return new RefusalError(
      {
        code: "DATA_DIR_UNUSABLE",
        message: `the data directory ${dataDir} cannot be written: ${reason}`,
        remedy: "make it writable, or choose another with --data-dir or QUANTWRIGHT_HOME",
      },
      { cause: error },
    );
  }
  return error;
}
