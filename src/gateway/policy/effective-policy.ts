import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { OperatorsState } from "../../domain/operator.ts";
import type { Policy, policyFileSchema } from "../../domain/policy.ts";
import type { z } from "zod";
import { countSignatures } from "../approvals/signed-document.ts";

/** The user's own policy file as it was found. */
export type FoundPolicy =
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "read"; readonly value: z.output<typeof policyFileSchema> };

/** What decides now: the shipped policy, and the user's own with how much its signatures are worth. */
export type EffectivePolicy =
  | { readonly kind: "unreadable"; readonly reason: string; readonly version: string }
  | {
      readonly kind: "policy";
      readonly shipped: Policy;
      /** `signatures` counts operators, or signatures of one who is alone and signed twice, 12 hours apart. */
      readonly own: { readonly policy: Policy; readonly signatures: number } | undefined;
      /** Hash of the rules, of what their signatures are worth and of the limits: what approvals are bound to. */
      readonly version: string;
    };

/**
 * Joins the shipped policy with the user's file. A signature that does not fit makes the whole file worthless, and
 * with it the policy: nothing but reading is allowed until it is repaired.
 */
export function effectivePolicy(parts: {
  readonly shipped: Policy;
  readonly found: FoundPolicy;
  readonly operators: OperatorsState;
  readonly desk: string;
  readonly demo: boolean;
  readonly limitsHash: string;
}): EffectivePolicy {
  const { shipped, found, operators, desk, demo, limitsHash } = parts;
  if (found.kind === "unreadable") return unreadable(found.reason);
  if (found.kind === "absent") {
    return { kind: "policy", shipped, own: undefined, version: hashOf({ shipped, own: null, limitsHash }) };
  }
  const { policy, signatures } = found.value;
  const worth = countSignatures({ kind: "policy", content: policy, signatures }, { operators, desk, demo });
  if (!worth.ok) return unreadable(worth.refusal.message);
  const own = { policy, signatures: worth.value };
  return { kind: "policy", shipped, own, version: hashOf({ shipped, own, limitsHash }) };
}

function unreadable(reason: string): EffectivePolicy {
  return { kind: "unreadable", reason, version: hashOf({ unreadable: reason }) };
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
