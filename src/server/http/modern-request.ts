import { errorMessage, RPC_CODE, type RpcNotification, type RpcRequest } from "../../domain/json-rpc.ts";
import { decodeHeaderText, paramHeaderFault } from "../../domain/mcp-param-headers.ts";
import { httpRefusal } from "./http-refusal.ts";
import type { ExchangeAnswer, McpBackend } from "./mcp-backend.ts";
import { PostReply } from "./post-reply.ts";

/** The protocol without sessions, as far as this door knows its rules. */
export const MODERN_VERSIONS: readonly string[] = ["2026-07-28"];

/** Which member of the params a request's `Mcp-Name` repeats. */
const NAMED_BY: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** What the protocol wants these errors to be on HTTP; every other one is an answer like any. */
const STATUS: Readonly<Record<number, number>> = {
  [RPC_CODE.METHOD_NOT_FOUND]: 404,
  [RPC_CODE.MISSING_CAPABILITY]: 400,
  [RPC_CODE.UNSUPPORTED_VERSION]: 400,
  [RPC_CODE.HEADER_MISMATCH]: 400,
};

interface ModernCall {
  readonly message: RpcRequest;
  /** What the request claims. */
  readonly version: string | undefined;
  /** Whose key came with it. */
  readonly caller: string;
}

/** Serves one request that carries its own protocol version. */
export async function serveModernRequest(backend: McpBackend, request: Request, call: ModernCall): Promise<Response> {
  const { message, version, caller } = call;
  const { id } = message;
  if (version === undefined || !MODERN_VERSIONS.includes(version)) {
    const data = { supported: MODERN_VERSIONS, requested: version ?? "unknown" };
    const text = `Unsupported protocol version: ${data.requested}`;
    return httpRefusal(400, { id, code: RPC_CODE.UNSUPPORTED_VERSION, message: text, data });
  }
  const fault = headerFault(request.headers, message) ?? (await argumentFault(backend, request.headers, call));
  if (fault !== undefined)
    return httpRefusal(400, { id, code: RPC_CODE.HEADER_MISMATCH, message: `header mismatch: ${fault}` });
  const gone = new AbortController();
  const reply = new PostReply({
    headers: {},
    signal: request.signal,
    onGone: () => gone.abort("the client went away"),
    onDrain: () => undefined,
  });
  // Answered when it is: the reply is returned as soon as it has a form.
  void backend
    .exchange(message, {
      caller,
      signal: gone.signal,
      emit: (notification: RpcNotification) => void reply.emit(notification),
    })
    .then((answer) => reply.finish(framed(message, answer), statusOf(answer)));
  return reply.response;
}

function framed({ id }: RpcRequest, answer: ExchangeAnswer): Readonly<Record<string, unknown>> {
  if ("result" in answer) return { jsonrpc: "2.0", id, result: answer.result };
  const { code, message, data } = answer.error;
  return errorMessage(id, code, message, data);
}

function statusOf(answer: ExchangeAnswer): number {
  return "error" in answer ? (STATUS[answer.error.code] ?? 200) : 200;
}

/** What is missing from the headers, or says otherwise than the body. */
function headerFault(headers: Headers, { method, params }: RpcRequest): string | undefined {
  if (headers.get("mcp-protocol-version") === null) return "the header MCP-Protocol-Version is missing";
  const named = headers.get("mcp-method")?.trim();
  if (named !== method) return `the body names the method ${method}, the header Mcp-Method ${named ?? "is missing"}`;
  const member = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
  const value = member === undefined ? undefined : params?.[member];
  if (typeof value !== "string") return undefined;
  const header = headers.get("mcp-name")?.trim();
  if (header === undefined) return `the body carries params.${member ?? ""}, but the header Mcp-Name is missing`;
  return decodeHeaderText(header) === value ? undefined : `the header Mcp-Name and params.${member ?? ""} differ`;
}

async function argumentFault(
  backend: McpBackend,
  headers: Headers,
  { message, caller }: ModernCall,
): Promise<string | undefined> {
  const tool = message.params?.["name"];
  if (message.method !== "tools/call" || typeof tool !== "string") return undefined;
  const declared = await backend.paramHeaders(tool, message, caller);
  if (declared.length === 0) return undefined;
  return paramHeaderFault(declared, message.params?.["arguments"], (name) => headers.get(name)?.trim());
}
