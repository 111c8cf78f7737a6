import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { ChainHead } from "./audit-chain.ts";

/** One archive of records that were taken out of the log. */
const archivedSchema = z.strictObject({
  from: z.int().min(1),
  through: z.int().min(1),
  /** Hash of the last record in it. */
  hash: z.string(),
  /** SHA-256 of the file. */
  sha256: z.string(),
});

/** Where the log begins after records were archived, and what was archived so far; signed with the audit key. */
export const auditAnchorSchema = z.strictObject({
  version: z.literal(1),
  archives: z.array(archivedSchema).min(1),
  signature: z.string(),
});

export type Archived = z.infer<typeof archivedSchema>;
export type AuditAnchor = z.infer<typeof auditAnchorSchema>;

/** The anchor after one more archive. */
export function nextAnchor(before: AuditAnchor | undefined, archived: Archived, key: string): AuditAnchor {
  const unsigned = { version: 1 as const, archives: [...(before?.archives ?? []), archived] };
  return { ...unsigned, signature: signature(unsigned, key) };
}

/** What stood before the first record that is left. */
export function headOf({ archives }: AuditAnchor): ChainHead {
  const last = archives.at(-1);
  if (last === undefined) throw new Error("an anchor has archives");
  return { count: last.through, hash: last.hash };
}

/** What is wrong with an anchor; undefined where it is ours and its archives follow one another. */
export function anchorFault(anchor: AuditAnchor, key: string): string | undefined {
  const { signature: signed, ...unsigned } = anchor;
  const own = signature(unsigned, key);
  if (signed.length !== own.length || !timingSafeEqual(Buffer.from(signed), Buffer.from(own))) {
    return "the anchor of the archived records was changed";
  }
  const isGapless = anchor.archives.every(({ from, through }, index, all) => {
    const before = all[index - 1]?.through ?? 0;
    return from === before + 1 && through >= from;
  });
  return isGapless ? undefined : "the anchor does not name every archived record";
}

function signature(unsigned: Omit<AuditAnchor, "signature">, key: string): string {
  // Another purpose than that of records: one signature must never pass for the other.
  return createHmac("sha256", key)
    .update(`audit-anchor\n${canonicalJson(unsigned)}`)
    .digest("hex");
}
