import { MAX_MESSAGE_BYTES, NotSentError } from "./upstream-session.ts";

export interface FetchGuard {
  /** The only place where our headers go. */
  readonly origin: string;
  /** Secrets and other headers, asked for at each request, so that they are held nowhere. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Whether somebody else answers a 401: by a fresh token. */
  readonly refreshes: boolean;
  /** Whether the session is its stream of events, as with old servers. */
  readonly endsWithStream: boolean;
  /** The connection is of no more use. */
  readonly onGone: (reason: string) => void;
}

/** Codes with which nothing of a request can have reached the server. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Answers with which a server says that it did not take up a request. */
const NOT_TAKEN = new Map([
  [401, "it wants a login (HTTP 401)"],
  [403, "it does not let us in (HTTP 403)"],
  [404, "it does not know the session or the address (HTTP 404)"],
  [429, "it wants us to wait (HTTP 429)"],
]);

/**
 * The platform's fetch for one connection to an MCP server: it tells what cannot have reached the server from what can,
 * notices a connection that is gone, and takes no answer that is longer than a message may be.
 */
export function guardedFetch(guard: FetchGuard): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    // Servers that give out tokens are not the server itself.
    const isServer = new URL(url).origin === guard.origin;
    const own = isServer ? await guard.headers() : {};
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    let response: Response;
    try {
      response = await fetch(url, { ...init, headers });
    } catch (error) {
      throw failure(error, init, guard);
    }
    const isMessage = isServer && init?.method === "POST" && headers.get("content-type") === "application/json";
    const why = NOT_TAKEN.get(response.status);
    if (isMessage && why !== undefined && !(response.status === 401 && guard.refreshes)) {
      await response.body?.cancel();
      if (response.status !== 429) guard.onGone(why);
      throw new NotSentError(why);
    }
    if (response.body === null) return response;
    return guarded(response, response.body, { guard, isMessage });
  };
}

function failure(error: unknown, init: RequestInit | undefined, guard: FetchGuard): unknown {
  if (init?.signal?.aborted === true) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? "") : "";
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : code || String(error);
  guard.onGone(reason);
  return UNREACHABLE.has(code) ? new NotSentError(reason, { cause: error }) : new Error(reason, { cause: error });
}

/** The same answer, watched: who waits for the rest of a broken one must hear that it does not come. */
function guarded(
  response: Response,
  body: ReadableStream<Uint8Array>,
  { guard, isMessage }: { readonly guard: FetchGuard; readonly isMessage: boolean },
): Response {
  const { onGone, endsWithStream } = guard;
  const reader = body.getReader();
  const isStream = (response.headers.get("content-type") ?? "").includes("text/event-stream");
  let bytes = 0;
  let resumable = false;
  const watched = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await reader.read();
        if (next.done) {
          controller.close();
          if (isStream && endsWithStream) onGone("its stream ended");
          return;
        }
        bytes += next.value.byteLength;
        // A stream of events goes on for as long as its session; each message ends with an empty line.
        if (isStream && endsMessage(next.value)) bytes = 0;
        if (isStream && !resumable) resumable = /(?:^|\n)id:/.test(Buffer.from(next.value).toString("latin1"));
        if (bytes > MAX_MESSAGE_BYTES) {
          throw new RangeError(`a message of the server has more than ${MAX_MESSAGE_BYTES} bytes`);
        }
        controller.enqueue(next.value);
      } catch (error) {
        await reader.cancel().catch(() => undefined);
        controller.error(error);
        if (isAbort(error)) return;
        // What can be resumed is, by the library; a broken stream of announcements loses no answer.
        const isLost = endsWithStream || error instanceof RangeError || (isMessage && !resumable);
        if (isLost) onGone(`its answer broke off: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, statusText, headers } = response;
  const copy = new Response(watched, { status, statusText, headers });
  // The protocol library compares it with the address it asked.
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}

const NEW_LINE = 0x0a;

function endsMessage(chunk: Uint8Array): boolean {
  const at = chunk.lastIndexOf(NEW_LINE);
  return at > 0 && (chunk[at - 1] === NEW_LINE || chunk[at - 2] === NEW_LINE);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
