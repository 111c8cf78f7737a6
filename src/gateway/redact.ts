import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";

const SECRET_NAME =
  /(?:token|secret|password|passphrase|api[-_]?key|private[-_]?key|access[-_]?key|app[-_]?key|auth[-_]?id|credential|authorization|session[-_]?password)/i;
const LONGEST_TEXT = 300;
const MOST_MEMBERS = 200;
/** What one record keeps of arguments: whoever repeats long ones must not fill the disk with them. */
const LONGEST_COPY = 16 * 1024;

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
    return shortened(masked);
  }
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redacted(item, mask, name));
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value);
  const left = members.length - MOST_MEMBERS;
  const kept = members
    .slice(0, MOST_MEMBERS)
    .map(([key, member]): [string, unknown] => [shortened(mask(key)), redacted(member, mask, key)]);
  return Object.fromEntries(left > 0 ? [...kept, ["…", `${left} more members`]] : kept);
}

/** The redacted copy as a record keeps it: JSON, and cut where it is too long. The hash is of the whole. */
export function keptCopy(args: unknown, mask: (text: string) => string): string {
  const text = JSON.stringify(redacted(args, mask)) ?? "";
  if (text.length <= LONGEST_COPY) return text;
  return JSON.stringify({ "…": `cut from ${text.length} characters`, begins: text.slice(0, LONGEST_COPY / 2) });
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, 120)}… (${text.length} characters)` : text;
}
