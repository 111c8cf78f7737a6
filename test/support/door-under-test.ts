import { randomUUID } from "node:crypto";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { parseJson } from "../../src/domain/parse-json.ts";
import { McpDoor } from "../../src/server/http/mcp-door.ts";
import { serveHttp } from "../../src/server/http/serve-http.ts";
import { passAllGate } from "../../src/server/relay/pass-all-gate.ts";
import { RelayBackend } from "../../src/server/relay/relay-backend.ts";
import { openOddServer, type Frame } from "./relay-under-test.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The body as one JSON value, or the data of its events. */
  readonly frames: readonly Frame[];
}

type Headers = Readonly<Record<string, string>>;

export interface DoorUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  send(method: string, body: string | undefined, headers?: Headers): Promise<HttpAnswer>;
  post(frame: unknown, headers?: Headers): Promise<HttpAnswer>;
  /** A session after its handshake: the headers of its requests. */
  begin(): Promise<Headers>;
}

const PLAIN: Headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** The HTTP door before real odd servers. */
export async function openDoor(
  options: { readonly key?: string; readonly maxRequestBytes?: number; readonly command?: string } = {},
): Promise<DoorUnderTest> {
  const log = (): void => undefined;
  const now = (): number => performance.now();
  const backend = new RelayBackend({ open: openOddServer(log, options.command), gate: passAllGate, now, log });
  const door = new McpDoor({
    backend,
    host: "127.0.0.1",
    key: options.key,
    maxRequestBytes: options.maxRequestBytes ?? 1_000_000,
    now,
    newId: randomUUID,
  });
  const served = await serveHttp(door, { port: 0, host: "127.0.0.1" });
  const send: DoorUnderTest["send"] = (method, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(served.url, { method, headers: { ...PLAIN, ...headers } }, (response) => {
        text(response).then((body) => {
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body, frames: framesOf(body) });
        }, reject);
      });
      sent.once("error", reject);
      sent.end(body);
    });
  const post: DoorUnderTest["post"] = (frame, headers) => send("POST", JSON.stringify(frame), headers);
  return {
    url: served.url,
    port: door.port,
    send,
    post,
    begin: async () => {
      const begun = await post({
        jsonrpc: "2.0",
        id: 0,
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
      });
      const headers = {
        "mcp-session-id": String(begun.headers["mcp-session-id"]),
        "mcp-protocol-version": "2025-11-25",
      };
      await post({ jsonrpc: "2.0", method: "notifications/initialized" }, headers);
      return headers;
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

function framesOf(body: string): Frame[] {
  if (body.startsWith("{")) return [parseJson(body) as Frame];
  return [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => parseJson(data) as Frame);
}

/** A request of the protocol without sessions, with the headers that repeat it. */
export function modern(
  id: number,
  method: string,
  params: Frame = {},
): { readonly frame: Frame; readonly headers: Headers } {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const name = params["name"];
  return {
    frame: { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...meta, ...(params["_meta"] as Frame) } } },
    headers: {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
    },
  };
}
