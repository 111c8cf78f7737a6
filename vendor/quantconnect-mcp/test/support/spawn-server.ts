import { fileURLToPath } from "node:url";
import { Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { API_TOKEN, USER_ID } from "./fake-api.ts";

export const SERVER_PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
export const MODERN = { mode: { pin: "2026-07-28" } } as const;

export interface SpawnedServer extends AsyncDisposable {
  readonly client: Client;
  /** All that the child wrote to standard error so far. */
  stderr(): string;
}

export interface SpawnOptions {
  readonly baseUrl?: string;
  /** Replaces the environment of a server with good credentials. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly versionNegotiation?: ClientOptions["versionNegotiation"];
}

/** Starts the built server as a child process, as any client does, and connects to it. */
export async function spawnServer(options: SpawnOptions = {}): Promise<SpawnedServer> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [SERVER_PROGRAM],
    env: {
      QUANTCONNECT_BASE_URL: options.baseUrl ?? "http://127.0.0.1:9",
      ...(options.environment ?? { QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: API_TOKEN }),
    },
    stderr: "pipe",
    maxBufferSize: 64 * 1024 * 1024,
  });
  let stderr = "";
  transport.stderr?.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
  const client = new Client(
    { name: "test", version: "0" },
    options.versionNegotiation === undefined ? {} : { versionNegotiation: options.versionNegotiation },
  );
  await client.connect(transport);
  return { client, stderr: () => stderr, [Symbol.asyncDispose]: () => client.close() };
}

/** All text blocks of a result, one after the other. */
export function textOf(result: { readonly content: readonly { readonly type: string }[] }): string {
  return result.content
    .map((block) => ("text" in block && typeof block.text === "string" ? block.text : ""))
    .filter((text) => text !== "")
    .join("\n");
}
