import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { routedUpstreams } from "../../src/clients/upstream/routed-upstreams.ts";
import type { ReadRoute } from "../../src/domain/read-route.ts";
import type { UpstreamOutcome } from "../../src/gateway/upstream-port.ts";
import { answered, gatewayUnderTest, ScriptedUpstreams, textOf, VENDORED_TOOLS } from "./support.ts";
import type { GatewayUnderTest } from "./support.ts";

const LOST: UpstreamOutcome = { kind: "lost", sent: true, timedOut: false, reason: "it died" };

describe("the gateway with a route for a read", () => {
  const inner = new ScriptedUpstreams([]);
  const route: ReadRoute = { tool: "read_project", of: ["alpha", "beta"], choose: "first-healthy" };
  const differing = new Set<string>();
  let desk: GatewayUnderTest;
  beforeAll(async () => {
    const source = (upstream: string) => ({
      upstream,
      prefix: `${upstream}_`,
      build: "1",
      speaks: "quantconnect" as const,
    });
    const upstreams = routedUpstreams(inner, {
      routes: () => [route],
      servers: {
        speaks: () => "quantconnect",
        tool: (upstream, name) => {
          const tool = VENDORED_TOOLS.find((one) => one.name === name);
          return tool && differing.has(upstream) ? { ...tool, inputSchema: { type: "object" } } : tool;
        },
      },
    });
    const any = { ...source("any"), answeredBy: () => route.of };
    desk = await gatewayUnderTest({ upstreams, sources: [source("alpha"), source("beta"), any] });
  });
  afterAll(() => desk[Symbol.asyncDispose]());
  beforeEach(() => {
    differing.clear();
    inner.calls.length = 0;
    inner.answers.clear();
  });
  const call = (tool: string, args: object = { projectId: 7 }) =>
    desk.gateway.call({ principal: "host", tool, arguments: args });

  it("says in the envelope who answered for whom, and in the audit log who was asked", async () => {
    inner.answers.set("read_project", ({ upstream }) => (upstream === "alpha" ? LOST : answered({ projects: [] })));
    const { result, refusal } = await call("any_read_project");
    expect(refusal).toBeUndefined();
    expect(result._meta?.["quantwright/envelope"]).toMatchObject({ source: "beta", fallbackFor: ["alpha"] });
    expect(textOf(result)).toContain("· beta in place of alpha ·");
    const [record] = (await desk.ledger.tail(1000)).slice(-1);
    expect(record).toMatchObject({ tool: "any_read_project", class: "read", result: "ok" });
    expect(record?.detail).toBe("alpha: it died; beta: answered");
  });

  it("knows who may answer, for what a policy says of them", () => {
    const listed = desk.registry.list("full").filter((tool) => tool.kind === "passed" && tool.answeredBy !== undefined);
    expect(listed).toMatchObject([{ name: "any_read_project", answeredBy: ["alpha", "beta"] }]);
  });

  it("says nothing of a fallback where the preferred one answered", async () => {
    inner.answers.set("read_project", answered({ projects: [] }));
    const envelope = (await call("any_read_project")).result._meta?.["quantwright/envelope"];
    expect(envelope).toMatchObject({ source: "alpha" });
    expect(envelope).not.toHaveProperty("fallbackFor");
  });

  it("names everybody in the refusal where nobody answers", async () => {
    inner.answers.set("read_project", LOST);
    const { refusal } = await call("any_read_project");
    expect(refusal).toMatchObject({
      code: "UPSTREAM_LOST",
      message: expect.stringContaining("alpha: it died; beta: it died") as string,
    });
    expect((await desk.ledger.tail(1)).at(-1)?.detail).toContain("beta: it died");
  });

  it("refuses the call, and asks nobody, once the arguments differ", async () => {
    differing.add("beta");
    expect((await call("any_read_project")).refusal?.code).toBe("ROUTE_SCHEMA_DIFFERS");
    expect(inner.calls).toEqual([]);
  });

  it("has no such tool for a write, and sends a write that is lost to nobody else", async () => {
    const write = { name: "x", language: "Py" };
    expect((await call("any_create_project", write)).refusal?.code).toBe("TOOL_UNKNOWN");
    inner.answers.set("create_project", { ...LOST, sent: false });
    expect((await call("qc_create_project", write)).refusal?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(inner.calls.map(({ upstream, tool }) => `${upstream} ${tool}`)).toEqual(["quantconnect create_project"]);
  });
});
