import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";

const SECRET_NAME =
  /(?:token|secret|password|passphrase|api[-_]?key|private[-_]?key|access[-_]?key|app[-_]?key|auth[-_]?id|credential|authorization|session[-_]?password)/i;
const LONGEST_TEXT = 300;

/** SHA-256 of the canonical arguments: proves later what was asked without keeping it. */
export function argumentsHash(args: unknown): string {
  return createHash("sha256").update(canonicalJson(args)).digest("hex");
}

/** Whether a value under this name is a secret whatever it says. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A copy for people: values under names of secrets are gone, secrets in texts are masked, long texts are cut. */
export function redacted(value: unknown, mask: (text: string) => string, name = ""): unknown {
  if (isSecretName(name) && value !== null && typeof value !== "object") return "•••";
  if (typeof value === "string") {
    // Masked before it is cut: half a secret is not recognised.
    const masked = mask(value);
    return masked.length > LONGEST_TEXT ? `${masked.slice(0, 120)}… (${value.length} characters)` : masked;
  }
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redacted(item, mask, name));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [mask(key), redacted(member, mask, key)]));
}
