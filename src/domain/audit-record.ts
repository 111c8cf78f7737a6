import { z } from "zod";
import { CALL_CLASSES } from "./call-class.ts";
import { principalSchema } from "./principal.ts";

/** What the audit log records: that a call was about to be made, how it ended, that it was refused, or a desk event. */
export const auditEntrySchema = z.object({
  kind: z.enum(["intent", "outcome", "refusal", "event"]),
  callId: z.string(),
  parentCallId: z.string().nullable(),
  principal: principalSchema,
  tool: z.string(),
  class: z.enum(CALL_CLASSES).nullable(),
  profile: z.string(),
  runId: z.string().nullable(),
  /** SHA-256 of the canonical arguments; the redacted copy is what people read. */
  argumentsHash: z.string(),
  arguments: z.string(),
  /** `ok`, a refusal code, or an error code. */
  result: z.string(),
  detail: z.string(),
  /** The deployment or brokerage account that the call is about. */
  account: z.string().optional(),
  /** The approval that the call used, and the policy that it was decided under. */
  approvalId: z.string().optional(),
  policyVersion: z.string().optional(),
});

/** An entry with its place in the chain. */
export const auditRecordSchema = auditEntrySchema.extend({
  seq: z.int().min(1),
  /** Microseconds UTC. */
  at: z.int(),
  previousHash: z.string(),
  hash: z.string(),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditRecord = z.infer<typeof auditRecordSchema>;
