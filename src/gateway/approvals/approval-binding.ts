import { createHash } from "node:crypto";
import type { Approval, ApprovalBinding, SignedDecision } from "../../domain/approval.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { Statement } from "./signed-document.ts";

/** SHA-256 of everything that an approval is for. */
export function bindingHashOf(binding: ApprovalBinding): string {
  return sha256(binding);
}

/** Hash of the calls that a composed call will make, in their order: its approval covers these and no others. */
export function innerCallsHash(calls: readonly { readonly tool: string; readonly arguments: unknown }[]): string {
  return sha256(calls.map(({ tool, arguments: args }) => ({ tool, arguments: args })));
}

/** The names of the fields in which a call differs from the one that was approved. */
export function bindingDifference(approved: ApprovalBinding, now: ApprovalBinding): readonly string[] {
  const names = new Set([...Object.keys(approved), ...Object.keys(now)]) as Set<keyof ApprovalBinding>;
  return [...names].filter((name) => approved[name] !== now[name]);
}

/**
 * What an operator signs when he decides: the approval, what it is bound to, what he was shown and until when it holds.
 * Made from the parts themselves, so that no stored hash has to be believed.
 */
export function decisionStatement(
  approval: Pick<Approval, "id" | "binding" | "view" | "expiresAt">,
  by: Pick<SignedDecision, "operator" | "at" | "decision"> & { readonly desk: string },
): Statement {
  const { operator, at, decision, desk } = by;
  const { id, binding, view, expiresAt } = approval;
  const content = { approvalId: id, bindingHash: sha256(binding), viewHash: sha256(view), expiresAt, decision };
  return { kind: "approval", desk, operator, at, content };
}

function sha256(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
