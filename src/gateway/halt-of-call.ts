import type { Refusal } from "../domain/refusal.ts";
import { haltRefusal, type HaltGate } from "./halt-gate.ts";
import type { Judged } from "./judge-call.ts";
import { innerName } from "./tool.ts";

/**
 * Why a decided call may not be made while trading is halted. A cancellation is made by a command, which by itself would
 * count as trading: as part of the call that it was planned for, it counts as what that call does.
 */
export function haltOfCall(gate: HaltGate, { request, tool, args, plan }: Judged): Refusal | undefined {
  const reduces = request.permit?.reducesBy({ tool: innerName(tool), arguments: args }, plan) === true;
  return haltRefusal(gate, { class: reduces ? "reduce" : plan.class, account: plan.account, tool: tool.name });
}
