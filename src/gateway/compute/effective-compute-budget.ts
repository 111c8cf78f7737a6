import { z } from "zod";
import { looserThan, parseComputeBudget, unreadableBudget, type ComputeBudget } from "../../domain/compute-budget.ts";
import { documentSignatureSchema, type OperatorsState } from "../../domain/operator.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import type { DeskIdentity } from "../approvals/operator-list.ts";
import { countSignatures } from "../approvals/signed-document.ts";

/** The user's own budget as it is kept: what was signed, untouched, and the signatures, of which there may be none. */
export const computeDocumentSchema = z.strictObject({
  compute: z.json(),
  signatures: z.array(documentSignatureSchema).max(20),
});

/** The user's own file of the budget as it was found. */
export type FoundComputeBudget =
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "read"; readonly value: z.output<typeof computeDocumentSchema> };

/** The budget that holds now, or why none does. */
export interface EffectiveComputeBudget {
  readonly budget: Outcome<ComputeBudget>;
  /** Whether the user's own counts. */
  readonly own: boolean;
  readonly signatures: number;
}

/**
 * The shipped budget, and in its place the user's for whom it names. What is stricter counts as it is; anything looser
 * takes an operator's signature, and without one, or with one that does not fit, nothing is computed.
 */
export function effectiveComputeBudget(parts: {
  readonly shipped: unknown;
  readonly found: FoundComputeBudget;
  readonly operators: OperatorsState;
  readonly identity: DeskIdentity;
}): EffectiveComputeBudget {
  const { shipped, found, operators, identity } = parts;
  const base = parseComputeBudget(shipped);
  if (found.kind === "absent" || !base.ok) return { budget: base, own: false, signatures: 0 };
  if (found.kind === "unreadable") return nothing(found.reason);
  const { compute, signatures } = found.value;
  const worth = countSignatures({ kind: "compute", content: compute, signatures }, { operators, ...identity });
  if (!worth.ok) return nothing(worth.refusal.message);
  const own = parseComputeBudget(compute);
  if (!own.ok) return { budget: own, own: true, signatures: worth.value };
  const looser = looserThan(base.value, own.value);
  if (looser.length > 0 && worth.value === 0) {
    return nothing(`compute-budget.json gives ${looser.join(", ")} more than the shipped budget, and is not signed`);
  }
  const principals = { ...base.value.principals, ...own.value.principals };
  return { budget: accepted({ version: 1, principals }), own: true, signatures: worth.value };
}

function nothing(reason: string): EffectiveComputeBudget {
  return { budget: refused(unreadableBudget(reason)), own: true, signatures: 0 };
}
