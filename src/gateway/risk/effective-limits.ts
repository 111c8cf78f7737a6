import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { limitsOf, parseLimits, type Limits, type LimitsFile } from "../../domain/limits.ts";
import { documentSignatureSchema, type OperatorsState } from "../../domain/operator.ts";
import type { DeploymentMode } from "../../domain/profile.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import type { DeskIdentity } from "../approvals/operator-list.ts";
import { countSignatures } from "../approvals/signed-document.ts";

/** The user's own limits as they are kept: what was signed, untouched, and the signatures. */
export const limitsDocumentSchema = z.strictObject({
  limits: z.json(),
  signatures: z.array(documentSignatureSchema).max(20),
});

/** The user's own file of limits as it was found. */
export type FoundLimits =
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "read"; readonly value: z.output<typeof limitsDocumentSchema> };

/** The limits that hold now, or why none do, with the hash that approvals are bound to. */
export interface EffectiveLimits {
  readonly file: Outcome<LimitsFile>;
  /** Whether they are the user's own. */
  readonly own: boolean;
  readonly signatures: number;
  readonly hash: string;
}

/**
 * The user's limits where operators signed them, the shipped ones where there are none. Limits of live accounts, or of
 * single accounts, take two signatures, those of paper accounts one; with fewer, or with one that does not fit, nothing
 * is allowed.
 */
export function effectiveLimits(parts: {
  readonly shipped: unknown;
  readonly found: FoundLimits;
  readonly operators: OperatorsState;
  readonly identity: DeskIdentity;
}): EffectiveLimits {
  const { shipped, found, operators, identity } = parts;
  const hash = hashOf({ shipped, found });
  if (found.kind === "absent") return { file: parseLimits(shipped), own: false, signatures: 0, hash };
  const nothing = { own: true, signatures: 0, hash };
  if (found.kind === "unreadable") return { ...nothing, file: invalid(found.reason) };
  const { limits, signatures } = found.value;
  const worth = countSignatures({ kind: "limits", content: limits, signatures }, { operators, ...identity });
  if (!worth.ok) return { ...nothing, file: worth };
  const file = parseLimits(limits);
  const known = { own: true, signatures: worth.value, hash };
  if (!file.ok) return { ...known, file };
  const needed = neededSignatures(limits, shipped);
  if (worth.value >= needed) return { ...known, file };
  const told = `they are signed ${worth.value} times, and ${needed} signatures are needed`;
  return { ...known, file: invalid(told) };
}

/** The limits of one account under its mode. */
export function accountLimits(
  effective: EffectiveLimits,
  account: string,
  mode: DeploymentMode,
): Outcome<Limits> | undefined {
  if (!effective.file.ok) return effective.file;
  return accepted(limitsOf(effective.file.value, account, mode === "PAPER" ? "paper" : "live"));
}

/** Only what differs for paper accounts is one operator's to say. */
function neededSignatures(own: unknown, shipped: unknown): 1 | 2 {
  const withoutPaper = (value: unknown): string =>
    canonicalJson(value !== null && typeof value === "object" ? { ...value, paper: null } : value);
  return withoutPaper(own) === withoutPaper(shipped) ? 1 : 2;
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function invalid(reason: string): Outcome<never> {
  return refused({
    code: "LIMITS_INVALID",
    message: `the limits cannot be relied on, so no order is allowed: ${reason}`,
    remedy:
      "have operators sign limits.json with `quantwright limits sign`, or remove it to go back to the shipped ones",
  });
}
