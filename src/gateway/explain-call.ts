import type { Refusal } from "../domain/refusal.ts";
import { plannedOrder, type policyVerdict } from "./admit-call.ts";
import type { CallPlan } from "./call-plan.ts";
import type { CallRequest } from "./call-request.ts";
import type { judgeCall, Judged } from "./judge-call.ts";
import type { RiskGate } from "./risk-gate.ts";

/** What would happen to a call: the refusal that it would meet first, or everything that decides about it. */
export interface Explanation {
  readonly tool: string;
  readonly refusal?: Refusal;
  readonly class?: CallPlan["class"];
  readonly mode?: CallPlan["mode"];
  readonly account?: string | null;
  readonly principal?: string;
  readonly tainted?: boolean;
  readonly verdict?: "allow" | "approval" | "deny";
  /** How many signatures it would need. */
  readonly signatures?: number;
  readonly rule?: { readonly id: string; readonly reason: string } | null;
  readonly policyVersion?: string;
  readonly halted?: Refusal | null;
  /** What the limits say to the order that the call would place. */
  readonly risk?: { readonly ok: boolean; readonly refusals: readonly Refusal[] } | null;
}

/** Judges and decides as a call would be, and says what came of it. */
export async function explainCall(
  request: CallRequest,
  parts: {
    readonly judge: () => ReturnType<typeof judgeCall>;
    readonly decide: (judged: Judged) => ReturnType<typeof policyVerdict>;
    readonly halt: (judged: Judged) => Refusal | undefined;
    readonly risk: Pick<RiskGate, "explain">;
  },
): Promise<Explanation> {
  const verdict = await parts.judge();
  if (!verdict.ok) return { tool: request.tool, refusal: verdict.refusal };
  const { judged } = verdict;
  const { plan, tool } = judged;
  const decided = await parts.decide(judged);
  const { verdict: policy, question, version } = decided;
  const order = plannedOrder(judged);
  const risk = order === undefined ? null : await parts.risk.explain(order);
  return {
    tool: tool.name,
    class: plan.class,
    mode: plan.mode,
    account: plan.account,
    principal: request.principal,
    tainted: question.tainted,
    verdict: policy.kind,
    ...(policy.kind === "approval" ? { signatures: policy.signatures } : {}),
    ...(policy.kind === "deny" ? { refusal: policy.refusal } : {}),
    rule: policy.rule === null ? null : { id: policy.rule.id, reason: policy.rule.reason },
    policyVersion: version,
    halted: parts.halt(judged) ?? null,
    risk,
  };
}
