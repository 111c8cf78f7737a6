import { classifyInboundRequest } from "@modelcontextprotocol/server";
import { Hono } from "hono";
import { isObject, judgeMessage, RPC_CODE, type JsonObject, type RpcRequest } from "../../domain/json-rpc.ts";
import { BodyBudget } from "./body-budget.ts";
import { guardRequest, type GuardOptions } from "./http-guards.ts";
import { httpRefusal, SESSION_UNKNOWN, TRANSPORT_ERROR } from "./http-refusal.ts";
import type { HttpSession } from "./http-session.ts";
import type { McpBackend } from "./mcp-backend.ts";
import { serveModernRequest } from "./modern-request.ts";
import { jsonBody } from "./request-body.ts";
import { SessionTable } from "./session-table.ts";

export interface McpDoorOptions extends GuardOptions {
  readonly backend: McpBackend;
  /** The longest message that a client may send, in bytes. */
  readonly maxRequestBytes: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Ids of sessions: who knows one speaks for it, so they must not be guessed. */
  readonly newId: () => string;
}

/** So many of the longest messages are taken in at the same time, or as much in shorter ones. */
const MOST_BODIES = 8;
const SESSION_VERSIONS = new Set(["2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]);

/** Serves MCP at `/mcp` over HTTP: sessions of the 2025 protocols, and the protocol of 2026-07-28 that has none. */
export class McpDoor implements AsyncDisposable {
  readonly app: Hono;
  /** Where it listens; set before the first request. */
  port = 0;
  readonly #options: McpDoorOptions;
  readonly #sessions: SessionTable;
  readonly #budget: BodyBudget;

  constructor(options: McpDoorOptions) {
    this.#options = options;
    this.#budget = new BodyBudget(MOST_BODIES * options.maxRequestBytes);
    this.#sessions = new SessionTable(options.backend, { ...options, ownKeys: typeof options.key === "function" });
    this.app = new Hono();
    this.app.all("/mcp", (context) => this.#serve(context.req.raw));
    this.app.notFound(() => httpRefusal(404, { code: TRANSPORT_ERROR, message: "only /mcp is served" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]();
    await this.#options.backend.close();
  }

  /** Ends the sessions of callers whose keys do not count any more. */
  async closeStrangers(isKnown: (caller: string) => boolean): Promise<void> {
    await this.#sessions.closeStrangers(isKnown);
  }

  async #serve(request: Request): Promise<Response> {
    const guarded = guardRequest(request, this.port, this.#options);
    if ("refusal" in guarded) return guarded.refusal;
    const { caller } = guarded;
    switch (request.method) {
      case "POST":
        return this.#post(request, caller);
      case "GET":
        return this.#listen(request, caller);
      case "DELETE":
        return this.#end(request, caller);
      default:
        return httpRefusal(
          405,
          { code: TRANSPORT_ERROR, message: "POST, GET or DELETE was expected" },
          { allow: "GET, POST, DELETE" },
        );
    }
  }

  async #post(request: Request, caller: string): Promise<Response> {
    const accept = request.headers.get("accept") ?? "";
    if (!accepts(accept, "application/json") || !accepts(accept, "text/event-stream"))
      return httpRefusal(406, {
        code: TRANSPORT_ERROR,
        message: "a client must accept application/json and text/event-stream",
      });
    const body = await jsonBody(request, { maxBytes: this.#options.maxRequestBytes, budget: this.#budget });
    if ("refusal" in body) return body.refusal;
    const judged = judgeMessage(body.value);
    if (judged.kind === "invalid")
      return httpRefusal(400, {
        id: judged.id,
        code: RPC_CODE.INVALID_REQUEST,
        message: `invalid request: ${judged.reason}`,
      });
    const route = classifyInboundRequest({
      httpMethod: "POST",
      body: judged.message,
      ...headersOf(request.headers),
    });
    if (route.kind === "reject") {
      const { code, message, data } = route;
      return httpRefusal(route.httpStatus, { id: idOf(judged.message), code, message, data });
    }
    if (route.kind === "legacy") return this.#inSession(request, judged, caller);
    // Without sessions a client has nothing to notify: it cancels by going away.
    if (judged.kind !== "request") return new Response(null, { status: 202 });
    const version = route.classification.revision;
    return serveModernRequest(this.#options.backend, request, { message: judged.message, version, caller });
  }

  async #inSession(
    request: Request,
    judged: Exclude<ReturnType<typeof judgeMessage>, { readonly kind: "invalid" }>,
    caller: string,
  ): Promise<Response> {
    if (judged.kind === "request" && judged.message.method === "initialize")
      return this.#begin(request, judged.message, caller);
    const session = this.#sessionOf(request, caller);
    if (session instanceof Response) return session;
    if (judged.kind !== "request") {
      session.take(judged.message);
      return new Response(null, { status: 202 });
    }
    const { id } = judged.message;
    if (!session.has(id)) return session.request(judged.message, request.signal);
    const message = `invalid request: a request with the id ${String(id)} is under way`;
    return httpRefusal(400, { id, code: RPC_CODE.INVALID_REQUEST, message });
  }

  async #begin(request: Request, message: RpcRequest, caller: string): Promise<Response> {
    if (request.headers.get("mcp-session-id") !== null)
      return httpRefusal(400, {
        id: message.id,
        code: RPC_CODE.INVALID_REQUEST,
        message: "the session has begun already",
      });
    const session = this.#sessions.open(caller);
    if (session === undefined)
      return httpRefusal(
        503,
        { id: message.id, code: TRANSPORT_ERROR, message: "too many sessions; end one, or try later" },
        { "retry-after": "60" },
      );
    const response = await session.request(message, request.signal);
    if (response.status !== 200) await this.#sessions.close(session.id);
    return response;
  }

  #listen(request: Request, caller: string): Response {
    if (!accepts(request.headers.get("accept") ?? "", "text/event-stream"))
      return httpRefusal(406, { code: TRANSPORT_ERROR, message: "a client must accept text/event-stream" });
    const session = this.#sessionOf(request, caller);
    if (session instanceof Response) return session;
    const last = request.headers.get("last-event-id");
    const response = last === null ? session.listen() : session.resume(last);
    if (response !== undefined) return response;
    return last === null
      ? httpRefusal(409, { code: TRANSPORT_ERROR, message: "the session has a stream already" })
      : httpRefusal(400, { code: TRANSPORT_ERROR, message: "the Last-Event-ID is not known" });
  }

  async #end(request: Request, caller: string): Promise<Response> {
    const session = this.#sessionOf(request, caller);
    if (session instanceof Response) return session;
    await this.#sessions.close(session.id);
    return new Response(null, { status: 200 });
  }

  /** The session that a request names, or the refusal. */
  #sessionOf(request: Request, caller: string): HttpSession | Response {
    const version = request.headers.get("mcp-protocol-version");
    if (version !== null && !SESSION_VERSIONS.has(version.trim())) {
      const message = `the MCP-Protocol-Version ${version} is not supported; supported: ${[...SESSION_VERSIONS].join(", ")}`;
      return httpRefusal(400, { code: TRANSPORT_ERROR, message });
    }
    const id = request.headers.get("mcp-session-id");
    if (id === null)
      return httpRefusal(400, {
        code: TRANSPORT_ERROR,
        message: "the header Mcp-Session-Id is missing; initialize first",
      });
    return (
      this.#sessions.find(id, caller) ??
      httpRefusal(404, { code: SESSION_UNKNOWN, message: "the session is not known; initialize again" })
    );
  }
}

function accepts(header: string, type: string): boolean {
  return header.includes(type) || header.includes("*/*") || header.includes(`${type.split("/")[0] ?? ""}/*`);
}

function headersOf(headers: Headers): Record<string, string> {
  const names = {
    protocolVersionHeader: "mcp-protocol-version",
    mcpMethodHeader: "mcp-method",
    mcpNameHeader: "mcp-name",
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = headers.get(name);
      return value === null ? [] : [[key, value]];
    }),
  );
}

function idOf(message: JsonObject): string | number | null {
  const id = isObject(message) ? message["id"] : undefined;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
