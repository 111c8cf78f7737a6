import type { JsonObject, RpcId, RpcNotification, RpcRequest } from "../../domain/json-rpc.ts";
import type { ParamHeader } from "../../domain/mcp-param-headers.ts";

/** How a session reaches its client. */
export interface SessionClient {
  /** Whose key opened the session. */
  readonly caller: string;
  /** Sends one message. `inReplyTo` is the client's request that it belongs to; false asks to wait for `resume`. */
  send(message: JsonObject, inReplyTo?: RpcId): boolean;
}

/** What serves one client of the protocols with sessions (2025-11-25 and before). */
export interface SessionHandler {
  /** How many requests of the client are under way. */
  readonly inFlight: number;
  receive(value: unknown): void;
  /** The client can follow again. */
  resume(): void;
  /** Cancels one request, as if the client had. */
  cancel(id: RpcId, reason: string): void;
  close(): Promise<void>;
}

export interface ExchangeSide {
  /** Whose key came with the request. */
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly emit: (notification: RpcNotification) => void;
}

export type ExchangeAnswer =
  | { readonly result: JsonObject }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

/** What stands behind the HTTP door: a relay, or a server of our own. */
export interface McpBackend {
  openSession(id: string, client: SessionClient): SessionHandler;
  /** Answers one request of the protocol without sessions (2026-07-28). Never rejects. */
  exchange(request: RpcRequest, side: ExchangeSide): Promise<ExchangeAnswer>;
  /** Which arguments of a tool must come in headers too; `request` is the call of the caller that asks. */
  paramHeaders(tool: string, request: RpcRequest, caller: string): Promise<readonly ParamHeader[]>;
  close(): Promise<void>;
}
