import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deskTools } from "../../src/agents/desk-tools.ts";
import { PAGE_CHARACTERS } from "../../src/agents/result-pages.ts";
import { until } from "../clients/process/support.ts";
import { ended, hang, startBacktest, waitFor } from "../runs/support.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { labUnderTest, type LabUnderTest } from "./support.ts";

let lab: LabUnderTest;
beforeEach(async () => {
  lab = await labUnderTest();
});
afterEach(() => lab[Symbol.asyncDispose]());
const ask = (name: string, args: object = {}, more: object = {}) =>
  lab.ask(
    deskTools(lab.deskParts).find((one) => one.name === name),
    { ...args },
    more,
  );

describe("run_status", () => {
  it("answers at once without a version, and with one waits for a newer", async () => {
    lab.cloud.instead.set("create_compile", hang);
    const { id } = await startBacktest(lab.bench.runs);
    const run = await waitFor(lab.bench.runs, id, ({ note }) => note === "compiling");
    const now = await ask("run_status", { runId: id });
    expect(now).toMatchObject({ run: { runId: id, state: "running", version: run.version } });
    expect(now["next"]).toBe(`run_status {"runId":"${id}","version":${run.version}}`);
    const still = await ask("run_status", { runId: id, version: run.version, waitSeconds: 0.05 });
    expect(still).toMatchObject({ run: { version: run.version } });
    const waiting = ask("run_status", { runId: id, version: run.version });
    await lab.bench.runs.cancel(id);
    expect(await waiting).toMatchObject({ run: { state: "cancelled" }, next: `run_result {"runId":"${id}"}` });
    expect(await ask("run_status", { runId: id, version: 99 })).toMatchObject({ run: { state: "cancelled" } });
  });

  it("names the latest runs for one that is not there", async () => {
    expect(await refusalOf(ask("run_status", { runId: "x" }))).toMatchObject({ remedy: "nothing has run yet" });
    const { id } = await startBacktest(lab.bench.runs);
    const refusal = await refusalOf(ask("run_status", { runId: "x" }));
    expect(refusal).toMatchObject({ code: "RUN_UNKNOWN", remedy: `the latest are ${id} (backtest first)` });
  });
});

describe("run_result", () => {
  const fills = Array.from({ length: 2000 }, (_, index) => ({ id: index, note: "some text" }));
  const stored = (): Promise<string> =>
    lab.artifacts.put(JSON.stringify({ status: "Completed", fills, log: "x".repeat(9000), toString: "own" }));

  it("lists the sections, shows the short ones, and gives the others page by page to the last item", async () => {
    const resultRef = await stored();
    const first = await ask("run_result", { resultRef });
    expect(first["content"]).toEqual({ status: "Completed", toString: "own" });
    const sections = first["sections"] as { name: string; pages: number; items?: number }[];
    const pages = sections.find(({ name }) => name === "fills")?.pages ?? 0;
    expect(pages).toBeGreaterThan(5);
    const all: unknown[] = [];
    for (let page = 1; page <= pages; page += 1) {
      const { content } = await ask("run_result", { resultRef, section: "fills", page });
      expect(JSON.stringify(content).length).toBeLessThanOrEqual(PAGE_CHARACTERS);
      all.push(...(content as unknown[]));
    }
    expect(all).toEqual(fills);
    expect((await refusalOf(ask("run_result", { resultRef, section: "fills", page: pages + 1 }))).code).toBe(
      "PAGE_UNKNOWN",
    );
  });

  it("never shows more than a page of short sections", async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, "x".repeat(1000)]));
    const resultRef = await lab.artifacts.put(JSON.stringify(many));
    const { content } = await ask("run_result", { resultRef });
    expect(JSON.stringify(content).length).toBeLessThanOrEqual(PAGE_CHARACTERS);
    expect(Object.keys(content as object).length).toBeGreaterThan(5);
  });

  it("names the sections for one that is not there, whatever objects inherit", async () => {
    const resultRef = await lab.artifacts.put(JSON.stringify({ status: "Completed" }));
    for (const section of ["nothing", "constructor", "__proto__"])
      expect(await refusalOf(ask("run_result", { resultRef, section }))).toMatchObject({
        code: "SECTION_UNKNOWN",
        remedy: "it has status",
      });
  });

  it("gives the result of a run", async () => {
    const { id } = await startBacktest(lab.bench.runs);
    await waitFor(lab.bench.runs, id, ended);
    const { content } = await ask("run_result", { runId: id });
    expect(content).toMatchObject({ runId: id, status: "Completed", fills: [1, 2] });
  });

  it("says why there is none", async () => {
    expect((await refusalOf(ask("run_result"))).code).toBe("ARGUMENTS_INVALID");
    expect((await refusalOf(ask("run_result", { resultRef: "0".repeat(64) }))).code).toBe("RESULT_UNKNOWN");
    lab.cloud.instead.set("read_compile", () => ({ state: "BuildError", logs: ["main.py:3 no numpy"] }));
    const { id } = await startBacktest(lab.bench.runs);
    await waitFor(lab.bench.runs, id, ended);
    const failed = await refusalOf(ask("run_result", { runId: id }));
    expect(failed.code).toBe("BUILD_ERROR");
    expect(failed.message).toMatch(/main\.py:3 no numpy/);
    lab.cloud.instead.set("create_compile", hang);
    const other = await startBacktest(lab.bench.runs);
    await until(() => lab.cloud.count("create_compile") === 2, "it runs");
    const running = await refusalOf(ask("run_result", { runId: other.id }));
    expect(running).toMatchObject({ code: "RUN_NOT_COMPLETED", remedy: "follow it with run_status" });
  });
});

describe("cancel_run", () => {
  it("stops a run once, and leaves one that has ended as it is", async () => {
    lab.cloud.completed = false;
    const { id } = await startBacktest(lab.bench.runs);
    await waitFor(lab.bench.runs, id, ({ progress }) => progress > 0.4);
    expect(await ask("cancel_run", { runId: id })).toMatchObject({ cancelled: true, run: { state: "cancelled" } });
    expect(lab.cloud.backtests.size).toBe(0);
    expect(await ask("cancel_run", { runId: id })).toMatchObject({ cancelled: false, run: { state: "cancelled" } });
  });
});

describe("desk_status", () => {
  it("says what runs and what is recorded", async () => {
    const { id } = await startBacktest(lab.bench.runs);
    expect(await ask("desk_status")).toMatchObject({
      version: "1.2.3",
      startedAt: "2020-01-15T18:00:00.000Z",
      upstreams: [{ name: "quantconnect", state: "ready", tools: 64, restarts: 2, lastError: null }],
      strategies: 1,
      trials: 2,
      openTrials: 1,
      auditRecords: 9,
      runs: [{ runId: id }],
      halts: [],
    });
  });

  it("says what is halted, since when, by whom and why", async () => {
    const notice = { haltId: "L-1-5", target: "L-1", since: 1_579_111_200_000_000, by: "halt", reason: "a drill" };
    const tools = deskTools({ ...lab.deskParts, halts: () => [notice] });
    const status = await lab.ask(tools.find(({ name }) => name === "desk_status"));
    expect(status["halts"]).toEqual([
      { target: "L-1", since: "2020-01-15T18:00:00.000Z", by: "halt", reason: "a drill" },
    ]);
  });
});
