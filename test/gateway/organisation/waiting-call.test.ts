import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartQueue, type StartQueueParts } from "../../../src/gateway/organisation/start-queue.ts";
import type { CallAnswer } from "../../../src/gateway/call-request.ts";
import type { UpstreamOutcome } from "../../../src/gateway/upstream-port.ts";
import type { VirtualClock } from "../../../vendor/quantconnect-mcp/test/support/virtual-clock.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import { answered, gatewayUnderTest, textOf, type GatewayUnderTest } from "../support.ts";
import { waitingClock } from "./waiting-clock.ts";

const NO_NODES = answered({
  success: false,
  errors: [
    "There are no spare nodes available in your cluster. To launch a new backtest please stop an existing running backtest or add more compute nodes to your organization.",
  ],
});
const STARTED = answered({ success: true, backtest: { backtestId: "b1" } });
const MINUTE = 60_000;

function queueOn(clock: VirtualClock, wait: StartQueueParts["wait"]): StartQueue {
  return new StartQueue({
    pace: { firstMilliseconds: 2000, growth: 1.5, mostMilliseconds: 30_000, jitter: 0 },
    patience: { call: 45_000, run: 360 * MINUTE },
    now: clock.now,
    wait,
    random: () => 0,
    organisationOf: () => Promise.resolve("o"),
  });
}

describe("a call that needs a node while none is free", () => {
  let clock: VirtualClock;
  let desk: GatewayUnderTest;
  let free: boolean;
  let said: string[];
  beforeEach(async () => {
    const { clock: virtual, wait } = waitingClock();
    clock = virtual;
    free = false;
    said = [];
    desk = await gatewayUnderTest({ starts: queueOn(clock, wait) });
    desk.upstreams.answers.set("create_backtest", (): UpstreamOutcome => (free ? STARTED : NO_NODES));
    desk.upstreams.answers.set("list_backtests", answered({ success: true, backtests: [] }));
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  const begin = (more: { readonly runId?: string; readonly giveUp?: AbortSignal } = {}): Promise<CallAnswer> =>
    desk.gateway.call({
      principal: "host",
      tool: "qc_create_backtest",
      arguments: { projectId: 7, compileId: "c", backtestName: "first" },
      onProgress: ({ message = "" }) => said.push(message),
      ...more,
    });
  const sends = (): number => desk.upstreams.calls.filter(({ tool }) => tool === "create_backtest").length;
  /** Lets time pass once the call was sent for the first time: what comes before it takes real time. */
  const pass = async (milliseconds: number): Promise<void> => {
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.pass(milliseconds);
  };

  it("waits, says so, and is one intent, one trial and one outcome however often it was asked", async () => {
    const call = begin();
    await pass(10_000);
    expect(sends()).toBe(4);
    expect(said[0]).toBe("waiting for node");
    free = true;
    await clock.pass(10_000);
    const { refusal, result } = await call;
    expect(refusal).toBeUndefined();
    expect(textOf(result)).toContain("b1");
    expect((await desk.audit()).filter((line) => line.includes("create_backtest"))).toEqual([
      "intent qc_create_backtest",
      "outcome qc_create_backtest ok",
    ]);
    expect(await desk.trials.open()).toMatchObject([{ backtestId: "b1", name: "first" }]);
  });

  it("is refused after 45 s with what to do, and its trial is over", async () => {
    const call = begin();
    await pass(46_000);
    const { refusal } = await call;
    expect(refusal).toMatchObject({
      code: "NODE_UNAVAILABLE",
      remedy: expect.stringContaining("nothing was started") as unknown,
    });
    expect((await desk.audit()).at(-1)).toBe("outcome qc_create_backtest NODE_UNAVAILABLE");
    expect(await desk.trials.open()).toEqual([]);
  });

  it("has a trial that nobody looks up or abandons while a run waits for hours", async () => {
    const call = begin({ runId: "r1" });
    await pass(20 * MINUTE);
    desk.clock.time += 20 * MINUTE * 1000;
    const before = desk.upstreams.calls.length;
    await desk.recorder.watch();
    expect(desk.upstreams.calls.length).toBe(before);
    expect(await desk.trials.open()).toHaveLength(1);
    free = true;
    await clock.pass(MINUTE);
    expect((await call).refusal).toBeUndefined();
    // Once it was started it is looked after again.
    await desk.recorder.watch();
    expect(desk.upstreams.calls.at(-1)?.tool).toBe("read_backtest");
  });

  it("ends at once when its run gives up, without having been started", async () => {
    const abort = new AbortController();
    const call = begin({ runId: "r1", giveUp: abort.signal });
    await pass(1000);
    abort.abort();
    expect((await call).refusal?.code).toBe("CANCELLED");
    free = true;
    await clock.pass(10 * MINUTE);
    expect(sends()).toBe(1);
    expect(await desk.trials.open()).toEqual([]);
  });

  it("is not asked again once its answer was lost", async () => {
    const answers: UpstreamOutcome[] = [NO_NODES, { kind: "lost", sent: true, timedOut: true, reason: "timeout" }];
    desk.upstreams.answers.set("create_backtest", () => answers.shift() ?? STARTED);
    const call = begin();
    await pass(MINUTE);
    expect((await call).refusal?.code).toBe("OUTCOME_UNKNOWN");
    expect(sends()).toBe(2);
    expect(await desk.trials.open()).toHaveLength(1);
  });
});

describe("a deployment that waits for a node", () => {
  const DEPLOYMENT = {
    versionId: "1",
    projectId: 7,
    compileId: "c1",
    nodeId: "n",
    brokerage: { id: "QuantConnectBrokerage" },
  };
  /** Waits until it is told that it waits. */
  async function waiting(): Promise<{
    readonly desk: GatewayUnderTest;
    readonly clock: VirtualClock;
    readonly call: Promise<CallAnswer>;
    readonly sends: () => number;
  }> {
    const { clock, wait } = waitingClock();
    const desk = await gatewayUnderTest({ starts: queueOn(clock, wait) });
    desk.upstreams.answers
      .set("read_file", answered({ success: true, files: [{ name: "main.py", content: "x = 1" }] }))
      .set("create_compile", answered({ success: true, compileId: "c1", state: "InQueue" }))
      .set("create_live_algorithm", NO_NODES);
    const told = Promise.withResolvers<void>();
    const ask = (tool: string, args: object, more: object = {}): Promise<CallAnswer> =>
      desk.gateway.call({ principal: "host", tool, arguments: args, onProgress: () => told.resolve(), ...more });
    await ask("qc_create_compile", { projectId: 7 });
    await ask("qc_create_live_algorithm", DEPLOYMENT);
    const approvalId = (await desk.approvals.list(1))[0]?.id ?? "none";
    await desk.approvals.sign(await desk.operator.decide(desk.approvals, approvalId, { at: desk.clock.time }));
    const call = ask("qc_create_live_algorithm", DEPLOYMENT, { approvalId, runId: "r1" });
    await Promise.race([told.promise, call]);
    const sends = (): number => desk.upstreams.calls.filter(({ tool }) => tool === "create_live_algorithm").length;
    return { desk, clock, call, sends };
  }

  it("is not sent again once trading was halted", async () => {
    const { desk, clock, call, sends } = await waiting();
    await using _ = desk;
    expect(sends()).toBe(1);
    desk.halt.notice = { haltId: "h", target: "desk", since: 0, by: "anna", reason: "test" };
    await clock.pass(10_000);
    expect((await call).refusal?.code).toBe("HALTED");
    expect(sends()).toBe(1);
  });

  it("is given up after 45 s also where a run made it: what was decided is decided for now", async () => {
    const { desk, clock, call } = await waiting();
    await using _ = desk;
    await clock.pass(46_000);
    expect((await call).refusal?.code).toBe("NODE_UNAVAILABLE");
  });
});

describe("the watcher of trials on an account", () => {
  it("leaves a backtest alone that was started or looked at less than 4 s ago, and looks again after that", async () => {
    await using desk = await gatewayUnderTest({ profile: "quantconnect" });
    const running = answered({ success: true, backtest: { backtestId: "b1", completed: false } });
    desk.upstreams.answers.set("create_backtest", STARTED).set("read_backtest", running);
    const call = (tool: string, args: Readonly<Record<string, unknown>>): Promise<CallAnswer> =>
      desk.gateway.call({ principal: "host", tool, arguments: args });
    const looks = async (microseconds: number): Promise<number> => {
      desk.clock.time += microseconds;
      const before = desk.upstreams.calls.length;
      await desk.recorder.watch();
      return desk.upstreams.calls.slice(before).filter(({ tool }) => tool === "read_backtest").length;
    };
    await call("qc_create_backtest", { projectId: 7, compileId: "c", backtestName: "first" });
    expect(await looks(3_900_000)).toBe(0);
    await call("qc_read_backtest", { projectId: 7, backtestId: "b1" });
    expect(await looks(2_000_000)).toBe(0);
    expect(await looks(2_000_000)).toBe(1);
    expect(await looks(5_000_000)).toBe(1);
  });
});

describe("an inner read that was refused for the number of calls", () => {
  it("is a refusal that may be asked again later; any other error is not", async () => {
    await using desk = await gatewayUnderTest();
    const error = (_meta: Readonly<Record<string, unknown>>): UpstreamOutcome => ({
      kind: "answered",
      result: { content: [{ type: "text", text: "Too many requests" }], isError: true, _meta },
    });
    const read = () =>
      refusalOf(
        desk.gateway.inner({ principal: "desk", upstream: "quantconnect", tool: "read_account", arguments: {} }),
      );
    desk.upstreams.answers.set("read_account", error({ "quantwright/repeat": "later" }));
    expect(await read()).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    desk.upstreams.answers.set("read_account", error({ "quantwright/effect": "none" }));
    expect(await read()).toMatchObject({ code: "UPSTREAM_REFUSED" });
  });
});
