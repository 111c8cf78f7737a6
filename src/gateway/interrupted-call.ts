import type { AuditEntry, AuditRecord } from "../domain/audit-record.ts";

/**
 * The outcome of an intent whose program ended before it recorded one. Nothing is sent again: whether the call had an
 * effect must be looked up.
 */
export function interruptedOutcome({ seq, ...intent }: AuditRecord): AuditEntry {
  const { callId, parentCallId, principal, tool, profile, runId, argumentsHash, account } = intent;
  const effect =
    intent.class === "read" ? "it only reads" : "it may have had its effect: look it up before you repeat it";
  return {
    kind: "outcome",
    callId,
    parentCallId,
    principal,
    tool,
    class: intent.class,
    profile,
    runId,
    argumentsHash,
    arguments: intent.arguments,
    ...(account === undefined ? {} : { account }),
    result: "OUTCOME_UNKNOWN",
    detail: `UNKNOWN: the desk ended before it knew what became of the call of record ${seq}; ${effect}`,
  };
}
