import type { JsonObject, RpcError, RpcId, RpcMessage } from "../../domain/json-rpc.ts";

/** One open connection to the server behind the relay. */
export interface UpstreamChannel {
  /** Sends one message; false asks the sender to wait for `onDrain` before it reads more from its client. */
  send(message: JsonObject): boolean;
  /** Stops and starts the reading of what the server says. */
  pause(): void;
  resume(): void;
  /** Ends the connection, and a server that was started for it. */
  close(): Promise<void>;
}

export interface UpstreamEvents {
  readonly onMessage: (message: RpcMessage) => void;
  /** An answer that was not kept because of its size or depth; `id` where it could be found. */
  readonly onRefused: (answer: { readonly id: RpcId | undefined; readonly reason: string }) => void;
  /**
   * A request whose answer will not come, while the connection may go on; `sent`: the server may have seen it;
   * `again`: it surely did nothing, and would have on a new connection.
   */
  readonly onFailed: (request: {
    readonly id: RpcId;
    readonly reason: string;
    readonly sent: boolean;
    readonly again?: boolean;
  }) => void;
  readonly onDrain: () => void;
  /** Once, when nothing comes any more. */
  readonly onClosed: (reason: string) => void;
}

/** Opens a connection; that it cannot be opened is told by `onClosed`. Nothing is told before it returned. */
export type OpenUpstream = (events: UpstreamEvents) => UpstreamChannel;

export interface RawResult {
  readonly result: JsonObject;
}

export interface RawError {
  readonly error: RpcError;
}

export type RawAnswer = RawResult | RawError;

/**
 * What became of a request sent upstream. `lost`: the server went away or was never there; `sent` says whether it may
 * have seen the request. `refused`: it answered, but not in a form that is passed on.
 */
export type ForwardOutcome =
  | ({ readonly kind: "answer" } & RawAnswer)
  | { readonly kind: "lost"; readonly reason: string; readonly sent: boolean }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "cancelled" };

export interface ToolCall {
  /** Of the client's session, the same for all its calls. */
  readonly session: string;
  readonly name: string;
  /** As they came: undefined where the client gave none. */
  readonly arguments: unknown;
  readonly meta: JsonObject | undefined;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Sends progress of the gate's own; the server's passes by itself. Only where the client asked for progress. */
  readonly onProgress: ((params: JsonObject) => void) | undefined;
  readonly forward: (args: unknown) => Promise<ForwardOutcome>;
}

/** What stands between clients and tools: it sees every listing and every call. */
export interface ToolGate {
  /** The tools of one page as clients shall see them. */
  listed(tools: readonly unknown[]): readonly unknown[];
  /** Whether it must see the listing before it decides about a tool: a client may call what it never listed. */
  lacks?(name: string): boolean;
  /** Decides about a call, and forwards it or not. Never rejects. */
  call(request: ToolCall): Promise<RawAnswer>;
}
