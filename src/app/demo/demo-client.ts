import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../../config.ts";
import { RefusalError } from "../../domain/refusal.ts";

const resultSchema = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ text: z.string().optional() })).default([]),
});

/** A client of the aggregated server, exactly as a desktop program is one: over `quantwright serve`. */
export interface DemoClient extends AsyncDisposable {
  readonly tools: readonly string[];
  readonly server: string;
  /** Calls a tool and gives its structured answer. @throws RefusalError with what the tool said. */
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
}

const CALL_MILLISECONDS = 60_000;

export async function connectDemoClient(config: Config): Promise<DemoClient> {
  const client = new Client({ name: "quantwright-demo", version: config.version }, { capabilities: {} });
  const transport = new StdioClientTransport({
    command: config.nodePath,
    args: [
      join(config.packageRoot, "dist", "main.js"),
      "serve",
      "--data-dir",
      config.dataDir,
      "--toolset",
      "full",
      "--no-start",
    ],
    env: { QUANTWRIGHT_CACHE_DIR: config.cacheDir, QUANTWRIGHT_RUNTIME_DIR: config.runtimeDir },
    stderr: "ignore",
    maxBufferSize: 64 * 1024 * 1024,
  });
  await client.connect(transport, { timeout: CALL_MILLISECONDS });
  const { tools } = await client.listTools();
  return {
    tools: tools.map(({ name }) => name),
    server: client.getServerVersion()?.name ?? "unknown",
    async call(tool, args) {
      const answer = resultSchema.parse(
        await client.request(
          { method: "tools/call", params: { name: tool, arguments: args } },
          { timeout: CALL_MILLISECONDS },
        ),
      );
      if (answer.isError === true) {
        const text = answer.content[0]?.text ?? "no reason given";
        throw new RefusalError({ code: /^[A-Z_]{3,}/.exec(text)?.[0] ?? "TOOL_FAILED", message: text });
      }
      return answer.structuredContent ?? {};
    },
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}
