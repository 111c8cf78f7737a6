import type { ApiReply } from "./api-client.ts";
import { errorsOf } from "./api-client.ts";
import type { Settings } from "./environment.ts";

type Failure = Exclude<ApiReply, { kind: "answer" } | { kind: "redirect" }>;

const WHERE_CREDENTIALS_COME_FROM =
  "User id and API token are on QuantConnect's account page (https://www.quantconnect.com/account, section API Access: " +
  "request an email with the token). Set QUANTCONNECT_USER_ID and QUANTCONNECT_API_TOKEN in the environment of this " +
  "server and start it again. For the local cloud use the user id and token it was started with, and " +
  "QUANTCONNECT_BASE_URL.";

const BAD_CREDENTIALS = /hash doesn't match|invalid timestamp|userid not valid|user ?id.*not valid|invalid.*token/i;

/**
 * What a failed call means to the caller: what happened, whether it may have had an effect, what to do now.
 * @param changes whether the call was one that changes something.
 */
export function failureText(reply: Failure, settings: Settings, changes: boolean): string {
  const effect = changes
    ? " It is not known whether the call took effect: read the current state before you repeat it."
    : " Nothing was changed; the call can be repeated.";
  const none = " The request was not sent, so nothing was changed.";
  switch (reply.kind) {
    case "no-credentials":
      return `No QuantConnect credentials: ${reply.missing.join(" and ")} not set.${none} ${WHERE_CREDENTIALS_COME_FROM}`;
    case "cancelled":
      return `The call was cancelled.${reply.neverSent ? none : effect}`;
    case "held-back":
      return (
        `Too many requests: the call waited ${reply.afterMs / 1000} s for its turn behind others, or for the ` +
        `pause that QuantConnect asked for.${none} Wait a minute and repeat it.`
      );
    case "timeout":
      return `No answer from ${settings.baseUrl} within ${reply.afterMs / 1000} s.${effect}`;
    case "unreachable":
      return reply.neverSent
        ? `Could not reach ${settings.baseUrl} (${reply.reason}).${none} Check the network and QUANTCONNECT_BASE_URL.`
        : `The connection to ${settings.baseUrl} broke (${reply.reason}).${effect}`;
    case "not-json":
      return (
        `Expected JSON from ${settings.baseUrl}, but HTTP ${reply.status} with ${reply.contentType} came: ` +
        `"${head(reply.text)}".${effect} Check QUANTCONNECT_BASE_URL, and whether a proxy answers in its place.`
      );
    case "http-error":
      return httpErrorText(reply, effect);
  }
}

function httpErrorText(reply: Extract<Failure, { kind: "http-error" }>, effect: string): string {
  const said = reply.errors.length > 0 ? reply.errors.join("; ") : head(reply.text);
  const start = `HTTP ${reply.status}${said === "" ? "" : ` (${said})`}.`;
  if (reply.status === 401 || reply.status === 403) {
    return `QuantConnect did not accept the credentials: ${start} Nothing was changed. ${WHERE_CREDENTIALS_COME_FROM}`;
  }
  if (reply.status === 413) return `The request is too large for QuantConnect: ${start} Nothing was changed.`;
  if (reply.status === 429) return `Too many requests: ${start} Nothing was changed; wait some seconds and repeat.`;
  if (reply.status < 500) return `QuantConnect refused the request: ${start} Nothing was changed.`;
  return `QuantConnect failed: ${start}${effect}`;
}

/** Whether a failed call that changes something may have taken effect all the same. */
export function mayHaveEffect(reply: Failure): boolean {
  switch (reply.kind) {
    case "no-credentials":
    case "held-back":
      return false;
    case "unreachable":
    case "cancelled":
      return !reply.neverSent;
    case "http-error":
      return reply.status >= 500;
    case "timeout":
    case "not-json":
      return true;
  }
}

/** Whether an answer is a business error: the API reports those with HTTP 200. */
export function isBusinessError(body: Readonly<Record<string, unknown>>): boolean {
  return body["success"] === false || (body["success"] === undefined && errorsOf(body).length > 0);
}

/** The error texts of the API in its own words, with a remedy where it is always the same one. */
export function businessErrorText(body: Readonly<Record<string, unknown>>): string {
  const errors = errorsOf(body);
  const said = errors.length === 0 ? "QuantConnect refused the call and gave no reason." : errors.join("\n");
  return errors.some((error) => BAD_CREDENTIALS.test(error)) ? `${said}\n${WHERE_CREDENTIALS_COME_FROM}` : said;
}

function head(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
