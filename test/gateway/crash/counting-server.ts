/**
 * An MCP server over standard streams that writes every effect to a journal and syncs it before it answers, so that what
 * reached it is known whatever dies. Journal file: first argument.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseJson } from "../../../src/domain/parse-json.ts";

const journal = z.string().parse(process.argv[2]);
const frameSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z.looseObject({ name: z.string().optional(), arguments: z.looseObject({}).optional() }).optional(),
});
const commandSchema = z.object({ command: z.looseObject({ key: z.string(), quantity: z.number() }) });
type Arguments = Readonly<Record<string, unknown>>;

function effect(tool: string, args: Arguments): void {
  const file = openSync(journal, "a");
  writeSync(file, `${JSON.stringify({ tool, arguments: args })}\n`);
  fsyncSync(file);
  closeSync(file);
}

/** The orders that the journal says were placed, all of them filled. */
function orders(): unknown[] {
  if (!existsSync(journal)) return [];
  return readFileSync(journal, "utf8")
    .split("\n")
    .filter((line) => line.includes("create_live_command"))
    .map((line, index) => {
      const { arguments: args } = z.object({ arguments: commandSchema }).parse(parseJson(line));
      const { key, quantity } = args.command;
      return { id: index + 1, status: 3, tag: key, events: [{ fillQuantity: quantity }] };
    });
}

const tools: Readonly<Record<string, (args: Arguments) => Record<string, unknown>>> = {
  create_project: (args) => {
    effect("create_project", args);
    return { success: true, projects: [{ projectId: 7 }] };
  },
  create_live_command: (args) => {
    effect("create_live_command", args);
    return { success: true, quantwright: { result: { success: true, message: "" } } };
  },
  read_live_orders: () => ({ success: true, orders: orders(), length: orders().length }),
  list_live_algorithms: () => ({
    success: true,
    live: [{ projectId: 7, deployId: "L-7", brokerage: "PaperBrokerage", status: "Running" }],
  }),
};

function resultOf(method: string, params: z.output<typeof frameSchema>["params"]): unknown {
  if (method === "initialize") {
    const serverInfo = { name: "counting", version: "1" };
    return { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo };
  }
  if (method === "tools/list") {
    return { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })) };
  }
  const tool = method === "tools/call" ? tools[params?.name ?? ""] : undefined;
  if (tool === undefined) return undefined;
  const body = tool(params?.arguments ?? {});
  return { content: [{ type: "text", text: JSON.stringify(body) }], structuredContent: body };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = frameSchema.parse(parseJson(line));
  if (id === undefined || method === undefined) return;
  const result = resultOf(method, params);
  const answer = result === undefined ? { error: { code: -32601, message: "not known here" } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
});
