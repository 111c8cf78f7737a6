import { setTimeout as delay } from "node:timers/promises";
import {
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type OAuthClientProvider,
} from "@modelcontextprotocol/client";
import { guardedFetch } from "./guarded-fetch.ts";
import { greet, sessionClient, type SessionEvents, type UpstreamSession } from "./upstream-session.ts";

/** A server elsewhere. */
export interface RemoteServer {
  readonly name: string;
  readonly url: string;
  /** What it was made from: with another one it is another server. */
  readonly identity: string;
  /** `sse` is the transport of old servers: one stream, and an address to post to. */
  readonly transport: "http" | "sse";
  /** Headers with secrets, taken from where they are kept at each request. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Who gets and renews tokens; undefined where there are none. */
  readonly login: OAuthClientProvider | undefined;
}

const FAREWELL_MILLISECONDS = 1000;

/** Opens a connection over HTTP, in both eras; it ends as soon as the server cannot be reached or forgot the session. */
export function openHttpSession(
  options: { readonly server: RemoteServer; readonly version: string },
  events: SessionEvents,
): UpstreamSession {
  const { server, version } = options;
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  let open = true;
  const client = sessionClient(version, server.transport === "http" ? "auto" : "legacy", events);
  const onGone = (reason: string): void => {
    if (!open) return;
    open = false;
    // Whoever failed because of it hears the reason itself before the rest is ended.
    setImmediate(
      () =>
        void client
          .close()
          .catch(() => undefined)
          .finally(() => end(reason)),
    );
  };
  const { login, headers } = server;
  const endsWithStream = server.transport === "sse";
  const { origin } = new URL(server.url);
  const fetch = guardedFetch({ origin, headers, refreshes: login !== undefined, endsWithStream, onGone });
  const shared = { fetch, ...(login === undefined ? {} : { authProvider: login }) };
  const url = new URL(server.url);
  const streamable = server.transport === "http" ? new StreamableHTTPClientTransport(url, shared) : undefined;
  const transport = streamable ?? new SSEClientTransport(url, shared);
  const ready = Promise.race([
    greet(client, transport),
    ended.then((reason) => {
      throw new Error(reason);
    }),
  ]);
  ready.catch((error: unknown) => onGone(error instanceof Error ? error.message : String(error)));
  return {
    pid: undefined,
    client,
    get isOpen() {
      return open;
    },
    ready,
    ended,
    kill: () => onGone("it was given up"),
    async stop() {
      const farewell = streamable?.terminateSession().catch(() => undefined);
      await Promise.race([farewell, delay(FAREWELL_MILLISECONDS, undefined, { ref: false })]);
      onGone("it was stopped");
      await ended;
    },
  };
}
