import { Server } from "@modelcontextprotocol/server";
import type { Principal } from "../domain/principal.ts";
import type { CallAnswer, CallRequest } from "../gateway/call-request.ts";
import type { Tool, Toolset } from "../gateway/tool.ts";
import type { ResourceBook } from "./resource-book.ts";

export interface AggregatedServerParts {
  readonly call: (request: CallRequest) => Promise<CallAnswer>;
  readonly list: (toolset: Toolset) => readonly Tool[];
  readonly resources: ResourceBook;
  readonly version: string;
}

const INSTRUCTIONS = [
  "Quantwright: research trading strategies on QuantConnect's API, safely. Usual order: create_strategy, run_backtest,",
  "run_result, analyze_strategy. Every call is recorded; every backtest counts as a trial. Long results come as a",
  "resultRef: read them by sections with run_result. Results carry an envelope with profile, age and source of the data.",
  "Calls that trade may answer APPROVAL_REQUIRED with an id: an operator signs it in a terminal, you cannot. After that",
  "repeat exactly the same call with approvalId. What only lowers risk never waits. An outcome that is UNKNOWN is looked",
  "up, never repeated.",
].join(" ");

/** One aggregated MCP server for one client: the tools of its toolset, every call through the gateway. */
export function createAggregatedServer(
  parts: AggregatedServerParts,
  client: { readonly principal: Principal; readonly toolset: Toolset },
): Server {
  const server = new Server(
    { name: "quantwright", title: "Quantwright", version: parts.version },
    { capabilities: { tools: { listChanged: true }, resources: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: parts.list(client.toolset).map(listed) }) as never);
  server.setRequestHandler("tools/call", async (request, context) => {
    const token = request.params._meta?.progressToken;
    const answer = await parts.call({
      principal: client.principal,
      toolset: client.toolset,
      tool: request.params.name,
      arguments: request.params.arguments ?? {},
      ...callOptionsOf(request.params._meta),
      signal: context.mcpReq.signal,
      ...(token === undefined
        ? {}
        : {
            onProgress: (progress) => {
              void context.mcpReq
                .notify({ method: "notifications/progress", params: { progressToken: token, ...progress } })
                .catch(() => undefined);
            },
          }),
    });
    return answer.result as never;
  });
  server.setRequestHandler("resources/list", async () => ({ resources: [...(await parts.resources.list())] }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [...parts.resources.templates] }));
  server.setRequestHandler("resources/read", async (request) => {
    const text = await parts.resources.read(request.params.uri);
    return { contents: [{ uri: request.params.uri, mimeType: "application/json", text }] };
  });
  return server;
}

/** What a client may say beside the arguments of any tool: an approval of the call, and a key of its intent. */
function callOptionsOf(
  meta: Readonly<Record<string, unknown>> | undefined,
): Pick<CallRequest, "approvalId" | "intentId"> {
  const approvalId = meta?.["quantwright/approvalId"];
  const intentId = meta?.["quantwright/intentId"];
  return {
    ...(typeof approvalId === "string" ? { approvalId } : {}),
    ...(typeof intentId === "string" ? { intentId } : {}),
  };
}

function listed(tool: Tool): Record<string, unknown> {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  return {
    name,
    title,
    description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    annotations,
  };
}
