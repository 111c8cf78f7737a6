import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { classify, CLASSIFIED_TOOLS, type DeploymentState } from "../../src/gateway/classify.ts";
import { DeploymentLookup } from "../../src/gateway/deployment-lookup.ts";
import { decide } from "../../src/gateway/policy.ts";
import { answered, gatewayUnderTest, VENDORED_TOOLS, type GatewayUnderTest } from "./support.ts";

const quiet: DeploymentState = { liveProjects: new Set() };
const sevenLive: DeploymentState = { liveProjects: new Set([7]) };
const unknown: DeploymentState = { liveProjects: "unknown" };

describe("the class of a call", () => {
  it("is written down for every tool of the vendored server, and for no other", () => {
    expect([...CLASSIFIED_TOOLS].sort()).toEqual(VENDORED_TOOLS.map(({ name }) => name).sort());
  });

  it("is read for no tool that its own server calls destructive", () => {
    const reads = VENDORED_TOOLS.filter(({ name }) => classify(name, {}, quiet) === "read");
    expect(reads).toHaveLength(39);
    for (const { name, annotations } of reads) expect([name, annotations?.["destructiveHint"]]).toEqual([name, false]);
  });

  it.each([
    ["a tool that nobody knows", "make_me_rich", {}, quiet, "live"],
    ["a file of a project that does not run live", "update_file_contents", { projectId: 8 }, sevenLive, "write"],
    ["a file of a live project", "update_file_contents", { projectId: 7 }, sevenLive, "live"],
    ["a file of a project while nobody knows what runs", "patch_file", { projectId: 8 }, unknown, "live"],
    ["a file of a project that is not a number", "patch_file", { projectId: "8" }, quiet, "live"],
    ["a live project's deletion", "delete_project", { projectId: 7 }, sevenLive, "live"],
    ["an object while something runs live", "upload_object", {}, sevenLive, "live"],
    ["an object while nothing runs", "upload_object", {}, quiet, "write"],
    ["an object while nobody knows", "delete_object", {}, unknown, "live"],
    ["a backtest", "create_backtest", { projectId: 7 }, sevenLive, "compute"],
    [
      "a deployment on the paper brokerage",
      "create_live_algorithm",
      { brokerage: { id: "QuantConnectBrokerage" } },
      quiet,
      "paper",
    ],
    [
      "a deployment on another brokerage",
      "create_live_algorithm",
      { brokerage: { id: "InteractiveBrokersBrokerage" } },
      quiet,
      "live",
    ],
    ["a deployment without a brokerage", "create_live_algorithm", {}, quiet, "live"],
    ["a stop", "stop_live_algorithm", { projectId: 7 }, quiet, "live"],
    ["a broadcast", "broadcast_live_command", {}, quiet, "live"],
    ["a new collaborator", "create_project_collaborator", { projectId: 8 }, quiet, "admin"],
  ] as const)("of %s", (...row) => {
    const [, tool, args, state, expected] = row;
    expect(classify(tool, args, state)).toBe(expected);
  });
});

describe("the policy", () => {
  it.each([
    ["read", true],
    ["write", true],
    ["compute", true],
    ["paper", false],
    ["live", false],
    ["reduce", false],
    ["admin", false],
  ] as const)("on class %s allows: %s", (callClass, allowed) => {
    const verdict = decide({ principal: "operator:a", tool: "t", class: callClass });
    expect(verdict.ok ? "allowed" : verdict.refusal.code).toBe(allowed ? "allowed" : "APPROVAL_NOT_YET_AVAILABLE");
  });
});

describe("the fixed policy", () => {
  it("allows what runs backtests, one or many: all are recorded as trials", () => {
    for (const tool of ["create_optimization", "create_backtest"]) {
      const callClass = classify(tool, {}, { liveProjects: "unknown" });
      expect(decide({ principal: "cli", tool: `qc_${tool}`, class: callClass })).toEqual({ ok: true, value: "allow" });
    }
  });
});

describe("the look-up of deployments", () => {
  it("counts every deployment as live that has not ended for certain", async () => {
    const live = ["Running", "LoggingIn", "SomethingNew", "Stopped", "Liquidated"].map((status, projectId) => ({
      status,
      projectId,
    }));
    const lookup = new DeploymentLookup(() => Promise.resolve({ live }), 30_000_000);
    expect(await lookup.state(0)).toEqual({ liveProjects: new Set([0, 1, 2]) });
  });

  it("asks again after 30 s, and knows nothing where the answer does not come or cannot be read", async () => {
    const bodies: unknown[] = [{ live: [{ projectId: 7 }] }, { live: [] }, { live: "none" }];
    let asked = 0;
    const lookup = new DeploymentLookup(() => {
      const body = bodies[asked++];
      return body === undefined ? Promise.reject(new Error("down")) : Promise.resolve(body as Record<string, unknown>);
    }, 30_000_000);
    expect(await lookup.state(0)).toEqual(sevenLive);
    expect(await lookup.state(29_000_000)).toEqual(sevenLive);
    expect(await lookup.state(31_000_000)).toEqual(quiet);
    expect(await lookup.state(62_000_000)).toEqual(unknown);
    expect(await lookup.state(62_000_001)).toEqual(unknown);
  });
});

describe("writing to a project of an account", () => {
  let desk: GatewayUnderTest;
  beforeEach(async () => {
    desk = await gatewayUnderTest({ profile: "quantconnect" });
  });
  afterEach(() => desk[Symbol.asyncDispose]());
  const patch = (projectId: number) =>
    desk.gateway.call({ principal: "host", tool: "qc_patch_file", arguments: { projectId, patch: "x" } });

  it("is refused where the project runs live, and done where it does not", async () => {
    desk.upstreams.answers.set("list_live_algorithms", answered({ success: true, live: [{ projectId: 7 }] }));
    expect((await patch(7)).refusal?.code).toBe("APPROVAL_NOT_YET_AVAILABLE");
    expect((await patch(8)).refusal).toBeUndefined();
  });

  it("is refused where the account does not say what runs", async () => {
    desk.upstreams.answers.set("list_live_algorithms", { kind: "lost", sent: true, timedOut: true, reason: "" });
    expect((await patch(8)).refusal?.code).toBe("APPROVAL_NOT_YET_AVAILABLE");
    expect(desk.upstreams.calls.map(({ tool }) => tool)).toEqual(["list_live_algorithms"]);
  });
});
