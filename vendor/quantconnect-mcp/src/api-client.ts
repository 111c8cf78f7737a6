import { createHash } from "node:crypto";
import type { Settings } from "./environment.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { ApiRequest } from "./tool.ts";
import { SERVER_VERSION } from "./server-version.ts";

/** How a call ended. Only `answer` carries what the API said. */
export type ApiReply =
  | { readonly kind: "answer"; readonly body: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "no-credentials"; readonly missing: readonly string[] }
  | {
      readonly kind: "http-error";
      readonly status: number;
      readonly text: string;
      readonly errors: readonly string[];
      /** How long the service asks to wait. */
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly kind: "not-json"; readonly status: number; readonly contentType: string; readonly text: string }
  | { readonly kind: "timeout"; readonly afterMs: number }
  | { readonly kind: "cancelled"; readonly neverSent: boolean }
  /** It waited for its turn, in vain. */
  | { readonly kind: "held-back"; readonly afterMs: number }
  | { readonly kind: "unreachable"; readonly reason: string; readonly neverSent: boolean };

export interface ApiClient {
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiReply>;
}

/** Failures in which no byte of the request left this machine. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_INVALID_URL",
  "bad port",
]);

/**
 * A client of QuantConnect's API v2. It never throws for what the network or the API does: every end is a reply.
 * @param now milliseconds since the epoch; the API refuses stamps that are far off.
 */
export function createApiClient(settings: Settings, now: () => number): ApiClient {
  return {
    async send(request, signal) {
      const { userId, apiToken } = settings;
      if (userId === undefined || apiToken === undefined) {
        return { kind: "no-credentials", missing: missingNames(settings) };
      }
      const deadline = AbortSignal.timeout(request.timeoutMs);
      try {
        const response = await fetch(`${settings.baseUrl}/${request.path.replace(/^\/+/, "")}`, {
          method: "POST",
          redirect: "manual",
          signal: AbortSignal.any([signal, deadline]),
          ...encoded(request, authHeaders(userId, apiToken, now())),
        });
        return await replyOf(response, now());
      } catch (fault) {
        if (signal.aborted) return { kind: "cancelled", neverSent: false };
        if (deadline.aborted) return { kind: "timeout", afterMs: request.timeoutMs };
        const reason = networkReason(fault);
        return { kind: "unreachable", reason, neverSent: NEVER_SENT.has(reason) };
      }
    },
  };
}

function missingNames(settings: Settings): string[] {
  return [
    ...(settings.userId === undefined ? ["QUANTCONNECT_USER_ID"] : []),
    ...(settings.apiToken === undefined ? ["QUANTCONNECT_API_TOKEN"] : []),
  ];
}

/** Basic authentication over a hash of token and time, so that the token itself never travels. */
function authHeaders(userId: string, apiToken: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const hash = createHash("sha256").update(`${apiToken}:${timestamp}`).digest("hex");
  return {
    Authorization: `Basic ${Buffer.from(`${userId}:${hash}`).toString("base64")}`,
    Timestamp: timestamp,
    "User-Agent": `Quantwright quantconnect-mcp/${SERVER_VERSION}`,
    Accept: "application/json",
  };
}

function encoded(
  request: ApiRequest,
  headers: Record<string, string>,
): { headers: Record<string, string>; body: string | FormData } {
  if (request.encoding === "json") {
    return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(request.body) };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(request.body)) {
    if (name === "objectData") form.append(name, new Blob([String(value)]), "upload");
    else form.append(name, String(value));
  }
  return { headers, body: form };
}

async function replyOf(response: Response, nowMs: number): Promise<ApiReply> {
  const location = response.headers.get("location");
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await response.body?.cancel();
    return { kind: "redirect", location };
  }
  const text = await response.text();
  const body = parsedObject(text);
  if (!response.ok) {
    return {
      kind: "http-error",
      status: response.status,
      text,
      errors: body === undefined ? [] : errorsOf(body),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), nowMs),
    };
  }
  if (body === undefined) {
    const contentType = response.headers.get("content-type") ?? "no content type";
    return { kind: "not-json", status: response.status, contentType, text };
  }
  return { kind: "answer", body, text };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

/** The error texts of an envelope; older endpoints put them under other names. */
export function errorsOf(body: Readonly<Record<string, unknown>>): string[] {
  for (const key of ["errors", "messages", "message", "Message"]) {
    const value = body[key];
    if (typeof value === "string" && value !== "") return [value];
    if (Array.isArray(value) && value.length > 0) {
      return value.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)));
    }
  }
  return [];
}

function networkReason(fault: unknown): string {
  const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault;
  if (cause instanceof Error) {
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  }
  return String(cause);
}
