import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";

const SECRET_NAME =
  /(?:token|secret|password|passphrase|api[-_]?key|private[-_]?key|access[-_]?key|credential|authorization|session[-_]?password)/i;
const LONGEST_TEXT = 300;

/** SHA-256 of the canonical arguments: proves later what was asked without keeping it. */
export function argumentsHash(args: unknown): string {
  return createHash("sha256").update(canonicalJson(args)).digest("hex");
}

/** A copy for people: values under names of secrets are gone, long texts are cut to their beginning and length. */
export function redacted(value: unknown, name = ""): unknown {
  if (name !== "" && SECRET_NAME.test(name) && value !== null && typeof value !== "object") return "•••";
  if (typeof value === "string" && value.length > LONGEST_TEXT)
    return `${value.slice(0, 120)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redacted(item, name));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member, key)]));
}
