import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UpstreamManager } from "../../src/clients/upstream/upstream-manager.ts";
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
    desk = await gatewayUnderTest({ upstreams });
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
