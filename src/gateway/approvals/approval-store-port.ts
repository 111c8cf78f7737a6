import type { Approval } from "../../domain/approval.ts";

/** An approval with the number of its last change, which guards the next one. */
export interface KeptApproval {
  readonly approval: Approval;
  readonly version: number;
}

/** Where approvals are kept. Nothing is ever deleted. */
export interface ApprovalStore {
  /** Adds a pending one, unless one for the same binding is open already; gives the one that then stands. */
  add(approval: Approval): Promise<Approval>;
  byId(id: string): Promise<KeptApproval | undefined>;
  /** The newest one of a binding, in whatever state. */
  lastOf(bindingHash: string): Promise<KeptApproval | undefined>;
  /** Those that are pending or approved, oldest first. */
  open(): Promise<readonly KeptApproval[]>;
  /** The newest, newest first. */
  list(limit: number): Promise<readonly Approval[]>;
  /** Writes the next state, unless somebody else changed it since `version`; whether it was written. */
  replace(next: Approval, version: number): Promise<boolean>;
  /** Notes a time and gives the latest that was ever noted, so that a clock set back gives no time back. */
  latestTime(at: number): Promise<number>;
}
