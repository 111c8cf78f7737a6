import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/**
 * How a client opens the desk's socket. One JSON line each way: the desk greets with a nonce, the client says who it is
 * and proves that it holds the key of that kind of principal, the desk accepts or refuses. After that the stream is MCP
 * (`mcp`) or control requests (`control`).
 *
 * Invariant: the key of a kind never crosses the socket, and a proof is good for one nonce, kind and channel only.
 */
export const PRINCIPAL_KINDS = ["host", "cli"] as const;

export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

export const greetingSchema = z.object({
  quantwright: z.string(),
  nonce: z.string(),
  pid: z.int(),
  home: z.string(),
  /** A desk of an older version does not say it, and must be stoppable all the same. */
  profile: z.string().optional(),
});

export const openingSchema = z.object({
  kind: z.enum(PRINCIPAL_KINDS),
  channel: z.enum(["mcp", "control"]),
  toolset: z.enum(["desk", "research", "full"]).default("desk"),
  proof: z.string(),
});

export const admissionSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), remedy: z.string().optional() }),
]);

export type Greeting = z.infer<typeof greetingSchema>;
export type Opening = z.infer<typeof openingSchema>;

/** Proof of holding `key` for one nonce, kind and channel. */
export function proofOf(
  key: string,
  opening: { readonly nonce: string; readonly kind: PrincipalKind; readonly channel: string },
): string {
  return createHmac("sha256", key).update(`${opening.nonce}\n${opening.kind}\n${opening.channel}`).digest("hex");
}

export function isProof(claimed: string, expected: string): boolean {
  const a = Buffer.from(claimed);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
