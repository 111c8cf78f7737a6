import { isObject, RPC_CODE, type RpcNotification, type RpcRequest } from "../../domain/json-rpc.ts";
import { paramHeadersOf, type ParamHeader } from "../../domain/mcp-param-headers.ts";
import type { ExchangeAnswer, ExchangeSide, McpBackend, SessionClient, SessionHandler } from "../http/mcp-backend.ts";
import { listTools } from "./list-tools.ts";
import { relayRequest } from "./relay-request.ts";
import { RelaySession } from "./relay-session.ts";
import type { OpenUpstream, ToolGate } from "./relay-ports.ts";
import { UpstreamLink } from "./upstream-link.ts";

export interface RelayBackendOptions {
  readonly open: OpenUpstream;
  readonly gate: ToolGate;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly log: (message: string) => void;
}

const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

/**
 * A relay behind the HTTP door: each session has a server of its own, because such a server knows one client only; all
 * requests without sessions share one, because they say themselves who asks.
 */
export class RelayBackend implements McpBackend {
  readonly #options: RelayBackendOptions;
  readonly #shared: UpstreamLink;
  readonly #headers = new Map<string, readonly ParamHeader[]>();
  /** Requests that asked for log lines: a line does not say which request it belongs to. */
  readonly #loggers = new Set<(notification: RpcNotification) => void>();

  constructor(options: RelayBackendOptions) {
    this.#options = options;
    this.#shared = new UpstreamLink({
      open: options.open,
      now: options.now,
      log: options.log,
      // The protocol without sessions has no requests of the server.
      onRequest: ({ id, method }) =>
        this.#shared.respond({
          jsonrpc: "2.0",
          id,
          error: { code: RPC_CODE.METHOD_NOT_FOUND, message: `${method} is not served without a session` },
        }),
      onNotification: (notification) => this.#heard(notification),
      onLost: () => this.#headers.clear(),
      onFlow: () => undefined,
    });
  }

  openSession(id: string, client: SessionClient): SessionHandler {
    const { open, gate, now, log } = this.#options;
    return new RelaySession({ id, open, gate, client, now, log });
  }

  async exchange(request: RpcRequest, side: ExchangeSide): Promise<ExchangeAnswer> {
    const wantsLog = isObject(request.params?.["_meta"]) && request.params["_meta"][LOG_LEVEL] !== undefined;
    if (wantsLog) this.#loggers.add(side.emit);
    try {
      const answer = await relayRequest(
        { session: "stateless", link: this.#shared, gate: this.#options.gate },
        request,
        side,
      );
      if (request.method === "tools/list" && "result" in answer) this.#learn(answer.result["tools"]);
      return answer;
    } finally {
      this.#loggers.delete(side.emit);
    }
  }

  async paramHeaders(tool: string, request: RpcRequest): Promise<readonly ParamHeader[]> {
    if (!this.#headers.has(tool)) await listTools(this.#shared, request, { learn: (tools) => this.#learn(tools) });
    return this.#headers.get(tool) ?? [];
  }

  close(): Promise<void> {
    return this.#shared.close();
  }

  #learn(tools: unknown): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools) {
      if (isObject(tool) && typeof tool["name"] === "string")
        this.#headers.set(tool["name"], paramHeadersOf(tool["inputSchema"]));
    }
  }

  /** A log line goes to the one request that asked for such; with more of them nobody can say whose it is. */
  #heard(notification: RpcNotification): void {
    const [only] = this.#loggers;
    if (notification.method === "notifications/message" && this.#loggers.size === 1) only?.(notification);
  }
}
