/** JSON-RPC 2.0 as MCP uses it, raw: what a message carries besides its frame is passed on as it came. */
export type RpcId = string | number;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface RpcRequest extends JsonObject {
  readonly id: RpcId;
  readonly method: string;
  readonly params?: JsonObject;
}

export interface RpcNotification extends JsonObject {
  readonly method: string;
  readonly params?: JsonObject;
}

export interface RpcResponse extends JsonObject {
  readonly id: RpcId;
  readonly result?: JsonObject;
  readonly error?: RpcError;
}

export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

export const RPC_CODE = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  HEADER_MISMATCH: -32020,
  MISSING_CAPABILITY: -32021,
  UNSUPPORTED_VERSION: -32022,
} as const;

/** Deeper messages are refused: programs that walk them by recursion would fall over. */
export const MOST_LEVELS = 100;

export type JudgedMessage =
  | { readonly kind: "request"; readonly message: RpcRequest }
  | { readonly kind: "notification"; readonly message: RpcNotification }
  | { readonly kind: "response"; readonly message: RpcResponse }
  | { readonly kind: "invalid"; readonly id: RpcId | null; readonly reason: string };

/** Says what a parsed value is on the wire; `invalid` with the id to answer to, where it has one. */
export function judgeMessage(value: unknown): JudgedMessage {
  if (Array.isArray(value))
    return { kind: "invalid", id: null, reason: "batches are not served; send one message each" };
  if (!isObject(value)) return { kind: "invalid", id: null, reason: "a message is an object" };
  const { id, method, params } = value;
  const hasId = isRpcId(id);
  const invalid = (reason: string): JudgedMessage => ({ kind: "invalid", id: hasId ? id : null, reason });
  if (value["jsonrpc"] !== "2.0") return invalid('the member "jsonrpc" must be "2.0"');
  if (isDeeperThan(value, MOST_LEVELS)) return invalid(`the message is nested deeper than ${MOST_LEVELS} levels`);
  if (typeof method === "string") {
    if (params !== undefined && !isObject(params)) return invalid('the member "params" must be an object');
    // Checked above: the casts only say so to the compiler.
    if (hasId) return { kind: "request", message: value as unknown as RpcRequest };
    if (id !== undefined) return invalid('the member "id" must be a text or a number');
    return { kind: "notification", message: value as unknown as RpcNotification };
  }
  if (method !== undefined) return invalid('the member "method" must be a text');
  if (!hasId) return invalid('a message needs a "method" or an "id"');
  if (isObject(value["result"]) !== isRpcError(value["error"]))
    return { kind: "response", message: value as unknown as RpcResponse };
  return invalid('a response carries an object "result" or an "error" with code and message');
}

export function isRpcId(value: unknown): value is RpcId {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRpcError(value: unknown): boolean {
  return isObject(value) && typeof value["code"] === "number" && typeof value["message"] === "string";
}

/** Whether a parsed JSON value has more than `most` levels of objects and arrays. */
export function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (most === 0) return true;
  if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner === "object" && isDeeperThan(inner, most - 1)) return true;
    return false;
  }
  for (const key in value) {
    // A parsed value owns what it lists.
    const inner: unknown = (value as JsonObject)[key];
    if (typeof inner === "object" && isDeeperThan(inner, most - 1)) return true;
  }
  return false;
}

export function errorMessage(id: RpcId | null, code: number, message: string, data?: unknown): JsonObject {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** The `_meta` of a message's params, where it is an object. */
export function metaOf(params: unknown): JsonObject | undefined {
  const meta = isObject(params) ? params["_meta"] : undefined;
  return isObject(meta) ? meta : undefined;
}
