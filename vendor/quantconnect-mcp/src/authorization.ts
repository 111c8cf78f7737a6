import type { ApiClient, ApiReply } from "./api-client.ts";

/** Brokerages whose page was opened and whose answer is awaited. */
export type PendingAuthorizations = Set<string>;

const BEGIN_TIMEOUT_MS = 30_000;
/** The API holds the read until the user is done; a client's own deadline is often a minute. */
const WAIT_TIMEOUT_MS = 50_000;

/**
 * Connects a brokerage in two calls: the first gives the address that a person opens, the next waits for the
 * connection. No browser is opened from here: the server may run on another machine than the person.
 */
export async function authorize(
  body: Readonly<Record<string, unknown>>,
  context: { readonly client: ApiClient; readonly authorizations: PendingAuthorizations; readonly signal: AbortSignal },
): Promise<ApiReply> {
  const brokerage = String(body["brokerage"]);
  if (!context.authorizations.has(brokerage)) {
    const begun = await context.client.send(
      { path: "/live/auth0/authorize", body, encoding: "json", timeoutMs: BEGIN_TIMEOUT_MS },
      context.signal,
    );
    if (begun.kind !== "redirect") return begun;
    context.authorizations.add(brokerage);
    return answer({
      success: true,
      authorizationUrl: begun.location,
      next: `A person opens authorizationUrl in a browser and signs in; then call authorize_connection for ${brokerage} again.`,
    });
  }
  const read = await context.client.send(
    { path: "/live/auth0/read", body, encoding: "json", timeoutMs: WAIT_TIMEOUT_MS },
    context.signal,
  );
  if (read.kind === "timeout") {
    return answer({ success: true, status: "waiting", next: "Not signed in yet: call authorize_connection again." });
  }
  context.authorizations.delete(brokerage);
  return read;
}

function answer(body: Readonly<Record<string, unknown>>): ApiReply {
  return { kind: "answer", body, text: JSON.stringify(body) };
}
