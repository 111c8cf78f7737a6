import { beforeEach, describe, expect, it } from "vitest";
import { carefulUpstreams } from "../../../src/clients/upstream/careful-upstreams.ts";
import { routeOrder } from "../../../src/clients/upstream/route-order.ts";
import { routedUpstreams } from "../../../src/clients/upstream/routed-upstreams.ts";
import { readRouteSchema, type ReadRoute } from "../../../src/domain/read-route.ts";
import type { RoutedServers } from "../../../src/gateway/check-route.ts";
import type {
  UpstreamCall,
  UpstreamOutcome,
  Upstreams,
  UpstreamStatus,
  UpstreamTool,
} from "../../../src/gateway/upstream-port.ts";
import { answered, ScriptedUpstreams } from "../../gateway/support.ts";

const LOST: UpstreamOutcome = { kind: "lost", sent: true, timedOut: true, reason: "nothing came" };

class Servers extends ScriptedUpstreams {
  readonly states = new Map<string, UpstreamStatus["state"]>();

  override status(): [] {
    const status = ["alpha", "beta", "gamma"].map((name) => ({
      name,
      state: this.states.get(name) ?? "ready",
      pid: null,
      restarts: 0,
      tools: 1,
      lastError: null,
    }));
    // The scripted one has no upstreams of its own.
    return status as unknown as [];
  }
}

let inner: Servers;
let tools: Map<string, UpstreamTool>;
let speaks: Map<string, "quantconnect" | "unknown">;
beforeEach(() => {
  inner = new Servers([]);
  tools = new Map(["alpha", "beta", "gamma"].map((name) => [name, listed("string")]));
  speaks = new Map([...tools.keys()].map((name) => [name, "quantconnect"]));
});

const listed = (type: string, name = "read_project"): UpstreamTool => ({
  name,
  description: "Reads.",
  inputSchema: { type: "object", properties: { projectId: { type } } },
});
const servers: RoutedServers = {
  speaks: (upstream) => speaks.get(upstream),
  tool: (upstream, name) => {
    const tool = tools.get(upstream);
    return tool?.name === name ? tool : undefined;
  },
};
const route = (more: Partial<ReadRoute> = {}): ReadRoute => ({
  tool: "read_project",
  of: ["alpha", "beta"],
  choose: "first-healthy",
  ...more,
});
const routed = (one: ReadRoute = route(), over: Upstreams = inner): Upstreams =>
  routedUpstreams(over, { routes: () => [one], servers });
const request = (more: Partial<UpstreamCall> = {}): UpstreamCall => ({
  upstream: "any",
  tool: "read_project",
  arguments: { projectId: 1 },
  deadlineMilliseconds: 1000,
  ...more,
});
const asked = (): string[] => inner.calls.map(({ upstream }) => upstream);

describe("a route for a read", () => {
  it("goes to the first, and to the next one where no answer comes, each with its part of the time", async () => {
    inner.answers.set("read_project", ({ upstream }) => (upstream === "alpha" ? LOST : answered({ by: upstream })));
    expect(await routed().call(request())).toMatchObject({
      kind: "answered",
      result: { structuredContent: { by: "beta" } },
      routed: {
        by: "beta",
        insteadOf: ["alpha"],
        attempts: [
          { upstream: "alpha", end: "no answer in time" },
          { upstream: "beta", end: "answered" },
        ],
      },
    });
    expect(inner.calls.map(({ deadlineMilliseconds }) => deadlineMilliseconds)).toEqual([500, 500]);
  });

  it("waits for each but the last only as long as it says", async () => {
    inner.answers.set("read_project", LOST);
    await routed(route({ of: ["alpha", "beta", "gamma"], withinSeconds: 0.1 })).call(
      request({ deadlineMilliseconds: 900 }),
    );
    await routed(route({ withinSeconds: 60 })).call(request());
    expect(inner.calls.map(({ deadlineMilliseconds }) => deadlineMilliseconds)).toEqual([100, 100, 300, 500, 500]);
  });

  it("passes over who is not healthy, and asks it only where nobody else answers", async () => {
    inner.states.set("alpha", "unhealthy");
    inner.answers.set("read_project", answered({}));
    const upstreams = routed();
    expect(await upstreams.call(request())).toMatchObject({ routed: { by: "beta", insteadOf: ["alpha"] } });
    expect(asked()).toEqual(["beta"]);
    inner.answers.set("read_project", ({ upstream }) => (upstream === "beta" ? LOST : answered({})));
    expect(await upstreams.call(request())).toMatchObject({ routed: { by: "alpha", insteadOf: [] } });
    expect(asked()).toEqual(["beta", "beta", "alpha"]);
  });

  it("asks the next one at once while a server that failed again and again is left alone", async () => {
    inner.answers.set("read_project", ({ upstream }) => (upstream === "alpha" ? LOST : answered({})));
    const careful = carefulUpstreams(inner, { careOf: () => ({}), isRead: () => true, now: () => 0 });
    const upstreams = routed(route(), careful);
    for (let count = 0; count < 6; count += 1) await upstreams.call(request());
    expect(asked().filter((upstream) => upstream === "alpha")).toHaveLength(5);
    const held = await upstreams.call(request());
    expect(held).toMatchObject({ routed: { by: "beta", attempts: [{ upstream: "alpha" }, { upstream: "beta" }] } });
    expect(held.kind === "answered" && held.routed?.attempts[0]?.end).toMatch(/left alone/);
  });

  it("takes an error of a server for its answer, and asks nobody else", async () => {
    const result = { content: [{ type: "text", text: "no such project" }], isError: true };
    inner.answers.set("read_project", { kind: "answered", result });
    expect(await routed().call(request())).toMatchObject({ result, routed: { by: "alpha", insteadOf: [] } });
    expect(asked()).toEqual(["alpha"]);
  });

  it("names each that was asked where none answers, and stops where the caller is gone", async () => {
    inner.answers.set("read_project", LOST);
    const lost = { kind: "lost", sent: true, reason: "alpha: no answer in time; beta: no answer in time" };
    expect(await routed().call(request())).toMatchObject(lost);
    await routed().call(request({ signal: AbortSignal.abort() }));
    expect(asked()).toEqual(["alpha", "beta", "alpha"]);
  });

  it("shares calls out in turn, or by who has the fewest in flight", async () => {
    inner.answers.set("read_project", answered({}));
    const inTurn = routed(route({ choose: "round-robin" }));
    for (let count = 0; count < 4; count += 1) await inTurn.call(request());
    expect(asked()).toEqual(["alpha", "beta", "alpha", "beta"]);
    inner.calls.length = 0;
    const { promise, resolve } = Promise.withResolvers<UpstreamOutcome>();
    inner.answers.set("read_project", ({ upstream }) => (upstream === "alpha" ? promise : answered({})));
    const byLoad = routed(route({ choose: "least-in-flight" }));
    // Also what is called by its own name counts.
    const busy = byLoad.call(request({ upstream: "alpha" }));
    for (let count = 0; count < 2; count += 1) await byLoad.call(request());
    expect(asked()).toEqual(["alpha", "beta", "beta"]);
    resolve(answered({}));
    await busy;
  });

  it("asks nobody that does not list the tool, and refuses where the arguments differ", async () => {
    inner.answers.set("read_project", answered({}));
    tools.delete("alpha");
    expect(await routed().call(request())).toMatchObject({ routed: { by: "beta" } });
    tools.set("alpha", listed("integer"));
    expect(await routed().call(request())).toMatchObject({
      kind: "lost",
      sent: false,
      refusal: { code: "ROUTE_SCHEMA_DIFFERS" },
    });
    expect(asked()).toEqual(["beta"]);
  });

  it("leaves every call that names its upstream as it is, whatever becomes of it", async () => {
    inner.answers.set("create_project", { ...LOST, sent: false });
    const call = request({ upstream: "alpha", tool: "create_project" });
    expect(await routed().call(call)).toMatchObject({ kind: "lost", sent: false });
    expect(inner.calls).toEqual([call]);
  });
});

describe("the tools of routes", () => {
  const names = async (one: ReadRoute): Promise<string[]> => (await routed(one).tools("any")).map(({ name }) => name);

  it("are listed with the arguments that all take, as soon as one is listed", async () => {
    tools.delete("alpha");
    expect(await routed().tools("any")).toMatchObject(
      [
        {
          name: "read_project",
          inputSchema: listed("string").inputSchema,
          description: /alpha, beta \(first-healthy\)/,
        },
      ].map((tool) => ({ ...tool, description: expect.stringMatching(tool.description) as string })),
    );
    tools.clear();
    expect(await names(route())).toEqual([]);
  });

  it.each<[string, Partial<ReadRoute>, () => void, string]>([
    [
      "a write",
      { tool: "create_project" },
      () => tools.set("alpha", listed("string", "create_project")),
      "ROUTE_NOT_READ",
    ],
    [
      "a tool that nobody knows",
      { tool: "get_quote" },
      () => tools.set("alpha", listed("string", "get_quote")),
      "ROUTE_NOT_READ",
    ],
    ["a server that nobody knows the tools of", {}, () => speaks.set("beta", "unknown"), "ROUTE_NOT_READ"],
    ["the desk's own server", { of: ["quantconnect", "beta"] }, () => undefined, "UPSTREAM_UNKNOWN"],
  ])("are none for %s, and nothing is sent", async (_, more, change, code) => {
    change();
    expect(await names(route(more))).toEqual([]);
    expect(await routed(route(more)).call(request({ tool: route(more).tool }))).toMatchObject({
      sent: false,
      refusal: { code },
    });
    expect(asked()).toEqual([]);
  });

  it("are not there for what no route names", async () => {
    const outcome = await routed().call(request({ tool: "list_projects" }));
    expect(outcome).toMatchObject({ kind: "lost", sent: false, refusal: { code: "ROUTE_UNKNOWN" } });
  });
});

describe("the order of a route", () => {
  const candidate = (upstream: string, inFlight = 0, isHealthy = true) => ({ upstream, inFlight, isHealthy });
  const order = (choose: ReadRoute["choose"], turn: number, ...candidates: ReturnType<typeof candidate>[]): string =>
    routeOrder(choose, candidates, turn)
      .map(({ upstream }) => upstream)
      .join("");

  it("is that of the policy among the healthy, and the others last", () => {
    const three = [candidate("a", 2), candidate("b", 1, false), candidate("c", 0)];
    expect(order("first-healthy", 1, ...three)).toBe("acb");
    expect(order("round-robin", 2, ...three)).toBe("cab");
    expect(order("least-in-flight", 0, ...three)).toBe("cab");
    expect(order("round-robin", 7)).toBe("");
  });
});

describe("a route as it is written down", () => {
  it.each([
    ["one upstream only", { of: ["alpha"] }],
    ["the same twice", { of: ["alpha", "alpha"] }],
    ["another policy", { choose: "random" }],
    ["a field that nobody knows", { retries: 3 }],
  ])("is not understood with %s", (_, more) => {
    expect(readRouteSchema.safeParse({ tool: "read_project", of: ["alpha", "beta"], ...more }).success).toBe(false);
  });
});
