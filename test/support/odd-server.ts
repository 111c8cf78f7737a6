/**
 * A server in raw JSON-RPC over standard streams that does what its tools are called: it dies, floods, answers too much
 * or too deep, writes garbage, asks back. Written without a protocol library, so that nothing corrects it.
 */
import { createInterface } from "node:readline";
import { parseJson } from "../../src/domain/parse-json.ts";

interface Frame {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
  readonly result?: unknown;
}

const heard: Frame[] = [];
const say = (frame: unknown): void => void process.stdout.write(`${JSON.stringify(frame)}\n`);
const answer = (id: Frame["id"], value: unknown): void =>
  say({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: JSON.stringify(value) }] } });
/** Who waits for the answer to what was asked. */
const asked = new Map<string, Frame["id"]>();

const tools: Readonly<Record<string, (frame: Frame, args: Readonly<Record<string, unknown>>) => void>> = {
  echo: (frame) => answer(frame.id, frame.params),
  pid: ({ id }) => answer(id, process.pid),
  heard: ({ id }) => answer(id, heard),
  die: () => process.exit(7),
  hang: () => undefined,
  garbage: ({ id }) => {
    process.stdout.write('this is no JSON\n\n{"half": \n[]\n{"jsonrpc":"1.0"}\nnull\n');
    answer(id, "after garbage");
  },
  big: ({ id }, { bytes }) => answer(id, "x".repeat(Number(bytes))),
  deep: ({ id }, { levels }) => {
    const nested = "[".repeat(Number(levels)) + "]".repeat(Number(levels));
    process.stdout.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"nested":${nested}}}\n`);
  },
  unknown_fields: ({ id }) =>
    process.stdout.write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"future":{"n":1e21}},"more":true}\n`,
    ),
  progress: ({ id, params }) => {
    const progressToken = params?._meta?.["progressToken"];
    for (const progress of [1, 2])
      say({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress } });
    answer(id, "done");
    // Too late: the call is over.
    say({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: 3 } });
  },
  ask: ({ id }, { method }) => {
    asked.set("q1", id);
    say({ jsonrpc: "2.0", id: "q1", method, params: { message: "?" } });
  },
  notify: ({ id }, { method }) => {
    say({ jsonrpc: "2.0", method, params: { odd: true } });
    answer(id, "notified");
  },
  notify_later: ({ id }, { method }) => {
    answer(id, "soon");
    setTimeout(() => say({ jsonrpc: "2.0", method }), 50);
  },
  flood: ({ id }, { lines }) => {
    for (let line = 0; line < Number(lines); line += 1)
      say({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "y".repeat(1000), line } });
    answer(id, "flooded");
  },
  answer_twice: ({ id }) => {
    answer(id, "first");
    answer(id, "second");
    answer(987_654, "nobody asked");
  },
  leak: ({ id }) => say({ jsonrpc: "2.0", id, error: { code: -32_050, message: "no", data: { why: ["odd"] } } }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const frame = parseJson(line) as Frame;
  heard.push(frame);
  const { id, method, params, result } = frame;
  if (method === undefined) {
    if (typeof id === "string" && asked.has(id)) answer(asked.get(id), result ?? frame);
    return;
  }
  if (method === "initialize") {
    const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
    say({
      jsonrpc: "2.0",
      id,
      result: { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "odd", version: "1" } },
    });
  } else if (method === "tools/list")
    say({
      jsonrpc: "2.0",
      id,
      result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })) },
    });
  else if (method === "tools/call") tools[params?.name ?? ""]?.(frame, params?.arguments ?? {});
  else if (method === "vendor/unheard-of") say({ jsonrpc: "2.0", id, result: { got: params } });
  else if (id !== undefined) say({ jsonrpc: "2.0", id, result: {} });
});
