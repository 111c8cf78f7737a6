import { rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backtestRun, type RunCall } from "../../src/agents/backtest-run.ts";
import { viewOf } from "../../src/agents/run-backtest.ts";
import type { RunContext, RunDefinition } from "../../src/runs/run-definition.ts";
import { until } from "../clients/process/support.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import {
  diskAsItIs,
  ended,
  hang,
  openRuns,
  refuse,
  ScriptedCloud,
  startBacktest,
  waitFor,
  type Bench,
} from "./support.ts";

describe("a durable backtest", () => {
  let cloud: ScriptedCloud;
  let bench: Bench;
  beforeEach(async () => {
    cloud = new ScriptedCloud();
    bench = await openRuns(cloud.call);
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("compiles, creates, waits and keeps the result", async () => {
    const begun = await startBacktest(bench.runs, { fast: 10 });
    expect(begun).toMatchObject({ state: "queued", version: 1 });
    const run = await waitFor(bench.runs, begun.id, ended);
    expect(run).toMatchObject({ state: "completed", progress: 1, error: null });
    expect(JSON.parse((await bench.runs.result(run)) ?? "")).toEqual({
      runId: run.id,
      strategyId: "s1",
      projectId: 7,
      backtestId: "b1",
      name: "first",
      parameters: { fast: 10 },
      status: "Completed",
      statistics: { "Sharpe Ratio": "1.5" },
      runtimeStatistics: {},
      fills: [1, 2],
    });
    expect([...cloud.backtests.values()]).toEqual([`first [${run.id}]`]);
  });

  it("gives the compiler's lines when the project does not compile, and creates nothing", async () => {
    cloud.instead.set("read_compile", () => ({ state: "BuildError", logs: ["main.py:3 no numpy", "main.py:9 no"] }));
    const run = await waitFor(bench.runs, (await startBacktest(bench.runs)).id, ended);
    expect(run).toMatchObject({ state: "failed", error: { code: "BUILD_ERROR" } });
    expect(run.error?.message).toMatch(/main\.py:3 no numpy\nmain\.py:9 no/);
    expect(cloud.count("create_backtest")).toBe(0);
  });

  it("looks for a backtest whose creation got no answer, and takes it", async () => {
    cloud.instead.set("create_backtest", (args) => {
      cloud.usual("create_backtest", args);
      return refuse("OUTCOME_UNKNOWN")();
    });
    const run = await waitFor(bench.runs, (await startBacktest(bench.runs)).id, ended);
    expect(run.state).toBe("completed");
    expect([cloud.count("create_backtest"), cloud.backtests.size]).toEqual([1, 1]);
  });

  it("asks again what may be asked again, and fails with any other refusal", async () => {
    let lost = 2;
    for (const tool of ["list_backtests", "create_backtest", "read_backtest"])
      cloud.instead.set(tool, (args) =>
        lost-- > 0 ? refuse("UPSTREAM_UNAVAILABLE", true)() : cloud.usual(tool, args),
      );
    const run = await waitFor(bench.runs, (await startBacktest(bench.runs)).id, ended);
    expect(run.state).toBe("completed");
    expect(cloud.backtests.size).toBe(1);
    cloud.instead.set("create_compile", refuse("UPSTREAM_REFUSED"));
    const second = await waitFor(bench.runs, (await startBacktest(bench.runs)).id, ended);
    expect(second).toMatchObject({ state: "failed", error: { code: "UPSTREAM_REFUSED" } });
  });

  it("says that it waits for a node, and gives the wait up when it is cancelled, without anything made", async () => {
    const call: RunCall = async (request) => {
      if (request.tool !== "create_backtest") return cloud.call(request);
      request.onProgress?.({ message: "waiting for node (1 before it)" });
      await new Promise<void>((resolve) => request.giveUp?.addEventListener("abort", () => resolve()));
      return refuse("CANCELLED")();
    };
    await using waiting = await openRuns(call);
    const { id } = await startBacktest(waiting.runs);
    const run = await waitFor(waiting.runs, id, ({ note }) => note.startsWith("waiting for"));
    expect(run).toMatchObject({ state: "running", note: "waiting for node (1 before it)" });
    expect(viewOf(run).state).toBe("waiting for node");
    const cancelled = await waiting.runs.cancel(id);
    expect(cancelled?.state).toBe("cancelled");
    expect(viewOf({ ...run, state: "cancelled" }).state).toBe("cancelled");
    expect(cloud.count("delete_backtest")).toBe(0);
  });

  it("goes on after the desk stopped, and creates the backtest once", async () => {
    cloud.completed = false;
    const { id } = await startBacktest(bench.runs);
    await waitFor(bench.runs, id, (run) => run.progress > 0.4);
    await bench.runs[Symbol.asyncDispose]();
    expect(await bench.store.get(id)).toMatchObject({ state: "running" });
    cloud.completed = true;
    const next = await openRuns(cloud.call, { folder: bench.folder });
    expect(await next.runs.recover()).toBe(1);
    expect(await waitFor(next.runs, id, ended)).toMatchObject({ state: "completed" });
    await next[Symbol.asyncDispose]();
    expect([cloud.count("create_compile"), cloud.count("create_backtest"), cloud.backtests.size]).toEqual([1, 1, 1]);
  });

  it.each(["create_compile", "create_backtest", "read_backtest"])(
    "goes on after a crash in %s, and there is one backtest",
    async (tool) => {
      // The call had its effect, but its answer never came before the power failed.
      cloud.instead.set(tool, (args, signal) => {
        if (tool === "create_backtest") cloud.usual(tool, args);
        return hang(args, signal);
      });
      const { id } = await startBacktest(bench.runs);
      await until(() => cloud.count(tool) === 1, "the call is made");
      const disk = diskAsItIs(bench.folder);
      const after = new ScriptedCloud();
      for (const [backtestId, name] of cloud.backtests) after.backtests.set(backtestId, name);
      const next = await openRuns(after.call, { folder: disk });
      expect(await next.runs.recover()).toBe(1);
      expect(await waitFor(next.runs, id, ended)).toMatchObject({ state: "completed" });
      expect([...after.backtests.values()]).toEqual([`first [${id}]`]);
      expect(after.count("create_compile")).toBe(tool === "create_compile" ? 1 : 0);
      await next[Symbol.asyncDispose]();
      rmSync(disk, { recursive: true });
    },
  );

  it("is not begun again after it ended", async () => {
    const { id } = await startBacktest(bench.runs);
    await waitFor(bench.runs, id, ended);
    await bench.runs[Symbol.asyncDispose]();
    const next = await openRuns(cloud.call, { folder: bench.folder });
    expect(await next.runs.recover()).toBe(0);
    await next[Symbol.asyncDispose]();
    expect(cloud.count("create_compile")).toBe(1);
  });

  it("that is cancelled stops and deletes its backtest", async () => {
    cloud.completed = false;
    const { id } = await startBacktest(bench.runs);
    await waitFor(bench.runs, id, (run) => run.progress > 0.4);
    expect(await bench.runs.cancel(id)).toMatchObject({ state: "cancelled" });
    expect(cloud.backtests.size).toBe(0);
    const asked = cloud.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(cloud.asked).toHaveLength(asked);
    expect(await bench.runs.get(id)).toMatchObject({ state: "cancelled", resultArtifact: null });
    expect(await bench.runs.cancel(id)).toMatchObject({ state: "cancelled" });
    expect(await bench.runs.cancel("nothing")).toBeUndefined();
  });

  it("that is cancelled ends the call that is under way with that as its reason", async () => {
    let reason: unknown;
    cloud.instead.set("create_compile", (args, signal) => {
      signal?.addEventListener("abort", () => void (reason = signal.reason));
      return hang(args, signal);
    });
    const { id } = await startBacktest(bench.runs);
    await until(() => cloud.count("create_compile") === 1, "the call is made");
    await bench.runs.cancel(id);
    expect(await refusalOf(Promise.reject(reason as Error))).toMatchObject({ code: "RUN_CANCELLED" });
  });

  it("that is cancelled while it is created leaves no backtest behind", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: answer, resolve: letGo } = Promise.withResolvers<void>();
    cloud.instead.set("create_backtest", async (args) => {
      arrive();
      await answer;
      return cloud.usual("create_backtest", args);
    });
    const { id } = await startBacktest(bench.runs);
    await arrived;
    const cancelled = bench.runs.cancel(id);
    setTimeout(letGo, 100);
    expect(await cancelled).toMatchObject({ state: "cancelled" });
    expect([cloud.count("create_backtest"), cloud.count("delete_backtest"), cloud.backtests.size]).toEqual([1, 1, 0]);
  });

  it("that waits for its turn is cancelled without ever starting", async () => {
    cloud.instead.set("create_compile", hang);
    const running = await Promise.all(Array.from({ length: 4 }, () => startBacktest(bench.runs)));
    await until(() => cloud.count("create_compile") === 4, "all places are taken");
    const waiting = await startBacktest(bench.runs);
    expect(await bench.runs.cancel(waiting.id)).toMatchObject({ state: "cancelled" });
    for (const { id } of running) await bench.runs.cancel(id);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(cloud.count("create_compile")).toBe(4);
  });

  it("says with a remedy that it is of a kind that nobody knows", async () => {
    const { id } = await bench.runs.start({
      kind: "odd",
      title: "odd",
      principal: "host",
      profile: "local",
      input: {},
    });
    expect(await waitFor(bench.runs, id, ended)).toMatchObject({
      state: "failed",
      error: { code: "RUN_KIND_UNKNOWN" },
    });
  });

  it("fails when its result cannot be stored", async () => {
    const { id } = await startBacktest(bench.runs);
    rmSync(`${bench.folder}/artifacts`, { recursive: true, force: true });
    writeFileSync(`${bench.folder}/artifacts`, "");
    const run = await waitFor(bench.runs, id, ended);
    expect(run).toMatchObject({ state: "failed", error: { code: "ARTIFACT_NOT_STORED" } });
  });

  it("tells who waits of each change, and gives up when its time is over or it is told to", async () => {
    cloud.instead.set("create_compile", hang);
    const { id } = await startBacktest(bench.runs);
    const run = await waitFor(bench.runs, id, ({ note }) => note === "compiling");
    const wait = (milliseconds: number, signal?: AbortSignal) =>
      bench.runs.waitForChange(id, { version: run.version, milliseconds, ...(signal === undefined ? {} : { signal }) });
    const before = performance.now();
    expect((await wait(50))?.version).toBe(run.version);
    expect((await wait(20_000, AbortSignal.abort()))?.version).toBe(run.version);
    const waiting = Promise.all([wait(20_000), wait(20_000)]);
    await bench.runs.cancel(id);
    for (const seen of await waiting) expect(seen?.version).toBeGreaterThan(run.version);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(await bench.runs.waitForChange("nothing", { version: 0, milliseconds: 20_000 })).toBeUndefined();
  });
});

describe("a step", () => {
  it("that ended is not executed again, and one that was refused stays refused", async () => {
    const counts = { first: 0, second: 0 };
    const definition: RunDefinition = {
      kind: "steps",
      async execute(context) {
        const one = await context.step("first", () => Promise.resolve({ n: (counts.first += 1) }));
        const two = await context
          .step("second", () => {
            counts.second += 1;
            return Promise.reject(new Error("no"));
          })
          .catch((error: unknown) => String(error));
        await context.sleep(counts.first === 1 && !restarted ? 60_000 : 1);
        return { one, two };
      },
    };
    let restarted = false;
    const cloud = new ScriptedCloud();
    const bench = await openRuns(cloud.call, { more: [definition] });
    const { id } = await bench.runs.start({ kind: "steps", title: "s", principal: "cli", profile: "local", input: {} });
    await until(() => counts.second === 1, "both steps ended");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bench.runs[Symbol.asyncDispose]();
    restarted = true;
    const next = await openRuns(cloud.call, { folder: bench.folder, more: [definition] });
    await next.runs.recover();
    const run = await waitFor(next.runs, id, ended);
    expect(JSON.parse((await next.runs.result(run)) ?? "")).toEqual({ one: { n: 1 }, two: "RefusalError: no" });
    expect(counts).toEqual({ first: 1, second: 1 });
    await next[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });
});

describe("a creation without an answer that nobody finds", () => {
  it("is looked for several times and ends as unknown", async () => {
    const cloud = new ScriptedCloud();
    cloud.instead.set("create_backtest", refuse("OUTCOME_UNKNOWN"));
    const waits: number[] = [];
    const signal = new AbortController().signal;
    const context: RunContext = {
      run: { id: "r", principal: "host" } as RunContext["run"],
      signal,
      stopping: signal,
      step: (_, work) => work(),
      sleep: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
      progress: () => Promise.resolve(),
    };
    const input = { projectId: 7, strategyId: null, name: "first", parameters: {} };
    expect(await refusalOf(backtestRun(cloud.call).execute(context, input))).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(cloud.count("create_backtest")).toBe(1);
    expect(cloud.count("list_backtests")).toBe(6);
  });
});
