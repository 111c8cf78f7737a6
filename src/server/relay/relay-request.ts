import { RPC_CODE, metaOf, type RpcNotification, type RpcRequest } from "../../domain/json-rpc.ts";
import { answerOf } from "./forward-answer.ts";
import { listTools } from "./list-tools.ts";
import type { ForwardOutcome, RawAnswer, ToolGate } from "./relay-ports.ts";
import type { UpstreamLink } from "./upstream-link.ts";

export interface RelayContext {
  readonly session: string;
  readonly link: UpstreamLink;
  readonly gate: ToolGate;
}

/** What one request needs of its client. */
export interface RequestSide {
  readonly signal: AbortSignal;
  /** Sends what belongs to the request: its progress, and the events of a listen. */
  readonly emit: (notification: RpcNotification) => void;
}

/** Answers one request of a client: tools through the gate, everything else as it is. Never rejects. */
export async function relayRequest(context: RelayContext, request: RpcRequest, side: RequestSide): Promise<RawAnswer> {
  const forward = (params: RpcRequest["params"]): Promise<ForwardOutcome> =>
    forwardRequest(context.link, params === undefined ? request : { ...request, params }, side);
  if (request.method === "tools/call") return callTool(context, request, { ...side, forward });
  const answer = answerOf(await forward(undefined), request.method);
  if (request.method !== "tools/list" || !("result" in answer)) return answer;
  const { tools } = answer.result;
  return Array.isArray(tools) ? { result: { ...answer.result, tools: context.gate.listed(tools) } } : answer;
}

/** A server that does not list is asked to call all the same. */
const LISTING_MILLISECONDS = 5000;

async function callTool(
  context: RelayContext,
  request: RpcRequest,
  side: RequestSide & { readonly forward: (params: RpcRequest["params"]) => Promise<ForwardOutcome> },
): Promise<RawAnswer> {
  const { gate, session } = context;
  const { params = {} } = request;
  const { name, arguments: given } = params;
  if (typeof name !== "string") {
    const message = `tools/call: params.name: a text was expected, ${typeof name} came`;
    return { error: { code: RPC_CODE.INVALID_PARAMS, message } };
  }
  if (gate.lacks?.(name) === true) {
    const listing = AbortSignal.any([side.signal, AbortSignal.timeout(LISTING_MILLISECONDS)]);
    await listTools(context.link, request, { learn: (tools) => gate.listed(tools), signal: listing });
  }
  const meta = metaOf(params);
  const token = meta?.["progressToken"];
  const { signal, emit, forward } = side;
  return gate.call({
    session,
    name,
    arguments: given,
    meta,
    signal,
    onProgress:
      token === undefined
        ? undefined
        : (progress) =>
            emit({
              jsonrpc: "2.0",
              method: "notifications/progress",
              params: { ...progress, progressToken: token },
            }),
    // The very arguments that came need no copy.
    forward: (args) => forward(args === given ? undefined : { ...params, arguments: args }),
  });
}

async function forwardRequest(link: UpstreamLink, request: RpcRequest, side: RequestSide): Promise<ForwardOutcome> {
  if (side.signal.aborted) return { kind: "cancelled" };
  const forwarded = link.request(request, side.emit);
  const stop = (): void =>
    forwarded.cancel(typeof side.signal.reason === "string" ? side.signal.reason : "the client went away");
  side.signal.addEventListener("abort", stop, { once: true });
  try {
    return await forwarded.outcome;
  } finally {
    side.signal.removeEventListener("abort", stop);
  }
}
