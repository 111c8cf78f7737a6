import { z } from "zod";
import type { AuditEntry } from "../domain/audit-record.ts";
import { Decimal } from "../domain/decimal.ts";
import {
  activeOperators,
  documentSignatureSchema,
  operatorNameSchema,
  signedOperatorListSchema,
} from "../domain/operator.ts";
import { principalSchema } from "../domain/principal.ts";
import { RefusalError, type Outcome } from "../domain/refusal.ts";
import { argumentsHash } from "../gateway/redact.ts";
import { controlMethod, type ControlMethod } from "../server/control-channel.ts";
import type { DeskControls } from "./desk-controls.ts";
import type { DoorParts } from "./desk-doors.ts";
import { newId } from "./system.ts";

const nothing = z.object({});
const approvalId = z.string().max(64);
const decisionSchema = documentSignatureSchema.extend({ approvalId, decision: z.enum(["approve", "deny"]) });

/**
 * What an operator's terminal asks of the desk. Whoever holds the socket's key may ask; only a signature changes
 * anything, and each change and each refused attempt is on record.
 */
export function approvalMethods(parts: DoorParts): Readonly<Record<string, ControlMethod>> {
  const { gateway, controls } = parts.core;
  const { approvals, operators, identity, policy, limits, computeBudget } = controls;
  return {
    "operators.state": controlMethod(nothing, async () => ({ ...identity, state: await operators.state() })),
    "operators.change": controlMethod(signedOperatorListSchema, async (next) => {
      const changed = await operators.change(next);
      const names = next.list.operators.map(({ name, removedAt }) => (removedAt === null ? name : `-${name}`));
      const detail = `version ${next.list.version}: ${names.join(" ")}`;
      await record(parts, { tool: "operators.change", operator: next.signature.operator, args: next, detail }, changed);
      return valueOf(changed);
    }),
    "approvals.list": controlMethod(z.object({ limit: z.int().min(1).max(500).default(50) }), ({ limit }) =>
      approvals.list(limit),
    ),
    "approvals.show": controlMethod(z.object({ approvalId }), async (params) => ({
      approval: valueOf(await approvals.show(params.approvalId)),
      ...identity,
    })),
    "approvals.sign": controlMethod(decisionSchema, async (decision) => {
      const signed = await approvals.sign(decision);
      const detail = `${decision.decision} ${decision.approvalId}${signed.ok ? `: now ${signed.value.state}` : ""}`;
      const { operator } = decision;
      await record(parts, { tool: "approvals.sign", operator, args: decision, detail }, signed);
      return valueOf(signed);
    }),
    "policy.show": controlMethod(nothing, () => policy()),
    "policy.explain": controlMethod(
      z.object({ tool: z.string(), arguments: z.unknown(), principal: principalSchema.default("host") }),
      (params) => gateway.explain({ ...params, arguments: params.arguments ?? {} }),
    ),
    "limits.show": controlMethod(nothing, async () => {
      const { file, ...about } = await limits();
      const { budget, ...aboutBudget } = await computeBudget();
      const shown = budget.ok ? { budget: withTexts(budget.value) } : { refusal: budget.refusal };
      const compute = { ...aboutBudget, ...shown };
      return { ...about, ...(file.ok ? { limits: withTexts(file.value) } : { refusal: file.refusal }), compute };
    }),
  };
}

/** Who may approve, and how many calls wait for it, in a few words. */
export async function approvalsState({ approvals, operators, identity }: DeskControls): Promise<{
  readonly operators: string;
  readonly pending: number;
}> {
  const state = await operators.state();
  const pending = (await approvals.list(500)).filter(({ state: one }) => one === "pending").length;
  if (state.kind === "tampered") return { operators: `TAMPERED: ${state.reason}; run \`quantwright doctor\``, pending };
  const names = state.kind === "none" ? [] : activeOperators(state.list, identity.demo).map(({ name }) => name);
  return { operators: names.length === 0 ? "nobody (`quantwright operators add NAME`)" : names.join(", "), pending };
}

/** Writes down who did, or tried, what. Where that fails the command fails: nothing can be sent without a record either. */
async function record(
  parts: DoorParts,
  act: { readonly tool: string; readonly operator: string; readonly args: unknown; readonly detail: string },
  outcome: Outcome<unknown>,
): Promise<void> {
  const entry: AuditEntry = {
    kind: "event",
    callId: newId(),
    parentCallId: null,
    // Who is named in a refused attempt need not have been there.
    principal: outcome.ok ? `operator:${operatorNameSchema.parse(act.operator)}` : "cli",
    tool: act.tool,
    class: "admin",
    profile: parts.config.profile,
    runId: null,
    argumentsHash: argumentsHash(act.args),
    arguments: JSON.stringify({ operator: act.operator }),
    result: outcome.ok ? "ok" : outcome.refusal.code,
    detail: act.detail.slice(0, 2000),
  };
  await parts.store.ledger.commit({ entry });
}

/** Decimals as the texts that people write. */
function withTexts(value: unknown): unknown {
  if (value instanceof Decimal) return value.toString();
  if (Array.isArray(value)) return value.map(withTexts);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTexts(member)]));
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new RefusalError(outcome.refusal);
}
