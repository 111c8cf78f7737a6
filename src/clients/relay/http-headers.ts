import { isObject, metaOf, type JsonObject } from "../../domain/json-rpc.ts";
import {
  encodeHeaderText,
  headersForArguments,
  paramHeadersOf,
  type ParamHeader,
} from "../../domain/mcp-param-headers.ts";

const VERSION = "io.modelcontextprotocol/protocolVersion";
const NAMED_BY: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** The protocol version that a message claims for itself: then it needs no session. */
export function claimedVersion(message: JsonObject): string | undefined {
  const claimed = metaOf(message["params"])?.[VERSION];
  return typeof claimed === "string" ? claimed : undefined;
}

/** Repeats in headers what the protocol without sessions wants there; learns from listings what tools want. */
export class ModernHeaders {
  readonly #declared = new Map<string, readonly ParamHeader[]>();

  learn(result: unknown): void {
    const tools = isObject(result) ? result["tools"] : undefined;
    if (!Array.isArray(tools)) return;
    for (const tool of tools)
      if (isObject(tool) && typeof tool["name"] === "string")
        this.#declared.set(tool["name"], paramHeadersOf(tool["inputSchema"]));
  }

  headersOf(message: JsonObject, version: string): Readonly<Record<string, string>> {
    const { method, params } = message;
    if (typeof method !== "string") return { "mcp-protocol-version": version };
    const member = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
    const name = member !== undefined && isObject(params) ? params[member] : undefined;
    const declared = method === "tools/call" && typeof name === "string" ? this.#declared.get(name) : undefined;
    return {
      "mcp-protocol-version": version,
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": encodeHeaderText(name) } : {}),
      ...(declared === undefined || !isObject(params) ? {} : headersForArguments(declared, params["arguments"])),
    };
  }
}
