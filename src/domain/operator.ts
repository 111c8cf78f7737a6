import { z } from "zod";

/** A short name for a person; it is also the name of the file of his key. */
export const operatorNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "a name of small letters, digits and dashes, such as anna");

/** Characters that a passphrase has at least. */
export const SHORTEST_PASSPHRASE = 10;

/** One signature under a document: who, when by his own clock (microseconds UTC), Ed25519 in base64. */
export const documentSignatureSchema = z.strictObject({
  operator: operatorNameSchema,
  at: z.int().min(0),
  signature: z.base64().max(100),
});

/** Somebody who may approve. The key is the raw Ed25519 public key in base64. */
export const operatorSchema = z.strictObject({
  name: operatorNameSchema,
  publicKey: z.base64().length(44),
  addedAt: z.int().min(0),
  /** The operator who let him in; himself for the first. */
  addedBy: operatorNameSchema,
  removedAt: z.int().min(0).nullable(),
  removedBy: operatorNameSchema.nullable(),
  /** Whether he may, as long as he is the only one, give both signatures of a live approval himself. */
  solo: z.boolean(),
  /** A `demo` operator's key lives in one process and counts on demo desks only. */
  kind: z.enum(["person", "demo"]),
});

/** Everybody who was ever let in, with the hash of the list before; signed by one who stood in that one. */
export const operatorListSchema = z.strictObject({
  version: z.int().min(1),
  /** The desk it belongs to: a list of another desk says nothing here. */
  desk: z.string(),
  previousHash: z.string().nullable(),
  operators: z.array(operatorSchema).min(1).max(100),
});

export const signedOperatorListSchema = z.strictObject({
  list: operatorListSchema,
  signature: documentSignatureSchema,
});

export type DocumentSignature = z.infer<typeof documentSignatureSchema>;
export type Operator = z.infer<typeof operatorSchema>;
export type OperatorList = z.infer<typeof operatorListSchema>;
export type SignedOperatorList = z.infer<typeof signedOperatorListSchema>;

/** What is known of the operators at a moment. */
export type OperatorsState =
  | { readonly kind: "none" }
  | { readonly kind: "intact"; readonly list: OperatorList; readonly hash: string }
  /** The list is not the one that was kept: nobody counts as operator. */
  | { readonly kind: "tampered"; readonly reason: string };

/** Those who may sign on a desk today. */
export function activeOperators(list: OperatorList, demo: boolean): readonly Operator[] {
  return list.operators.filter(({ removedAt, kind }) => removedAt === null && (demo || kind === "person"));
}

/** Whether an operator may give a second signature himself: enrolled as solo, and nobody else is there to ask. */
export function isAlone(operator: Operator, list: OperatorList, demo: boolean): boolean {
  return operator.solo && activeOperators(list, demo).every(({ name }) => name === operator.name);
}
