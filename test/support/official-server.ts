/**
 * A stand-in for QuantConnect's open MCP server over standard streams: its tool names, its arguments inside `model`, and
 * its typed answers with `null` for what is absent. It keeps projects in memory, ends compiles and backtests at once,
 * and writes each call with its arguments to JOURNAL. LACKS names tools that it does not list.
 */
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { ALL_TOOLS } from "../../vendor/quantconnect-mcp/src/tools/all-tools.ts";

type Body = Record<string, unknown>;
interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly protocolVersion?: string; readonly arguments?: Body };
}

const { JOURNAL: journal = "", LACKS: lacks = "", QUANTCONNECT_USER_ID: user = "" } = process.env;
/** Those that the vendored server has beyond the open one. */
const NEWER = [
  "read_backtest_logs",
  "read_backtest_trades",
  "read_backtest_report",
  "update_backtest_tags",
  "read_live_trades",
  "update_project_parameters",
];
const without = new Set([...NEWER, ...lacks.split(",")]);

const tools = ALL_TOOLS.filter(({ name }) => !without.has(name)).map((tool) => {
  const { $schema: _, ...schema } = z.toJSONSchema(tool.input, { io: "input", unrepresentable: "any" });
  const isEmpty = Object.keys(schema.properties ?? {}).length === 0;
  const inputSchema = isEmpty
    ? { type: "object", properties: {} }
    : {
        $defs: { Request: schema },
        type: "object",
        properties: { model: { $ref: "#/$defs/Request" } },
        required: ["model"],
      };
  return { name: tool.name, description: `Official ${tool.name}.`, inputSchema };
});

const files = new Map<string, string>([["main.py", ""]]);
const backtests: Body[] = [];
const project = (name: unknown): Body => ({
  projectId: 41,
  name,
  organizationId: "org",
  ownerId: Number(user),
  description: null,
});
const ANSWERS: Readonly<Record<string, (model: Body) => Body>> = {
  read_account: () => ({ organizationId: "org", creditBalance: null }),
  create_project: ({ name }) => ({ projects: [project(name)], versions: null }),
  read_project: () => ({ projects: [project("x")] }),
  read_file: () => ({ files: [...files].map(([name, content]) => ({ name, content, open: null })) }),
  create_file: ({ name, content }) => ({
    files: [...files.set(String(name), String(content)).keys()].map((one) => ({ name: one })),
  }),
  update_file_contents: ({ name, content }) => ({
    files: [{ name: files.set(String(name), String(content)) && name, content }],
  }),
  create_compile: () => ({ compileId: "compile-1", state: "BuildSuccess", logs: null, projectId: 41 }),
  read_compile: () => ({ compileId: "compile-1", state: "BuildSuccess", logs: null }),
  list_backtests: () => ({ backtests, count: backtests.length }),
  list_live_algorithms: () => ({ live: [] }),
  create_backtest: ({ backtestName }) => {
    const backtest = {
      backtestId: "bt-1",
      name: backtestName,
      status: "Completed.",
      completed: true,
      progress: 1,
      error: null,
    };
    backtests.push(backtest);
    return { backtest, debugging: null };
  },
  read_backtest: () => ({
    backtest: {
      ...backtests[0],
      stacktrace: null,
      statistics: { "Sharpe Ratio": "1.5", "Net Profit": null },
      runtimeStatistics: null,
    },
  }),
};

function answer({ name = "", arguments: args = {} }: NonNullable<Frame["params"]>): Body {
  appendFileSync(journal, `${JSON.stringify([name, args])}\n`);
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) return fault(`Unknown tool: ${name}`);
  const wraps = "model" in tool.inputSchema.properties;
  if (wraps !== (Object.keys(args).join(" ") === "model")) return fault("1 validation error: model Field required");
  const body = { ...ANSWERS[name]?.((args["model"] ?? {}) as Body), success: true, errors: null };
  return { content: [{ type: "text", text: JSON.stringify(body) }], structuredContent: body, isError: false };
}

const fault = (text: string): Body => ({ content: [{ type: "text", text }], isError: true });

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = parseJson(line) as Frame;
  if (id === undefined) return;
  const serverInfo = { name: "quantconnect", version: "1" };
  const results: Readonly<Record<string, () => unknown>> = {
    initialize: () => ({ protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo }),
    ping: () => ({}),
    "tools/list": () => ({ tools }),
    "tools/call": () => answer(params ?? {}),
  };
  const result = results[method ?? ""];
  const frame = result === undefined ? { error: { code: -32_601, message: "not here" } } : { result: result() };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...frame })}\n`);
});
