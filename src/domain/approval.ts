import { z } from "zod";
import { CALL_CLASSES } from "./call-class.ts";
import { documentSignatureSchema } from "./operator.ts";
import { principalSchema } from "./principal.ts";
import { PROFILES } from "./profile.ts";
import { accepted, refused, type Outcome, type Refusal } from "./refusal.ts";

/** Everything that an approval is for. A call that differs in any of it is another call. */
export const approvalBindingSchema = z.strictObject({
  principal: principalSchema,
  tool: z.string(),
  class: z.enum(CALL_CLASSES),
  profile: z.enum(PROFILES),
  account: z.string().nullable(),
  argumentsHash: z.string(),
  /** Hash of what would run (files, parameters, versions), where something would. */
  artefact: z.string().nullable(),
  /** Hash of the list of calls that a composed call makes. */
  innerCallsHash: z.string().nullable(),
  signaturesNeeded: z.union([z.literal(1), z.literal(2)]),
  policyVersion: z.string(),
});

/** What the approver sees, made by the gateway from the call itself; texts are safe to show. */
export const approvalViewSchema = z.strictObject({
  tool: z.string(),
  class: z.enum(CALL_CLASSES),
  profile: z.enum(PROFILES),
  account: z.string().nullable(),
  lines: z.array(z.strictObject({ what: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  artefact: z.string().nullable(),
  requestedBy: principalSchema,
  tainted: z.boolean(),
  /** Why the policy asks. */
  reason: z.string(),
});

/** A decision as it was signed, and when the desk got it. */
export const signedDecisionSchema = documentSignatureSchema.extend({
  decision: z.enum(["approve", "deny"]),
  receivedAt: z.int(),
  /** Whether it was given by an operator who is alone and signs twice. */
  solo: z.boolean(),
});

export const APPROVAL_STATES = ["pending", "approved", "denied", "expired", "used"] as const;

const common = {
  id: z.string(),
  binding: approvalBindingSchema,
  bindingHash: z.string(),
  view: approvalViewSchema,
  /** Microseconds UTC, by the desk's clock. */
  requestedAt: z.int(),
  expiresAt: z.int(),
  signatures: z.array(signedDecisionSchema),
};

export const approvalSchema = z.discriminatedUnion("state", [
  z.strictObject({ ...common, state: z.literal("pending") }),
  z.strictObject({ ...common, state: z.literal("approved"), decidedAt: z.int() }),
  z.strictObject({ ...common, state: z.literal("denied"), decidedAt: z.int(), deniedBy: z.string() }),
  z.strictObject({ ...common, state: z.literal("expired") }),
  z.strictObject({ ...common, state: z.literal("used"), usedAt: z.int(), callId: z.string() }),
]);

export type ApprovalBinding = z.infer<typeof approvalBindingSchema>;
export type ApprovalView = z.infer<typeof approvalViewSchema>;
export type SignedDecision = z.infer<typeof signedDecisionSchema>;
export type Approval = z.infer<typeof approvalSchema>;
type Common = Omit<Extract<Approval, { state: "pending" }>, "state">;

export type ApprovalEvent =
  /** A signature whose worth was checked; an approval needs `signaturesNeeded` of them, a denial one. */
  | { readonly kind: "signed"; readonly decision: SignedDecision }
  | { readonly kind: "time"; readonly at: number }
  | { readonly kind: "used"; readonly at: number; readonly callId: string };

/**
 * The only way from one state of an approval to the next: pending → approved | denied | expired, approved → used |
 * denied | expired. What a state does not take is refused with the code that says why.
 */
export function transition(approval: Approval, event: ApprovalEvent): Outcome<Approval> {
  if (event.kind === "time") return accepted(aged(approval, event.at));
  const at = event.kind === "signed" ? event.decision.receivedAt : event.at;
  const now = aged(approval, at);
  if (now.state === "denied" || now.state === "expired" || now.state === "used") return refused(endRefusal(now));
  if (event.kind === "signed") return accepted(signed(now, event.decision));
  if (now.state === "pending") return refused(pendingRefusal(now));
  return accepted({ ...commonOf(now), state: "used", usedAt: event.at, callId: event.callId });
}

/** Why an approval that is over, or not yet given, cannot be used; undefined for one that can. */
export function stateRefusal(approval: Approval): Refusal | undefined {
  if (approval.state === "approved") return undefined;
  return approval.state === "pending" ? pendingRefusal(approval) : endRefusal(approval);
}

function aged(approval: Approval, at: number): Approval {
  const ages = approval.state === "pending" || approval.state === "approved";
  return ages && at >= approval.expiresAt ? { ...commonOf(approval), state: "expired" } : approval;
}

function signed(approval: Approval, decision: SignedDecision): Approval {
  if (approval.state === "approved" && decision.decision === "approve") return approval;
  const all = { ...commonOf(approval), signatures: [...approval.signatures, decision] };
  const { operator, receivedAt } = decision;
  if (decision.decision === "deny") return { ...all, state: "denied", decidedAt: receivedAt, deniedBy: operator };
  return all.signatures.length >= approval.binding.signaturesNeeded
    ? { ...all, state: "approved", decidedAt: receivedAt }
    : { ...all, state: "pending" };
}

function commonOf(approval: Approval): Common {
  const { id, binding, bindingHash, view, requestedAt, expiresAt, signatures } = approval;
  return { id, binding, bindingHash, view, requestedAt, expiresAt, signatures };
}

function pendingRefusal({ id, binding, signatures }: Approval): Refusal {
  return {
    code: "APPROVAL_PENDING",
    message: `approval ${id} has ${signatures.length} of ${binding.signaturesNeeded} signatures`,
    remedy: `an operator approves with \`quantwright approvals approve ${id}\`; then repeat the call with this approvalId`,
    retryable: true,
  };
}

function endRefusal(approval: Extract<Approval, { state: "denied" | "expired" | "used" }>): Refusal {
  const { id } = approval;
  if (approval.state === "denied")
    return {
      code: "APPROVAL_DENIED",
      message: `approval ${id} was denied by ${approval.deniedBy}`,
      remedy: "ask the operator what should be different; a changed call is a new request",
    };
  if (approval.state === "expired")
    return {
      code: "APPROVAL_EXPIRED",
      message: `approval ${id} was not used in time`,
      remedy: "repeat the call without approvalId to ask anew",
    };
  return {
    code: "APPROVAL_USED",
    message: `approval ${id} was used by call ${approval.callId}; it is good for one call`,
    remedy: "look up what became of that call; repeat the call without approvalId to ask anew",
  };
}
