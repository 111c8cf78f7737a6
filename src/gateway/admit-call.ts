import type { ApprovalBinding } from "../domain/approval.ts";
import type { Clock } from "../domain/clock.ts";
import type { PolicyQuestion } from "../domain/policy.ts";
import type { Profile } from "../domain/profile.ts";
import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import { innerCallsHash } from "./approvals/approval-binding.ts";
import { approvalRequired, type ApprovalDesk } from "./approvals/approval-desk.ts";
import { approvalView } from "./approvals/approval-view.ts";
import type { InnerCall } from "./call-plan.ts";
import type { AuditTrail, Leave } from "./audit-trail.ts";
import type { ComputeCall, ComputeGate, ComputeView } from "./compute/compute-gate.ts";
import type { HaltGate } from "./halt-gate.ts";
import { haltOfCall } from "./halt-of-call.ts";
import type { Judged } from "./judge-call.ts";
import type { LedgerCommit } from "./ledger-port.ts";
import { decideStrictest, type PolicyVerdict } from "./policy/decide-policy.ts";
import type { EffectivePolicy } from "./policy/effective-policy.ts";
import { argumentsHash } from "./redact.ts";
import type { KeyedOrder, RiskGate } from "./risk-gate.ts";
import type { Taint } from "./taint.ts";
import { innerName, OWN_UPSTREAM } from "./tool.ts";

/** What decides about a call besides its own schema. */
export interface Controls {
  /** The policy of this moment. */
  readonly policy: () => Promise<EffectivePolicy>;
  readonly approvals: Pick<ApprovalDesk, "request" | "check">;
  readonly risk: RiskGate;
  readonly compute: ComputeGate;
  readonly halt: HaltGate;
  readonly taint: Taint;
}

export interface AdmitParts extends Controls {
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly profile: Profile;
  readonly mask: (text: string) => string;
}

/** A call whose intent is durable, with the room that it took. */
export interface Admitted {
  readonly judged: Judged;
  readonly seq: number;
  readonly tainted: boolean;
  readonly approvalId: string | undefined;
  readonly reservation: { readonly account: string; readonly id: string } | undefined;
  /** Whether it took room in the budget of computing. */
  readonly computes: boolean;
}

type Companions = Pick<LedgerCommit, "trials" | "optimization">;

/**
 * Decides about a call by policy, halt, approval and risk, and commits what is decided: verdict, reservation,
 * idempotency key, use of the approval and the intent are one transaction.
 * @throws RefusalError where the transaction refuses: a repeated intent, an approval used meanwhile, a full disk.
 */
export async function admitCall(
  judged: Judged,
  parts: AdmitParts,
  companions: () => Promise<Companions | undefined>,
): Promise<Outcome<Admitted>> {
  const { request, plan, tool, intentId, callId } = judged;
  const halted = haltOfCall(parts.halt, judged);
  if (halted !== undefined) return refused(halted);
  const tainted = await parts.taint.of(request, judged.args);
  const leave = await leaveFor(judged, tainted, parts);
  if (!leave.ok) return leave;
  const room = plan.class === "compute" ? await computeRoom(judged, parts) : undefined;
  if (room?.ok === false) return room;
  // What a composed call computes is taken by its inner calls.
  const compute =
    room === undefined || tool.kind === "skill"
      ? undefined
      : parts.compute.reservation(room.value, { principal: request.principal, callId, tool: tool.name });
  const more = (await companions()) ?? {};
  const { approvalId } = leave.value;
  const commit = (risk: LedgerCommit["risk"]): Promise<number> =>
    parts.audit.intent(judged, leave.value, {
      ...more,
      ...(risk === undefined ? {} : { risk }),
      ...(compute === undefined ? {} : { compute }),
      ...(leave.value.uses && approvalId !== undefined ? { approvalUse: { approvalId, callId } } : {}),
      ...(intentId === undefined ? {} : { intentKey: `${request.principal}/${intentId}` }),
    });
  const admitted = { judged, tainted, approvalId, computes: compute !== undefined };
  const order = plannedOrder(judged);
  if (order === undefined) return accepted({ ...admitted, seq: await commit(undefined), reservation: undefined });
  const { signal } = request;
  const taken = await parts.risk.admit({ ...order, ...(signal === undefined ? {} : { signal }) }, commit);
  if (!taken.ok) return taken;
  const { seq, reservationId } = taken.value;
  return accepted({ ...admitted, seq, reservation: { account: order.intent.account, id: reservationId } });
}

/** The order that a call would place, as the risk kernel takes it. */
export function plannedOrder({ plan, intentId, callId }: Judged): KeyedOrder | undefined {
  if (plan.order === undefined || plan.mode === "none") return undefined;
  return { ...plan.order, mode: plan.mode, key: intentId ?? callId };
}

/** What a call of class `compute` will ask nodes for: itself, or what it is composed of. */
export function plannedCompute({ request, tool, args, plan }: Judged): ComputeCall {
  const { principal } = request;
  if (tool.kind === "skill") return { principal, upstream: OWN_UPSTREAM, calls: plan.computes ?? [] };
  return { principal, upstream: tool.upstream, calls: [{ tool: tool.tool, arguments: args }] };
}

async function computeRoom(judged: Judged, parts: Pick<AdmitParts, "compute">): Promise<Outcome<ComputeView>> {
  const view = await parts.compute.look(plannedCompute(judged));
  return view.ok && view.value.refusal !== undefined ? refused(view.value.refusal) : view;
}

/** What the policy says to a call, and the question that it was asked. */
export async function policyVerdict(
  judged: Judged,
  tainted: boolean,
  parts: Pick<AdmitParts, "policy" | "clock" | "profile">,
): Promise<{ readonly verdict: PolicyVerdict; readonly version: string; readonly question: PolicyQuestion }> {
  const { request, tool, plan } = judged;
  const effective = await parts.policy();
  const question: PolicyQuestion = {
    principal: request.principal,
    upstream: tool.kind === "passed" ? tool.upstream : null,
    tool: innerName(tool),
    class: plan.class,
    profile: parts.profile,
    account: plan.account,
    symbols: plan.symbols,
    mode: plan.mode,
    tainted,
    composedBy: request.permit?.composedBy ?? null,
    at: parts.clock.now(),
  };
  const others = tool.kind === "passed" ? (tool.answeredBy ?? []) : [];
  return { verdict: decideStrictest(question, others, effective), version: effective.version, question };
}

/** By whose leave the call is made; `uses` where it uses up an approval of its own. */
async function leaveFor(
  judged: Judged,
  tainted: boolean,
  parts: AdmitParts,
): Promise<Outcome<Leave & { readonly uses: boolean }>> {
  const { verdict, version } = await policyVerdict(judged, tainted, parts);
  const { request, tool, args, plan } = judged;
  if (verdict.kind === "deny") return refused(verdict.refusal);
  const policyVersion = version;
  if (verdict.kind === "allow") return accepted({ policyVersion, uses: false });
  const isCovered = request.permit?.take({ tool: innerName(tool), arguments: args }, plan) === true;
  if (isCovered) return accepted({ policyVersion, approvalId: request.permit?.approvalId, uses: false });
  const binding: ApprovalBinding = {
    principal: request.principal,
    tool: tool.name,
    class: plan.class,
    profile: parts.profile,
    account: plan.account,
    argumentsHash: argumentsHash(args),
    artefact: plan.artefact,
    innerCallsHash: plan.inner.length === 0 ? null : innerCallsHash(plan.inner.map(approvedForm)),
    signaturesNeeded: verdict.signatures,
    policyVersion,
  };
  if (judged.approvalId !== undefined) {
    const approval = await parts.approvals.check(judged.approvalId, binding);
    return approval.ok ? accepted({ policyVersion, approvalId: judged.approvalId, uses: true }) : approval;
  }
  // Nobody is asked to approve what the limits or the budget would refuse.
  const room = plan.class === "compute" ? await computeRoom(judged, parts) : accepted(true);
  if (!room.ok) return room;
  const order = plannedOrder(judged);
  const passes = order === undefined ? accepted(true) : await parts.risk.preview(order);
  if (!passes.ok) return passes;
  const view = approvalView({
    tool: tool.name,
    class: plan.class,
    profile: parts.profile,
    account: plan.account,
    changes: plan.lines,
    arguments: args,
    artefact: plan.artefact,
    requestedBy: request.principal,
    tainted,
    reason: verdict.rule.reason,
    mask: parts.mask,
  });
  const asked = await parts.approvals.request(binding, view);
  return asked.ok ? refused(approvalRequired(asked.value)) : asked;
}

/** Keys and times that are new each time must not make it another call. */
function approvedForm({
  tool,
  arguments: args,
  approvedAs,
}: InnerCall): Pick<InnerCall, "tool"> & { arguments: unknown } {
  return { tool, arguments: approvedAs ?? args };
}
