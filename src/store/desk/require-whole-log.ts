import { RefusalError } from "../../domain/refusal.ts";
import type { ChainHead } from "../../gateway/audit-chain.ts";

/** What the places that keep the head of a log say of it. */
export interface KeptHeads {
  readonly file: ChainHead | undefined;
  readonly mark: ChainHead | undefined;
}

/**
 * Refuses a log whose end is gone.
 * @throws RefusalError `AUDIT_TRUNCATED` where records are missing, `AUDIT_HEAD_MISSING` where the file that would show
 * it was taken away.
 */
export function requireWholeLog(head: ChainHead, { file, mark }: KeptHeads): void {
  const written = Math.max(file?.count ?? 0, mark?.count ?? 0);
  if (written > head.count) {
    throw new RefusalError({
      code: "AUDIT_TRUNCATED",
      message: `the audit log holds ${head.count} records, but ${written} were written`,
      remedy: "restore the store from a backup; the desk does not start on a truncated log",
    });
  }
  if (file !== undefined || mark === undefined || mark.count === 0) return;
  throw new RefusalError({
    code: "AUDIT_HEAD_MISSING",
    message: `the file with the head of the audit log is gone, and ${mark.count} records or more were written`,
    remedy:
      "restore audit-head.json from a backup; without one nobody can say that the log was not cut, and of a desk's log an operator may accept that with `quantwright audit restore-head`",
  });
}
