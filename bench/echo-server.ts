/** The smallest MCP server over standard streams: what a relay costs must not drown in what its server costs. */
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseJson } from "../src/domain/parse-json.ts";

const frameSchema = z.looseObject({ id: z.union([z.string(), z.number()]).optional(), method: z.string() });
const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "echo", version: "1" },
  },
  "tools/list": { tools: [{ name: "echo", inputSchema: { type: "object" } }] },
  "tools/call": { content: [{ type: "text", text: "x".repeat(200) }] },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = frameSchema.parse(parseJson(line));
  if (id !== undefined)
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: RESULTS[method] ?? {} })}\n`);
});
