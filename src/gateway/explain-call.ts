import type { Refusal } from "../domain/refusal.ts";
import { isoTime } from "../domain/clock.ts";
import { minutesOf, moneyText } from "../domain/compute-use.ts";
import { Decimal } from "../domain/decimal.ts";
import { plannedCompute, plannedOrder, type policyVerdict } from "./admit-call.ts";
import type { CallPlan } from "./call-plan.ts";
import type { CallRequest } from "./call-request.ts";
import type { ComputeGate } from "./compute/compute-gate.ts";
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
  /** What a call of class `compute` is estimated at, and what is left of the budget. */
  readonly compute?: ComputeExplanation | null;
}

/** An estimate and a budget in minutes and texts; null is no limit, or a price that is not known. */
export interface ComputeExplanation {
  readonly refusal?: Refusal;
  readonly estimate?: { readonly minutes: number; readonly money: string | null; readonly basis: string };
  readonly left?: { readonly minutes: number | null; readonly money: string | null };
  readonly renewsAt?: string;
}

/** Judges and decides as a call would be, and says what came of it. */
export async function explainCall(
  request: CallRequest,
  parts: {
    readonly judge: () => ReturnType<typeof judgeCall>;
    readonly decide: (judged: Judged) => ReturnType<typeof policyVerdict>;
    readonly halt: (judged: Judged) => Refusal | undefined;
    readonly risk: Pick<RiskGate, "explain">;
    readonly compute: Pick<ComputeGate, "look">;
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
    compute: plan.class === "compute" ? await explainCompute(judged, parts.compute) : null,
  };
}

async function explainCompute(judged: Judged, gate: Pick<ComputeGate, "look">): Promise<ComputeExplanation> {
  const looked = await gate.look(plannedCompute(judged));
  if (!looked.ok) return { refusal: looked.refusal };
  const { estimate, used, limit, renewsAt, refusal } = looked.value;
  const { minutesPerDay, moneyPerDay } = limit;
  const spent = used.money.reduce((sum, { amount }) => sum.add(amount), Decimal.ZERO);
  const minutes = minutesPerDay === null ? null : Math.max(0, minutesOf(minutesPerDay * 60_000 - used.milliseconds));
  const money =
    moneyPerDay === null
      ? null
      : moneyText({ ...moneyPerDay, amount: moneyPerDay.amount.subtract(spent).max(Decimal.ZERO) });
  return {
    ...(refusal === undefined ? {} : { refusal }),
    estimate: {
      minutes: minutesOf(estimate.milliseconds),
      money: estimate.money === null ? null : moneyText(estimate.money),
      basis: estimate.basis,
    },
    left: { minutes, money },
    renewsAt: isoTime(renewsAt),
  };
}
