import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { McpServer, type Server } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { McpDoor } from "../../../src/server/http/mcp-door.ts";
import { serveHttp } from "../../../src/server/http/serve-http.ts";
import { serverInProcess } from "../../../src/server/relay/in-process-upstream.ts";
import { passAllGate } from "../../../src/server/relay/pass-all-gate.ts";
import { RelayBackend } from "../../../src/server/relay/relay-backend.ts";
import { LEGACY, MODERN } from "../../support/e2e-clients.ts";
import { eventually } from "../../support/e2e-processes.ts";

const KEY = "a-key-of-some-length";

describe("a server of our own behind the HTTP door", () => {
  it.each([
    ["sessions", LEGACY],
    ["the era without them", MODERN],
  ])("serves clients of %s, tells them of changes, and only those with the key", async (_era, versionNegotiation) => {
    const made: Server[] = [];
    const open = serverInProcess(
      () => {
        const server = new McpServer({ name: "own", version: "1" }, { capabilities: { tools: { listChanged: true } } });
        server.registerTool("add", { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => ({
          content: [{ type: "text", text: String(a + b) }],
        }));
        made.push(server.server);
        return server.server;
      },
      () => undefined,
    );
    const now = (): number => performance.now();
    const backend = new RelayBackend({ open, gate: passAllGate, now, log: () => undefined });
    const address = { host: "127.0.0.1", port: 0 };
    const door = new McpDoor({ ...address, backend, key: KEY, maxRequestBytes: 1_000_000, now, newId: randomUUID });
    await using served = await serveHttp(door, address);
    let changes = 0;
    const connect = async (key: string): Promise<Client> => {
      const client = new Client(
        { name: "test", version: "1" },
        { versionNegotiation, listChanged: { tools: { onChanged: () => (changes += 1), autoRefresh: false } } },
      );
      const requestInit = { headers: { authorization: `Bearer ${key}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(served.url), { requestInit }));
      return client;
    };
    await expect(connect("another-key-of-length")).rejects.toThrow(/401|Unauthorized|key/i);
    const client = await connect(KEY);
    expect(await client.callTool({ name: "add", arguments: { a: 2, b: 3 } })).toMatchObject({
      content: [{ text: "5" }],
    });
    // Its listening stream opens by itself, after the handshake.
    await delay(500);
    for (const server of made) await server.sendToolListChanged();
    expect(await eventually(() => changes > 0)).toBe(true);
    await client.close();
  });
});
