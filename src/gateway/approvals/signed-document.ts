import { createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";
import {
  activeOperators,
  isAlone,
  type DocumentSignature,
  type Operator,
  type OperatorsState,
} from "../../domain/operator.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";

/** What operators sign. The kind is part of what is signed, so that no signature can stand under another kind. */
export const DOCUMENT_KINDS = ["approval", "policy", "limits", "compute", "operators", "rearm", "audit-head"] as const;

export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** A document before it is signed. It names the desk it is for, the signer and the time by his clock. */
export interface Statement {
  readonly kind: DocumentKind;
  readonly desk: string;
  readonly operator: string;
  /** Microseconds UTC. */
  readonly at: number;
  readonly content: unknown;
}

/** How long the one operator of a desk must wait before his second signature counts, in microseconds. */
export const SOLO_WAIT = 12 * 3600 * 1_000_000;

/** Signs a statement with an Ed25519 private key; the signature in base64. */
export function signStatement(statement: Statement, privateKey: KeyObject): string {
  return sign(null, bytesOf(statement), privateKey).toString("base64");
}

/** Whether a signature is the operator's own under exactly this statement. */
export function isSignedBy(operator: Operator, statement: Statement, signature: string): boolean {
  if (operator.name !== statement.operator) return false;
  try {
    const key = createPublicKey({
      key: Buffer.from(operator.publicKey, "base64"),
      format: "raw-public",
      asymmetricKeyType: "ed25519",
    });
    return verify(null, bytesOf(statement), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/**
 * How many operators' worth the signatures under a policy or under limits are: each operator of today counts once, one
 * who is alone twice when he signed 12 hours apart, one who was removed not at all. A signature that does not fit, or
 * of somebody who never was an operator here, refuses the document.
 */
export function countSignatures(
  document: {
    readonly kind: DocumentKind;
    readonly content: unknown;
    readonly signatures: readonly DocumentSignature[];
  },
  desk: { readonly operators: OperatorsState; readonly desk: string; readonly demo: boolean },
): Outcome<number> {
  const { kind, content, signatures } = document;
  if (signatures.length === 0) return accepted(0);
  if (desk.operators.kind !== "intact") {
    const why = desk.operators.kind === "none" ? "no operator is enrolled" : desk.operators.reason;
    return refused(invalid(`the ${kind} is signed, but ${why}`));
  }
  const { list } = desk.operators;
  const active = activeOperators(list, desk.demo);
  const times = new Map<Operator, number[]>();
  for (const { operator: name, at, signature } of signatures) {
    const operator = list.operators.find((one) => one.name === name);
    if (operator === undefined) return refused(invalid(`the ${kind} is signed by ${name}, who is no operator here`));
    if (!isSignedBy(operator, { kind, desk: desk.desk, operator: name, at, content }, signature)) {
      return refused(invalid(`the signature of ${name} does not fit the ${kind}: one of them was changed`));
    }
    if (active.includes(operator)) times.set(operator, [...(times.get(operator) ?? []), at]);
  }
  const worth = [...times].map(([operator, all]) =>
    isAlone(operator, list, desk.demo) && Math.max(...all) - Math.min(...all) >= SOLO_WAIT ? 2 : 1,
  );
  return accepted(worth.reduce((sum: number, one) => sum + one, 0));
}

function invalid(message: string): { readonly code: string; readonly message: string; readonly remedy: string } {
  return {
    code: "DOCUMENT_SIGNATURE_INVALID",
    message,
    remedy: "have it signed again by an operator, or remove the signatures: stricter rules count without",
  };
}

function bytesOf(statement: Statement): Buffer {
  return Buffer.from(`quantwright signed statement 1\n${canonicalJson(statement)}`, "utf8");
}
