import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "../../../../src/domain/parse-json.ts";

interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly protocolVersion?: string };
}

/** An MCP server of 2025 over real HTTP, in both of its transports, that misbehaves as its test says. */
export interface RemoteServerUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly sseUrl: string;
  /** Names of called tools, in order: what arrived, whatever became of it. */
  readonly called: string[];
  /** Headers of the last message. */
  headers: IncomingMessage["headers"];
  /** How many handshakes there were. */
  handshakes: number;
  /** Takes the place of the answer to a call of a tool. */
  readonly behave: Map<string, (response: ServerResponse, frame: Frame) => void>;
  /** Answers every message so, before it is looked at. */
  before: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Knows none of its sessions any more. */
  forget(): void;
  /** Stops and starts on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startRemoteServer(): Promise<RemoteServerUnderTest> {
  const sessions = new Set<string>();
  const streams = new Map<string, ServerResponse>();
  let port = 0;
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const under: RemoteServerUnderTest = {
    get url() {
      return `http://127.0.0.1:${port}/mcp`;
    },
    get sseUrl() {
      return `http://127.0.0.1:${port}/sse`;
    },
    called: [],
    headers: {},
    handshakes: 0,
    behave: new Map(),
    before: undefined,
    forget: () => {
      sessions.clear();
      for (const stream of streams.values()) stream.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () =>
      new Promise((resolve) => {
        server.listen(port, "127.0.0.1", () => {
          ({ port } = server.address() as AddressInfo);
          resolve();
        });
      }),
    [Symbol.asyncDispose]: () => under.stop(),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    if (under.before?.(request, response) === true) return undefined;
    if (request.method === "GET" && path === "/sse") return openStream(response);
    if (request.method === "DELETE") return void response.writeHead(200).end();
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += String(part);
    const frame = parseJson(body) as Frame;
    under.headers = request.headers;
    if (path === "/message") return onStream(request, response, frame);
    const session = request.headers["mcp-session-id"];
    if (frame.method !== "initialize" && frame.method !== "server/discover" && !sessions.has(String(session))) {
      return void response.writeHead(404).end();
    }
    return answer(frame, response, (value) => {
      const fresh = frame.method === "initialize" ? randomUUID() : undefined;
      if (fresh !== undefined) sessions.add(fresh);
      const headers = {
        "content-type": "application/json",
        ...(fresh === undefined ? {} : { "mcp-session-id": fresh }),
      };
      response.writeHead(200, headers).end(JSON.stringify(value));
    });
  }

  function openStream(response: ServerResponse): void {
    const id = randomUUID();
    streams.set(id, response);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: endpoint\ndata: /message?session=${id}\n\n`);
  }

  function onStream(request: IncomingMessage, response: ServerResponse, frame: Frame): void {
    const stream = streams.get(new URL(request.url ?? "", "http://x").searchParams.get("session") ?? "");
    if (stream === undefined || stream.destroyed) return void response.writeHead(404).end();
    response.writeHead(202).end();
    return answer(frame, stream, (value) => void stream.write(`event: message\ndata: ${JSON.stringify(value)}\n\n`));
  }

  function answer(frame: Frame, response: ServerResponse, send: (value: unknown) => void): void {
    const { id, method, params } = frame;
    const result = (value: unknown): void => send({ jsonrpc: "2.0", id, result: value });
    if (id === undefined) {
      if (!response.headersSent) response.writeHead(202).end();
      return undefined;
    }
    if (method === "initialize") {
      under.handshakes += 1;
      const serverInfo = { name: "remote", version: "1" };
      return result({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo });
    }
    if (method === "tools/list") return result({ tools: [{ name: "echo", inputSchema: { type: "object" } }] });
    if (method !== "tools/call") return send({ jsonrpc: "2.0", id, error: { code: -32_601, message: "not here" } });
    const name = params?.name ?? "";
    under.called.push(name);
    const behaves = under.behave.get(name);
    if (behaves !== undefined) return behaves(response, frame);
    return result({ content: [{ type: "text", text: `${name} done` }] });
  }

  await under.start();
  return under;
}
