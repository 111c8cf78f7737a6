import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { API_TOKEN, type CloudUnderTest, startCloud, USER_ID } from "./support/cloud-under-test.ts";

const SERVER = fileURLToPath(new URL("../../vendor/quantconnect-mcp/dist/main.js", import.meta.url));

describe("the vendored server on the local cloud", () => {
  let cloud: CloudUnderTest;
  let client: Client;
  beforeAll(async () => {
    cloud = await startCloud();
    client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [SERVER],
        env: { QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: API_TOKEN, QUANTCONNECT_BASE_URL: cloud.url },
      }),
    );
  });
  afterAll(async () => {
    await client.close();
    await cloud[Symbol.asyncDispose]();
  });

  const call = async <Schema extends z.ZodType>(
    name: string,
    args: Record<string, unknown>,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError === true) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
    return schema.parse(result.structuredContent);
  };
  const anything = z.looseObject({ success: z.literal(true) });

  it("takes a strategy from an empty account to the results of its backtest", async () => {
    const account = await call("read_account", {}, z.looseObject({ organizationId: z.string() }));
    const projects = z.looseObject({ projects: z.array(z.looseObject({ projectId: z.int() })) });
    const created = await call(
      "create_project",
      { name: "Loop", language: "Py", organizationId: account.organizationId },
      projects,
    );
    const projectId = created.projects[0]?.projectId ?? 0;
    await call("update_file_contents", { projectId, name: "main.py", content: "first\nsecond\n" }, anything);
    await call(
      "patch_file",
      { projectId, patch: "--- a/main.py\n+++ b/main.py\n@@ -1,2 +1,2 @@\n first\n-second\n+third\n" },
      anything,
    );
    const { compileId } = await call("create_compile", { projectId }, z.looseObject({ compileId: z.string() }));
    const compile = z.looseObject({ state: z.string() });
    let { state } = await call("read_compile", { projectId, compileId }, compile);
    while (state === "InQueue") ({ state } = await call("read_compile", { projectId, compileId }, compile));
    expect(state).toBe("BuildSuccess");

    const one = z.looseObject({ backtest: z.looseObject({ backtestId: z.string(), completed: z.boolean() }) });
    const request = { projectId, compileId, backtestName: "First", parameters: { fast: 10 } };
    const begun = await call("create_backtest", { model: request }, one);
    const ids = { projectId, backtestId: begun.backtest.backtestId };
    let read = await call("read_backtest", ids, one);
    while (!read.backtest.completed) read = await call("read_backtest", ids, one);
    expect(read.backtest).toMatchObject({ status: "Completed.", parameterSet: { fast: 10 } });
    expect(cloud.runner.begun[0]?.files["main.py"]).toBe("first\nthird\n");

    const lists = z.looseObject({ length: z.int() });
    expect(await call("read_backtest_orders", { ...ids, start: 0, end: 10 }, lists)).toMatchObject({ length: 250 });
    expect(await call("read_backtest_logs", { ...ids, query: "even" }, lists)).toMatchObject({ length: 150 });
    expect(await call("read_backtest_insights", { ...ids, start: 0, end: 10 }, lists)).toMatchObject({ length: 0 });
    const range = { name: "Strategy Equity", count: 5, start: 0, end: 2_000_000_000 };
    await call("read_backtest_chart", { ...ids, ...range }, anything);
    await call("list_backtests", { projectId, includeStatistics: true }, anything);
    await call("update_backtest", { ...ids, note: "done" }, anything);
    await call("read_project_nodes", { projectId }, anything);
    await call("read_lean_versions", {}, anything);
    await call("delete_backtest", ids, anything);
    await call("delete_project", { projectId }, anything);
  });

  it("passes on why something was refused", async () => {
    const result = await client.callTool({ name: "read_project", arguments: { projectId: -1 } });
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toEqual({ success: false, errors: ["Project not found: -1"] });
    const missing = await client.callTool({ name: "list_optimizations", arguments: { projectId: 1 } });
    expect(missing.structuredContent).toEqual({ success: false, errors: ["Project not found: 1"] });
  });
});
