import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentMode } from "../../src/domain/profile.ts";
import { classify, CLASSIFIED_TOOLS, NOTHING_RUNS, type DeploymentState } from "../../src/gateway/classify.ts";
import { DeploymentLookup } from "../../src/gateway/deployment-lookup.ts";
import { answered, gatewayUnderTest, VENDORED_TOOLS, type GatewayUnderTest } from "./support.ts";

const quiet = NOTHING_RUNS;
const running = (mode: DeploymentMode): DeploymentState => ({
  running: new Map([[7, { deployId: "L-7", mode }]]),
  flat: new Set(),
});
const sevenLive = running("LIVE");
const sevenPaper = running("PAPER");
const unknown: DeploymentState = { running: "unknown", flat: new Set() };

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
    ["an object while nothing runs", "upload_object", { key: "models/alpha.json" }, quiet, "write"],
    ["an object that only begins like those of the twin", "upload_object", { key: "quantwrights/a" }, quiet, "write"],
    ["an object of the twin while nothing runs", "delete_object", { key: "quantwright/s1/state" }, quiet, "admin"],
    ["the folder of the twin", "delete_object", { key: "/Quantwright" }, quiet, "admin"],
    [
      "an object of the twin in another spelling",
      "upload_object",
      { key: "a/../quantwright/s1/mandate" },
      quiet,
      "admin",
    ],
    ["an object of the twin in escapes", "upload_object", { key: "%71uantwright/s1/mandate" }, quiet, "admin"],
    ["all objects", "delete_object", { key: "/" }, quiet, "admin"],
    [
      "an object of the twin while something runs live",
      "upload_object",
      { key: "quantwright/s1/state" },
      sevenLive,
      "live",
    ],
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
    [
      "a deployment on the simulated live brokerage",
      "create_live_algorithm",
      { brokerage: { id: "SimulatedBrokerage" } },
      quiet,
      "live",
    ],
    ["a stop of what nobody knows to run", "stop_live_algorithm", { projectId: 7 }, quiet, "live"],
    ["a stop of a live account", "stop_live_algorithm", { projectId: 7 }, sevenLive, "live"],
    ["a stop of a paper account", "stop_live_algorithm", { projectId: 7 }, sevenPaper, "paper"],
    [
      "a stop of a live account that is flat",
      "stop_live_algorithm",
      { projectId: 7 },
      { ...sevenLive, flat: new Set([7]) },
      "reduce",
    ],
    ["a liquidation of a live account", "liquidate_live_algorithm", { projectId: 7 }, sevenLive, "reduce"],
    ["a command to a paper algorithm", "create_live_command", { projectId: 7 }, sevenPaper, "paper"],
    ["a command to a live algorithm", "create_live_command", { projectId: 7 }, sevenLive, "live"],
    ["a command while nobody knows what runs", "create_live_command", { projectId: 7 }, unknown, "live"],
    ["a file of a paper project", "update_file_contents", { projectId: 7 }, sevenPaper, "paper"],
    ["an object while only paper runs", "upload_object", {}, sevenPaper, "paper"],
    ["a broadcast", "broadcast_live_command", {}, quiet, "live"],
    ["a new collaborator", "create_project_collaborator", { projectId: 8 }, quiet, "admin"],
  ] as const)("of %s", (...row) => {
    const [, tool, args, state, expected] = row;
    expect(classify(tool, args, state)).toBe(expected);
  });
});

describe("the look-up of deployments", () => {
  it("keeps no answer that was asked for before something was deployed", async () => {
    const answers = [
      Promise.withResolvers<Record<string, unknown>>(),
      Promise.withResolvers<Record<string, unknown>>(),
    ];
    let asked = 0;
    const lookup = new DeploymentLookup(
      () => answers[asked++]?.promise ?? Promise.reject(new Error("asked too often")),
      30e6,
    );
    const early = lookup.running(0);
    lookup.forget();
    answers[0]?.resolve({ live: [] });
    await early;
    answers[1]?.resolve({ live: [{ projectId: 7, deployId: "L-7", status: "Running", brokerage: "OandaBrokerage" }] });
    const running = await lookup.running(1);
    expect(running === "unknown" ? running : [...running.keys()]).toEqual([7]);
    expect(asked).toBe(2);
  });

  it("counts every deployment as live that has not ended for certain", async () => {
    const live = ["Running", "LoggingIn", "SomethingNew", "Stopped", "Liquidated"].map((status, projectId) => ({
      status,
      projectId,
      deployId: `L-${projectId}`,
      brokerage: "PaperBrokerage",
    }));
    const lookup = new DeploymentLookup(() => Promise.resolve({ live }), 30_000_000);
    const mode = "PAPER";
    expect(await lookup.running(0)).toEqual(
      new Map([0, 1, 2].map((projectId) => [projectId, { deployId: `L-${projectId}`, mode }])),
    );
  });

  it.each([
    ["PaperBrokerage", "PAPER"],
    ["SimulatedBrokerage", "SIMULATED LIVE"],
    ["InteractiveBrokersBrokerage", "LIVE"],
    [undefined, "LIVE"],
  ])("takes a deployment on %s for %s", async (brokerage, mode) => {
    const lookup = new DeploymentLookup(() => Promise.resolve({ live: [{ projectId: 7, brokerage }] }), 1);
    expect(await lookup.running(0)).toEqual(new Map([[7, { deployId: "", mode }]]));
  });

  it("takes the graver of two deployments of a project", async () => {
    const live = ["OandaBrokerage", "PaperBrokerage"].map((brokerage) => ({ projectId: 7, brokerage }));
    const lookup = new DeploymentLookup(() => Promise.resolve({ live }), 1);
    expect(await lookup.running(0)).toEqual(new Map([[7, { deployId: "", mode: "LIVE" }]]));
  });

  it("asks again after 30 s, and knows nothing where the answer does not come or cannot be read", async () => {
    const bodies: unknown[] = [{ live: [{ projectId: 7 }] }, { live: [] }, { live: "none" }];
    let asked = 0;
    const lookup = new DeploymentLookup(() => {
      const body = bodies[asked++];
      return body === undefined ? Promise.reject(new Error("down")) : Promise.resolve(body as Record<string, unknown>);
    }, 30_000_000);
    const seven = new Map([[7, { deployId: "", mode: "LIVE" }]]);
    expect(await lookup.running(0)).toEqual(seven);
    expect(await lookup.running(29_000_000)).toEqual(seven);
    expect(await lookup.running(31_000_000)).toEqual(new Map());
    expect(await lookup.running(62_000_000)).toBe("unknown");
    expect(await lookup.running(62_000_001)).toBe("unknown");
  });

  it("asks again when the clock went back", async () => {
    let asked = 0;
    const lookup = new DeploymentLookup(() => Promise.resolve({ live: [], asked: (asked += 1) }), 30_000_000);
    await lookup.running(100);
    await lookup.running(50);
    expect(asked).toBe(2);
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
    expect((await patch(7)).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect((await patch(8)).refusal).toBeUndefined();
  });

  it("is refused where the account does not say what runs", async () => {
    desk.upstreams.answers.set("list_live_algorithms", { kind: "lost", sent: true, timedOut: true, reason: "" });
    expect((await patch(8)).refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(desk.upstreams.calls.map(({ tool }) => tool)).toEqual(["list_live_algorithms"]);
  });
});
