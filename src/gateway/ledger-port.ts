import type { AuditEntry } from "../domain/audit-record.ts";
import type { TrackedOptimization } from "../domain/tracked-optimization.ts";
import type { Trial } from "../domain/trial.ts";
import type { ComputeWrite } from "./compute/compute-store.ts";
import type { RiskWrite } from "./risk/risk-store.ts";

/** One commit: an audit entry and what stands or falls with it. */
export interface LedgerCommit {
  readonly entry: AuditEntry;
  readonly trials?: readonly Trial[];
  readonly optimization?: TrackedOptimization;
  readonly intentKey?: string;
  /** Uses up an approval; a commit whose approval was used meanwhile fails whole. */
  readonly approvalUse?: { readonly approvalId: string; readonly callId: string };
  /** State and reservation of the account that an order takes room in. */
  readonly risk?: RiskWrite;
  /** Room in the budget of computing; a commit that finds too little left fails whole. */
  readonly compute?: ComputeWrite;
  /** It may wait some milliseconds for another commit to go with. */
  readonly soon?: boolean;
}

/** Where calls are recorded. Resolves when the record is durable; rejects with a RefusalError when it cannot be. */
export interface LedgerPort {
  commit(write: LedgerCommit): Promise<{ readonly seq: number }>;
}
