import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SERVER_VERSION } from "../src/server-version.ts";
import { API_TOKEN, startFakeApi, USER_ID } from "./support/fake-api.ts";
import { SERVER_PROGRAM } from "./support/spawn-server.ts";

describe("a client built on the protocol library of the first generation", () => {
  it("lists the tools and calls one", async () => {
    await using api = await startFakeApi();
    const client = new Client({ name: "old", version: "1" });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [SERVER_PROGRAM],
        env: { QUANTCONNECT_BASE_URL: api.url, QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: API_TOKEN },
      }),
    );
    try {
      expect((await client.listTools()).tools.length).toBeGreaterThanOrEqual(64);
      api.expect({ path: "/account/read", body: {}, answer: { success: true, organizationId: "o" } });
      const result = await client.callTool({ name: "read_account", arguments: {} });
      expect(result.structuredContent).toEqual({ success: true, organizationId: "o" });
      expect(api.problems()).toEqual([]);
    } finally {
      await client.close();
    }
  });
});

it("states the version of its package", () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(z.looseObject({ version: z.string() }).parse(manifest).version).toBe(SERVER_VERSION);
});
