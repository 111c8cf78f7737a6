import type { RpcRequest } from "../../domain/json-rpc.ts";
import type { ParamHeader } from "../../domain/mcp-param-headers.ts";
import type { ExchangeAnswer, ExchangeSide, McpBackend, SessionClient, SessionHandler } from "./mcp-backend.ts";

/** A backend of its own for each caller: what is behind one knows who asks, and never serves another. */
export class CallerBackends implements McpBackend {
  readonly #create: (caller: string) => McpBackend;
  readonly #backends = new Map<string, McpBackend>();

  constructor(create: (caller: string) => McpBackend) {
    this.#create = create;
  }

  openSession(id: string, client: SessionClient): SessionHandler {
    return this.#of(client.caller).openSession(id, client);
  }

  exchange(request: RpcRequest, side: ExchangeSide): Promise<ExchangeAnswer> {
    return this.#of(side.caller).exchange(request, side);
  }

  paramHeaders(tool: string, request: RpcRequest, caller: string): Promise<readonly ParamHeader[]> {
    return this.#of(caller).paramHeaders(tool, request, caller);
  }

  /** Ends what is behind callers that are not known any more. */
  async closeStrangers(isKnown: (caller: string) => boolean): Promise<void> {
    const strangers = [...this.#backends].filter(([caller]) => !isKnown(caller));
    for (const [caller] of strangers) this.#backends.delete(caller);
    await Promise.all(strangers.map(([, backend]) => backend.close()));
  }

  async close(): Promise<void> {
    await this.closeStrangers(() => false);
  }

  #of(caller: string): McpBackend {
    const known = this.#backends.get(caller);
    if (known !== undefined) return known;
    const created = this.#create(caller);
    this.#backends.set(caller, created);
    return created;
  }
}
