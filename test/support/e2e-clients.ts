import { Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { PROGRAM, type E2eHome } from "./e2e-home.ts";

export const MODERN = { mode: { pin: "2026-07-28" } } as const;
export const LEGACY = { mode: "legacy" } as const;

export interface ServedClient extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  /** Calls a tool and gives its structured answer. Throws with the tool's text when it answered with an error. */
  call(tool: string, args?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

export interface ServeOptions {
  readonly versionNegotiation?: ClientOptions["versionNegotiation"];
  readonly toolset?: "desk" | "full";
  readonly onToolsChanged?: () => void;
}

/** How every client starts `quantwright serve`. */
export function serveParameters(
  home: E2eHome,
  toolset: "desk" | "full" = "desk",
): { command: string; args: string[]; env: Record<string, string>; stderr: "ignore" } {
  return {
    command: process.execPath,
    args: [PROGRAM, "serve", "--toolset", toolset],
    env: { ...home.env },
    stderr: "ignore",
  };
}

const answerSchema = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ text: z.string().optional() })),
});

/** Connects a client of the second protocol library to `quantwright serve`. */
export async function connectClient(home: E2eHome, options: ServeOptions = {}): Promise<ServedClient> {
  const transport = new StdioClientTransport({
    ...serveParameters(home, options.toolset),
    maxBufferSize: 64 * 1024 * 1024,
  });
  const client = new Client(
    { name: "e2e", version: "1" },
    {
      ...(options.versionNegotiation === undefined ? {} : { versionNegotiation: options.versionNegotiation }),
      ...(options.onToolsChanged === undefined
        ? {}
        : { listChanged: { tools: { onChanged: options.onToolsChanged, autoRefresh: false } } }),
    },
  );
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    async call(tool, args = {}) {
      const answer = answerSchema.parse(await client.callTool({ name: tool, arguments: { ...args } }));
      if (answer.isError === true) throw new Error(answer.content[0]?.text ?? "an error without text");
      return answer.structuredContent ?? {};
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
