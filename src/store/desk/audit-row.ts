import type { Insertable, Selectable } from "kysely";
import { auditRecordSchema, type AuditRecord } from "../../domain/audit-record.ts";
import type { DeskTables } from "./schema.ts";

export function rowOf(record: AuditRecord): Insertable<DeskTables["audit"]> {
  return {
    seq: record.seq,
    at: record.at,
    kind: record.kind,
    call_id: record.callId,
    parent_call_id: record.parentCallId,
    principal: record.principal,
    tool: record.tool,
    class: record.class,
    profile: record.profile,
    run_id: record.runId,
    arguments_hash: record.argumentsHash,
    arguments: record.arguments,
    result: record.result,
    detail: record.detail,
    account: record.account ?? null,
    approval_id: record.approvalId ?? null,
    policy_version: record.policyVersion ?? null,
    previous_hash: record.previousHash,
    hash: record.hash,
  };
}

/** Lenient on purpose: a row that was edited must reach the verifier, which names it. */
export function recordOf(row: Selectable<DeskTables["audit"]>): AuditRecord {
  const record = {
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    callId: row.call_id,
    parentCallId: row.parent_call_id,
    principal: row.principal,
    tool: row.tool,
    class: row.class,
    profile: row.profile,
    runId: row.run_id,
    argumentsHash: row.arguments_hash,
    arguments: row.arguments,
    result: row.result,
    detail: row.detail,
    // Absent and empty must hash alike: records from before these columns have neither.
    ...(row.account === null ? {} : { account: row.account }),
    ...(row.approval_id === null ? {} : { approvalId: row.approval_id }),
    ...(row.policy_version === null ? {} : { policyVersion: row.policy_version }),
    previousHash: row.previous_hash,
    hash: row.hash,
  };
  const parsed = auditRecordSchema.safeParse(record);
  return parsed.success ? parsed.data : (record as AuditRecord);
}
