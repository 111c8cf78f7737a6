import type { AuditEntry } from "../../domain/audit-record.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { ChainHead } from "../../gateway/audit-chain.ts";
import { readAnchor, verifyChain } from "./audit-archive.ts";
import { auditRecords } from "./audit-records.ts";
import { Ledger, type LedgerOptions } from "./ledger.ts";

/** A log whose head file is gone, as it is found: whole as far as anybody can say. */
export interface HeadlessLog {
  /** The end of the log. Its records hold together. */
  readonly head: ChainHead;
  /** How far the vault knows it: what came after was kept nowhere else, and could have been cut. */
  readonly marked: number;
}

/**
 * Looks at a log without its head file. Undefined where the file is there.
 * @throws RefusalError `AUDIT_BROKEN` for a log that does not hold together, or not with the mark in the vault.
 */
export async function headlessLog(options: LedgerOptions): Promise<HeadlessLog | undefined> {
  if (options.headFile.read() !== undefined) return undefined;
  const mark = await options.watermark?.read();
  const anchor = await readAnchor(options.database);
  const heads = mark === undefined ? [] : [mark];
  const verdict = await verifyChain(auditRecords(options.database), { key: options.key, heads, anchor, archives: [] });
  if (verdict.ok) return { head: { count: verdict.count, hash: verdict.head }, marked: mark?.count ?? 0 };
  throw new RefusalError({
    code: "AUDIT_BROKEN",
    message: `the log is broken at record ${verdict.seq}: ${verdict.fault}`,
    remedy: "restore the store from a backup; a log that does not hold together gets no new head",
  });
}

/**
 * Writes the head file anew, and who was for it as the next record. In this order: cut off in between, the record is
 * missing and the log goes on as if the file had been restored from a backup.
 */
export async function restoreHead(options: LedgerOptions, found: HeadlessLog, entry: AuditEntry): Promise<void> {
  options.headFile.write(found.head);
  const ledger = await Ledger.open(options);
  try {
    await ledger.commit({ entry });
  } finally {
    await ledger.close();
  }
}
