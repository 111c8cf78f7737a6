import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, MICROSECONDS_PER_SECOND } from "../domain/clock.ts";
import type { CloudAccount } from "./ports.ts";

/** A client keeps one header for up to two hours. */
const OLDEST_SECONDS = 7200;
/** Clocks differ. */
const NEWEST_SECONDS = 900;

/**
 * Checks who calls: basic authentication of the user id and SHA-256 of `token:timestamp`, in headers or, for links, in
 * the query. Gives QuantConnect's text for what is wrong, or undefined.
 */
export function authenticationError(request: Request, account: CloudAccount, clock: Clock): string | undefined {
  const query = new URL(request.url).searchParams;
  const stamp = request.headers.get("timestamp") ?? query.get("timestamp") ?? "0";
  const given = request.headers.get("authorization")?.replace(/^Basic\s+/i, "") ?? query.get("authorization") ?? "";
  const seconds = /^\d{1,12}$/.test(stamp) ? Number(stamp) : 0;
  const age = clock.now() / MICROSECONDS_PER_SECOND - seconds;
  if (age > OLDEST_SECONDS || age < -NEWEST_SECONDS) return `Invalid timestamp, value received: ${seconds}`;
  const [userId = "", hash = ""] = Buffer.from(given, "base64").toString("utf8").split(":", 2);
  if (!sameText(userId, account.userId)) return "UserID not valid";
  const expected = createHash("sha256").update(`${account.apiToken}:${stamp}`).digest("hex");
  return sameText(hash, expected) ? undefined : "Hash doesn't match. Check the API token and the user id.";
}

/** The user id that a caller claims to be, before anyone believes it. */
export function claimedUser(request: Request): string {
  const query = new URL(request.url).searchParams;
  const given = request.headers.get("authorization")?.replace(/^Basic\s+/i, "") ?? query.get("authorization") ?? "";
  return Buffer.from(given.slice(0, 500), "base64").toString("utf8").split(":", 1)[0]?.slice(0, 50) ?? "";
}

/** Compares in a time that does not depend on where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
