import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Trial } from "../../src/domain/trial.ts";
import { artefactHash } from "../../src/gateway/artefact-hash.ts";
import type { UpstreamOutcome } from "../../src/gateway/upstream-port.ts";
import { auditEntry } from "../store/support/records.ts";
import { answered, gatewayUnderTest, type GatewayUnderTest } from "./support.ts";

const MINUTE = 60_000_000;
const CREATED = { optimizationId: "O-1", name: "sweep", created: "2023-11-14 22:13:25" };
const lost = (sent: boolean) => ({ kind: "lost", sent, timedOut: false, reason: "it died" }) as const;
const refusedBy = (text: string): UpstreamOutcome => answered({ success: false, errors: [text] });
const ARGUMENTS = {
  projectId: 7,
  name: "sweep",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
  compileId: "c",
  parameters: [
    { name: "fast", min: 1, max: 2, step: 1 },
    { name: "ratio", min: 0.1, max: 0.3, step: 0.1 },
  ],
  estimatedCost: 0,
  nodeType: "O2-8",
  parallelNodes: 2,
};
/** Values of the six points. */
const GRID = ["1 0.1", "1 0.2", "1 0.3", "2 0.1", "2 0.2", "2 0.3"];

describe("the points of an optimisation", () => {
  let desk: GatewayUnderTest;
  /** What the cloud runs: values of each point by the id of its backtest, and whether it has ended. */
  let running: Map<string, { readonly values: string; readonly progress: number }>;
  let status: string;

  beforeEach(async () => {
    desk = await gatewayUnderTest();
    const links = [{ profile: "local" as const, organisation: "o", projectId: 7 }];
    await desk.strategies.add({ id: "s1", name: "S", lifecycle: "draft", createdAt: 1, links });
    running = new Map();
    status = "running";
    const files = [{ name: "main.py", content: "x = 1\n" }];
    desk.upstreams.answers.set("read_file", answered({ success: true, files }));
    desk.upstreams.answers.set("create_optimization", answered({ success: true, optimizations: [CREATED] }));
    desk.upstreams.answers.set("read_optimization", () => {
      const backtests = [...running].map(([id, { values, progress }]) => {
        const [fast = "", ratio = ""] = values.split(" ");
        return [id, { id, name: "sweep", progress, parameterSet: { ratio: Number(ratio), fast } }] as const;
      });
      return answered({
        success: true,
        optimization: { ...CREATED, status, backtests: running.size === 0 ? [] : Object.fromEntries(backtests) },
      });
    });
    desk.upstreams.answers.set("read_backtest", (call) => {
      const point = running.get(String(call.arguments["backtestId"]));
      if (point === undefined) return refusedBy("Backtest not found");
      const completed = point.progress === 1;
      return answered({
        success: true,
        backtest: { completed, status: "Completed.", statistics: { "Net Profit": 1 } },
      });
    });
  });
  afterEach(() => desk[Symbol.asyncDispose]());

  const call = (tool: string, args: object) =>
    desk.gateway.call({ principal: "host", tool: `qc_${tool}`, arguments: args });
  const create = (more: object = {}) => call("create_optimization", { ...ARGUMENTS, ...more });
  /** Values, backtest and state of each trial. */
  const trials = async (): Promise<string[]> =>
    (await desk.trials.list()).map(({ parameters: { fast, ratio }, backtestId, state }) =>
      [fast, ratio, backtestId ?? "-", state].join(" "),
    );
  const states = async (): Promise<Record<string, number>> => {
    const all = await desk.trials.list();
    return Object.fromEntries(
      [...new Set(all.map(({ state }) => state))].map((state) => [
        state,
        all.filter((trial) => trial.state === state).length,
      ]),
    );
  };
  const run = (values: readonly string[], progress = 1): void => {
    for (const value of values) running.set(`b ${value}`, { values: value, progress });
  };
  const watched = async (): Promise<number> => (await desk.optimizations.watched()).length;
  const readings = (): number => desk.upstreams.calls.filter(({ tool }) => tool === "read_backtest").length;

  it("are committed as trials with the intent, before the optimisation is asked for", async () => {
    const seen: Trial[] = [];
    desk.upstreams.answers.set("create_optimization", async () => {
      seen.push(...(await desk.trials.list()));
      return answered({ success: true, optimizations: [CREATED] });
    });
    const { callId } = await create();
    expect(seen.map(({ parameters: { fast, ratio } }) => `${fast} ${ratio}`).toSorted()).toEqual(GRID);
    const expected = { state: "open", callId, strategyId: "s1", projectId: 7, name: "sweep", principal: "host" };
    for (const trial of seen) expect(trial).toMatchObject({ ...expected, optimizationId: null, backtestId: null });
    const hash = artefactHash([{ name: "main.py", content: "x = 1" }], { fast: "1", ratio: "0.1" });
    expect(seen.filter(({ artefactHash: one }) => one === hash)).toHaveLength(1);
    expect(new Set((await desk.trials.list()).map(({ optimizationId }) => optimizationId))).toEqual(new Set(["O-1"]));
    const order = desk.events.filter((event) => event.endsWith("create_optimization"));
    expect(order.slice(0, 2)).toEqual(["intent qc_create_optimization", "call create_optimization"]);
  });

  it("are neither recorded nor asked for when the intent cannot be", async () => {
    desk.breakLedger(({ kind, tool }) => kind === "intent" && tool === "qc_create_optimization");
    expect((await create()).refusal?.code).toBe("AUDIT_UNAVAILABLE");
    expect(await desk.trials.list()).toEqual([]);
    expect(await watched()).toBe(0);
    expect(desk.events).not.toContain("call create_optimization");
  });

  it("are refused unsent when they are too many or no grid", async () => {
    const parameters = [{ name: "fast", min: 1, max: 1001, step: 1 }];
    expect((await create({ parameters })).refusal).toMatchObject({ code: "OPTIMIZATION_TOO_LARGE" });
    for (const wrong of [
      [],
      [{ name: "fast", min: 2, max: 1, step: 1 }],
      [{ name: "fast", min: 1, max: 2, step: 0 }],
    ]) {
      expect((await create({ parameters: wrong })).refusal).toMatchObject({ code: "ARGUMENTS_INVALID" });
    }
    expect(desk.events).not.toContain("call create_optimization");
    expect(await desk.trials.list()).toEqual([]);
  });

  it("may be a thousand", async () => {
    const parameters = [{ name: "fast", min: 1, max: 1000, step: 1 }];
    expect((await create({ parameters })).refusal).toBeUndefined();
    expect(await desk.trials.count()).toEqual({ all: 1000, open: 1000 });
  });

  it("get their backtest by their parameters, whoever reads the optimisation", async () => {
    await create();
    run(["2 0.3", "1 0.1"], 0.5);
    await call("read_optimization", { optimizationId: "O-1" });
    expect((await trials()).toSorted()).toEqual([
      "1 0.1 b 1 0.1 open",
      "1 0.2 - open",
      "1 0.3 - open",
      "2 0.1 - open",
      "2 0.2 - open",
      "2 0.3 b 2 0.3 open",
    ]);
  });

  it("are trials for each backtest of the same values, and none for one that has its trial", async () => {
    const backtest = { backtestId: "b alone" };
    desk.upstreams.answers.set("create_backtest", answered({ success: true, backtest }));
    await call("create_backtest", { projectId: 7, compileId: "c", backtestName: "alone", parameters: { fast: 9 } });
    await create();
    run(["1 0.1"], 0.5);
    running.set("b again", { values: "1 0.1", progress: 0.5 });
    running.set("b alone", { values: "9 9", progress: 0.5 });
    await call("read_optimization", { optimizationId: "O-1" });
    const matched = (await desk.trials.list()).flatMap(({ backtestId }) => backtestId ?? []);
    expect(matched.toSorted()).toEqual(["b 1 0.1", "b again", "b alone"]);
    expect(await states()).toEqual({ open: 8 });
  });

  it("of another profile are left alone", async () => {
    await create();
    const [one] = await desk.optimizations.watched();
    if (one === undefined) throw new Error("expected an optimisation");
    const entry = auditEntry({ callId: "far" });
    await desk.ledger.commit({ entry, optimization: { ...one, callId: "far", profile: "quantconnect" } });
    await desk.recorder.watch();
    const read = desk.upstreams.calls.filter(({ tool }) => tool === "read_optimization");
    expect(read).toHaveLength(1);
  });

  it("are completed as their backtests end, and none is read before", async () => {
    await create();
    run(GRID.slice(0, 2));
    run(GRID.slice(2, 4), 0.5);
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 2, open: 4 });
    expect(readings()).toBe(2);
    run(GRID);
    status = "completed";
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 6 });
    expect(readings()).toBe(6);
    expect((await desk.trials.list())[0]?.result?.statistics).toEqual({ "Net Profit": "1" });
    await desk.recorder.watch();
    expect(await watched()).toBe(0);
    const calls = desk.upstreams.calls.length;
    await desk.recorder.watch();
    expect(desk.upstreams.calls).toHaveLength(calls);
  });

  it("are completed by whoever reads a backtest of theirs", async () => {
    await create();
    run(["1 0.1"]);
    await call("read_optimization", { optimizationId: "O-1" });
    await call("read_backtest", { projectId: 7, backtestId: "b 1 0.1" });
    expect(await states()).toEqual({ completed: 1, open: 5 });
  });

  it("fail with their backtest", async () => {
    await create();
    run(GRID);
    status = "completed";
    const backtest = { completed: true, error: "Runtime Error: no" };
    desk.upstreams.answers.set("read_backtest", answered({ success: true, backtest }));
    await desk.recorder.watch();
    expect(await states()).toEqual({ failed: 6 });
  });

  it("that a finer search adds after all planned ones have ended are trials, too: once, with the files as they were", async () => {
    await create();
    run(GRID);
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 6 });
    desk.upstreams.answers.set(
      "read_file",
      answered({ success: true, files: [{ name: "main.py", content: "other" }] }),
    );
    run(["1 0.15", "1.5 0.1"], 0.5);
    await Promise.all([
      desk.recorder.watch(),
      desk.recorder.watch(),
      call("read_optimization", { optimizationId: "O-1" }),
      call("read_optimization", { optimizationId: "O-1" }),
    ]);
    expect(await states()).toEqual({ completed: 6, open: 2 });
    const extra = (await desk.trials.list()).find(({ backtestId }) => backtestId === "b 1.5 0.1");
    const parameters = { fast: "1.5", ratio: "0.1" };
    expect(extra).toMatchObject({ name: "sweep", optimizationId: "O-1", strategyId: "s1", parameters });
    expect(extra?.artefactHash).toBe(artefactHash([{ name: "main.py", content: "x = 1" }], parameters));
    run(["1 0.15", "1.5 0.1"]);
    status = "completed";
    await desk.recorder.watch();
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 8 });
    expect(await watched()).toBe(0);
  });

  it("that never ran are abandoned once the cloud has said twice that the optimisation is over", async () => {
    await create();
    run(GRID.slice(0, 2));
    run(["1 0.3"], 0);
    await desk.recorder.watch();
    // An abort takes what waits out of the queue.
    running.delete("b 1 0.3");
    status = "aborted";
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 2, abandoned: 1, open: 3 });
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 2, abandoned: 4 });
    expect(await watched()).toBe(0);
  });

  it("are abandoned where a search that is over never ends one", async () => {
    await create();
    run(GRID, 0.5);
    status = "aborted";
    await desk.recorder.watch();
    await desk.recorder.watch();
    expect(await states()).toEqual({ open: 6 });
    desk.clock.time += 11 * MINUTE;
    await desk.recorder.watch();
    expect(await states()).toEqual({ abandoned: 6 });
    expect(await watched()).toBe(0);
  });

  it("that were deleted one by one are closed so, and stay as they are when they had ended", async () => {
    await create();
    run(GRID.slice(0, 2));
    run(["1 0.3", "2 0.1"], 0.5);
    await desk.recorder.watch();
    for (const values of ["1 0.1", "1 0.3"]) running.delete(`b ${values}`);
    await call("delete_backtest", { projectId: 7, backtestId: "b 2 0.1" });
    await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 2, deleted: 2, open: 2 });
  });

  it("end with an optimisation that is deleted, and what it tried beyond the plan is seen before", async () => {
    await create();
    run(["1 0.1"]);
    await desk.recorder.watch();
    run(["1 0.15"], 0.5);
    await call("delete_optimization", { optimizationId: "O-1" });
    expect(await states()).toEqual({ completed: 1, deleted: 6 });
    expect((await trials()).filter((line) => line.includes("0.15"))).toEqual(["1 0.15 b 1 0.15 deleted"]);
    expect(await watched()).toBe(0);
  });

  it("end with an optimisation that was deleted elsewhere, and not on any other refusal", async () => {
    await create();
    desk.upstreams.answers.set("read_optimization", refusedBy("Optimization not found: O-1"));
    for (const list of [refusedBy("Hash doesn't match"), answered({ success: true, optimizations: [CREATED] })]) {
      desk.upstreams.answers.set("list_optimizations", list);
      await desk.recorder.watch();
      expect(await states()).toEqual({ open: 6 });
    }
    desk.upstreams.answers.set("list_optimizations", refusedBy("Project not found: 7"));
    await desk.recorder.watch();
    expect(await states()).toEqual({ deleted: 6 });
    expect(await watched()).toBe(0);
  });

  it("are abandoned when the cloud refuses the optimisation, or it was not sent", async () => {
    desk.upstreams.answers.set("create_optimization", refusedBy("Compile not found"));
    await create();
    expect(await states()).toEqual({ abandoned: 6 });
    expect((await desk.trials.list())[0]?.result).toMatchObject({ status: "Not started", error: "Compile not found" });
    desk.upstreams.answers.set("create_optimization", lost(false));
    await create();
    expect(await states()).toEqual({ abandoned: 12 });
    expect(await watched()).toBe(0);
  });

  it("stay as they are while answers make no sense", async () => {
    await create();
    for (const body of [{ optimization: null }, { optimization: { status: "odd" } }, {}, { optimization: [] }]) {
      desk.upstreams.answers.set("read_optimization", answered({ success: true, ...body }));
      await desk.recorder.watch();
    }
    desk.upstreams.answers.set("read_optimization", lost(true));
    await desk.recorder.watch();
    expect(await states()).toEqual({ open: 6 });
    expect(await watched()).toBe(1);
  });

  describe("whose answer was lost", () => {
    const list = (...optimizations: object[]): void => {
      desk.upstreams.answers.set("list_optimizations", answered({ success: true, optimizations }));
    };
    let lostCode: string | undefined;
    beforeEach(async () => {
      desk.upstreams.answers.set("create_optimization", lost(true));
      lostCode = (await create()).refusal?.code;
    });

    it("stay open, and are not looked for among backtests", async () => {
      expect(lostCode).toBe("OUTCOME_UNKNOWN");
      const backtests = [{ backtestId: "b1", name: "sweep" }];
      desk.upstreams.answers.set("list_backtests", answered({ success: true, backtests }));
      list();
      await desk.recorder.watch();
      expect(await states()).toEqual({ open: 6 });
      expect((await desk.trials.list()).every(({ backtestId }) => backtestId === null)).toBe(true);
    });

    it("are found by the name of the optimisation, and then completed", async () => {
      list({ optimizationId: "O-0", name: "other" }, CREATED);
      await desk.recorder.watch();
      expect((await desk.trials.list()).map(({ optimizationId }) => optimizationId)).toEqual(GRID.map(() => "O-1"));
      run(GRID);
      status = "completed";
      await desk.recorder.watch();
      expect(await states()).toEqual({ completed: 6 });
    });

    it("are not taken for those of an older optimisation, nor of one that has trials", async () => {
      desk.upstreams.answers.set("create_optimization", answered({ success: true, optimizations: [CREATED] }));
      await create();
      list({ ...CREATED, optimizationId: "O-0", created: "2023-11-13 10:00:00" }, CREATED);
      await desk.recorder.watch();
      expect((await desk.trials.list()).filter(({ optimizationId }) => optimizationId === null)).toHaveLength(6);
    });

    it("are abandoned when nobody found it for ten minutes, not before, and not without an answer", async () => {
      list();
      await desk.recorder.watch();
      expect(await states()).toEqual({ open: 6 });
      desk.clock.time += 11 * MINUTE;
      desk.upstreams.answers.set("list_optimizations", refusedBy("Hash doesn't match"));
      await desk.recorder.watch();
      expect(await states()).toEqual({ open: 6 });
      list();
      await desk.recorder.watch();
      expect(await states()).toEqual({ abandoned: 6 });
      expect(await watched()).toBe(0);
    });
  });

  it("are found by a watcher that knows nothing but the store, where the desk died before the answer", async () => {
    let sent = (): void => undefined;
    const reached = new Promise<void>((resolve) => (sent = resolve));
    desk.upstreams.answers.set("create_optimization", () => {
      sent();
      return new Promise(() => undefined);
    });
    void create();
    await reached;
    desk.upstreams.answers.set("list_optimizations", answered({ success: true, optimizations: [CREATED] }));
    run(GRID);
    status = "completed";
    for (let round = 0; round < 3; round += 1) await desk.recorder.watch();
    expect(await states()).toEqual({ completed: 6 });
    expect(await watched()).toBe(0);
  });
});
