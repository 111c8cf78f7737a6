import { createHmac } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { AuditEntry, AuditRecord } from "../domain/audit-record.ts";

/** What stands before the first record. */
export const GENESIS = "0".repeat(64);

/** The end of the chain: how many records there are and the hash of the last. Kept outside the database too. */
export interface ChainHead {
  readonly count: number;
  readonly hash: string;
}

/** The next record: HMAC-SHA-256 over the entry, its number, its time and the hash before it, under the audit key. */
export function chain(
  entry: AuditEntry,
  place: { readonly head: ChainHead; readonly at: number; readonly key: string },
): AuditRecord {
  const unsigned = { ...entry, seq: place.head.count + 1, at: place.at, previousHash: place.head.hash };
  return { ...unsigned, hash: signature(unsigned, place.key) };
}

function signature(record: Omit<AuditRecord, "hash">, key: string): string {
  return createHmac("sha256", key).update(canonicalJson(record)).digest("hex");
}

/** What verification found: the first fault, or how many records hold together. */
export type ChainVerdict =
  | { readonly ok: true; readonly count: number; readonly head: string }
  | { readonly ok: false; readonly seq: number; readonly fault: string };

/**
 * Checks one record after another, so that a log of any length needs no memory: edits, gaps, reordering and, against
 * the heads that were kept apart, truncation. `from` is what stood before the first record.
 */
export class ChainVerifier {
  readonly #key: string;
  readonly #expected: readonly ChainHead[];
  #head: ChainHead;
  #fault: { readonly seq: number; readonly fault: string } | undefined;

  constructor(key: string, expected: readonly ChainHead[] = [], from: ChainHead = { count: 0, hash: GENESIS }) {
    this.#key = key;
    this.#expected = expected;
    this.#head = from;
  }

  add(record: AuditRecord): void {
    if (this.#fault !== undefined) return;
    const { hash, ...unsigned } = record;
    const seq = this.#head.count + 1;
    if (record.seq !== seq)
      return this.fail(seq, `expected record ${seq}, found ${record.seq}: a record is missing or out of order`);
    if (record.previousHash !== this.#head.hash)
      return this.fail(seq, `record ${seq} does not follow record ${seq - 1}`);
    if (hash !== signature(unsigned, this.#key))
      return this.fail(seq, `record ${seq} was changed after it was written`);
    this.#head = { count: seq, hash };
    if (this.#expected.some((kept) => kept.count === seq && kept.hash !== hash)) {
      this.fail(seq, `record ${seq} is not the one whose hash was kept apart`);
    }
  }

  /** A fault that somebody else found; the first one stands. */
  fail(seq: number, fault: string): void {
    this.#fault ??= { seq, fault };
  }

  get head(): ChainHead {
    return this.#head;
  }

  verdict(): ChainVerdict {
    if (this.#fault !== undefined) return { ok: false, ...this.#fault };
    const written = Math.max(0, ...this.#expected.map(({ count }) => count));
    if (this.#head.count < written) {
      return {
        ok: false,
        seq: this.#head.count + 1,
        fault: `the log ends at record ${this.#head.count}, but ${written} were written: it was truncated`,
      };
    }
    return { ok: true, count: this.#head.count, head: this.#head.hash };
  }
}
