import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UpstreamManager } from "../../src/clients/upstream/upstream-manager.ts";
import { StartQueue } from "../../src/gateway/organisation/start-queue.ts";
import { API_TOKEN, startFakeApi, USER_ID, type FakeApi } from "../../vendor/quantconnect-mcp/test/support/fake-api.ts";
import { until } from "../clients/process/support.ts";
import { gatewayUnderTest, textOf, VENDORED_TOOLS, type GatewayUnderTest } from "./support.ts";

const SERVER = fileURLToPath(new URL("../../vendor/quantconnect-mcp/dist/main.js", import.meta.url));

describe("the gateway before the vendored server", () => {
  let api: FakeApi;
  let upstreams: UpstreamManager;
  let desk: GatewayUnderTest;
  const pid = (): number => upstreams.status()[0]?.pid ?? 0;
  beforeAll(async () => {
    api = await startFakeApi();
    const env = { QUANTCONNECT_USER_ID: USER_ID, QUANTCONNECT_API_TOKEN: API_TOKEN, QUANTCONNECT_BASE_URL: api.url };
    const server = { name: "quantconnect", command: process.execPath, args: [SERVER], env };
    const registry = { register: () => () => undefined };
    upstreams = new UpstreamManager([server], { registry, log: () => undefined, random: () => 1, version: "1" });
    upstreams.start();
    const starts = new StartQueue({
      pace: { firstMilliseconds: 5, growth: 1, mostMilliseconds: 5, jitter: 0 },
      patience: { call: 45_000, run: 45_000 },
      now: () => performance.now(),
      wait: (milliseconds) => delay(milliseconds),
      random: () => 0,
      organisationOf: () => Promise.resolve("o"),
    });
    desk = await gatewayUnderTest({ upstreams, starts });
  });
  afterAll(async () => {
    await desk[Symbol.asyncDispose]();
    await upstreams[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  const call = (tool: string, args: object) => desk.gateway.call({ principal: "host", tool, arguments: args });

  it("lists its tools under a prefix and passes their answers on", async () => {
    const names = desk.registry.list("full").map(({ name }) => name);
    expect(names).toEqual(VENDORED_TOOLS.map(({ name }) => `qc_${name}`).sort());
    api.expect({ path: "/projects/read", answer: { success: true, projects: [{ projectId: 7 }] } });
    const { result, refusal } = await call("qc_read_project", { projectId: 7 });
    expect(refusal).toBeUndefined();
    expect(textOf(result)).toContain('"projectId":7');
    expect(api.problems()).toEqual([]);
  });

  it("asks for a backtest again while the service says that no node is free, and gives its answer then", async () => {
    const path = "/backtests/create";
    const errors = [
      "There are no spare nodes available in your cluster. To launch a new backtest please stop an existing running backtest or add more compute nodes to your organization.",
    ];
    const files = { path: "/files/read", answer: { success: true, files: [] } };
    const shortage = { path, answer: { success: false, errors } };
    const started = { path, answer: { success: true, backtest: { backtestId: "b1", projectId: 7 } } };
    api.expect(files, shortage, shortage, started);
    const said: string[] = [];
    const { result, refusal } = await desk.gateway.call({
      principal: "host",
      tool: "qc_create_backtest",
      arguments: { projectId: 7, compileId: "c", backtestName: "first" },
      onProgress: ({ message = "" }) => said.push(message),
    });
    expect(refusal).toBeUndefined();
    expect(textOf(result)).toContain("b1");
    expect(said).toEqual(["waiting for node", "waiting for node"]);
    expect(api.problems()).toEqual([]);
  });

  it("calls a write unknown when the server is killed in it, sends it once, and goes on", async () => {
    api.expect({ path: "/projects/create", answer: {}, behave: () => process.kill(pid(), "SIGKILL") });
    const before = api.received.length;
    const lost = await call("qc_create_project", { name: "x", language: "Py" });
    expect(lost.refusal?.code).toBe("OUTCOME_UNKNOWN");
    const at = performance.now();
    api.expect({ path: "/projects/read", answer: { success: true, projects: [] } });
    expect((await call("qc_read_project", { projectId: 7 })).refusal).toBeUndefined();
    expect(performance.now() - at).toBeLessThan(2000);
    const paths = api.received.slice(before).map(({ path }) => path);
    expect(paths).toEqual(["/api/v2/projects/create", "/api/v2/projects/read"]);
    const records = await desk.audit();
    expect(records.slice(-4)).toEqual([
      "intent qc_create_project",
      "outcome qc_create_project OUTCOME_UNKNOWN",
      "intent qc_read_project",
      "outcome qc_read_project ok",
    ]);
    expect(await desk.ledger.verify()).toMatchObject({ ok: true });
  });

  it("says that a server is not there, and that nothing was sent", async () => {
    await upstreams[Symbol.asyncDispose]();
    const refused = await call("qc_create_project", { name: "x", language: "Py" });
    expect(refused.refusal).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", retryable: true });
    upstreams.start();
    await until(() => pid() > 0, "it is back");
  });
});
