import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Answer, startCloud, temporaryFolder } from "../support/cloud-under-test.ts";
import { scriptedRunner } from "../support/scripted-runner.ts";

const STRATEGIES = "QuantConnect.Optimizer.Strategies";
const FORM = { headers: { "content-type": "application/x-www-form-urlencoded" } };

function search(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: "Search",
    target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
    targetTo: "max",
    strategy: `${STRATEGIES}.GridSearchOptimizationStrategy`,
    parameters: [{ name: "x", min: 1, max: 6, step: 1 }],
    nodeType: "O2-8",
    parallelNodes: 2,
    estimatedCost: 0,
    ...change,
  };
}

function idOf(answer: Answer): string {
  if (!answer.success) throw new Error(answer.errors?.join());
  return (answer["optimizations"] as [{ optimizationId: string }])[0].optimizationId;
}

function bodyOf(answer: Answer): {
  readonly status: string;
  readonly backtests: Readonly<Record<string, { readonly parameterSet: Readonly<Record<string, string>> }>>;
} {
  return answer["optimization"] as ReturnType<typeof bodyOf>;
}

const isDone = (answer: Answer): boolean => bodyOf(answer).status === "completed";

describe("an optimisation", () => {
  it("goes on after its cloud was stopped in the middle, and doubles no point", async () => {
    const folder = temporaryFolder();
    try {
      let optimizationId = "";
      {
        await using first = await startCloud({ folder });
        const projectId = await first.project("wait");
        const compileId = await first.compile(projectId);
        optimizationId = idOf(await first.call("/optimizations/create", { ...search(), projectId, compileId }));
        await first.until("/account/read", {}, () => first.runner.running() === 2);
      }
      const runner = scriptedRunner();
      runner.release();
      await using second = await startCloud({ folder, runner });
      const done = bodyOf(await second.until("/optimizations/read", { optimizationId }, isDone));
      const tried = Object.values(done.backtests).map(({ parameterSet }) => Number(parameterSet["x"]));
      const begun = runner.begun.map(({ parameters }) => Number(parameters?.["x"]));
      for (const values of [tried, begun]) expect(values.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("runs as many points at once as it has nodes, and no more", async () => {
    await using cloud = await startCloud({ settings: { backtestSlots: 4 } });
    const projectId = await cloud.project("wait");
    const compileId = await cloud.compile(projectId);
    const ids = { projectId, compileId };
    const wide = idOf(await cloud.call("/optimizations/create", { ...search({ parallelNodes: 100 }), ...ids }));
    await cloud.until("/account/read", {}, () => cloud.runner.running() === 4);
    const open = (answer: Answer): boolean => Object.keys(bodyOf(answer).backtests).length === 4;
    expect(open(await cloud.call("/optimizations/read", { optimizationId: wide }))).toBe(true);
    cloud.runner.release();
    await cloud.until("/optimizations/read", { optimizationId: wide }, isDone);
    expect(cloud.runner.mostAtOnce()).toBe(4);
  });

  it("gives each point the project's parameters with its own, and stops at the value that was asked for", async () => {
    await using cloud = await startCloud({ settings: { backtestSlots: 1 } });
    const projectId = await cloud.project();
    await cloud.call("/projects/update", { projectId, parameters: { fixed: "7", x: "0" } });
    const compileId = await cloud.compile(projectId);
    // Every sample has a Sharpe ratio of -1.5.
    const asked = { ...search({ targetValue: -2 }), projectId, compileId };
    const optimizationId = idOf(await cloud.call("/optimizations/create", asked));
    await cloud.until("/optimizations/read", { optimizationId }, isDone);
    expect(cloud.runner.begun.map(({ parameters }) => parameters)).toEqual([{ fixed: "7", x: "1" }]);
  });

  it("reads the form of lean-cli, with the Euler search", async () => {
    await using cloud = await startCloud();
    const projectId = await cloud.project();
    const compileId = await cloud.compile(projectId);
    const fields = {
      projectId: String(projectId),
      compileId,
      name: "F",
      strategy: `${STRATEGIES}.EulerSearchOptimizationStrategy`,
      target: "['TotalPerformance'].['PortfolioStatistics'].['SharpeRatio']",
      targetTo: "max",
      targetValue: "",
      nodeType: "O2-8",
      parallelNodes: "2",
      estimatedCost: "0.01",
      "parameters[0][key]": "x",
      "parameters[0][min]": "0.1",
      "parameters[0][max]": "0.3",
      "parameters[0][step]": "0.1",
      "constraints[0][target]": "TotalPerformance.PortfolioStatistics.Drawdown",
      "constraints[0][operator]": "LESS",
      "constraints[0][target-value]": "0.5",
    };
    const raw = new URLSearchParams(fields).toString();
    const created = await cloud.call("/optimizations/create", null, { ...FORM, raw });
    const optimizationId = idOf(created);
    expect(created["optimizations"]).toMatchObject([
      {
        criterion: { target: "TotalPerformance.PortfolioStatistics.SharpeRatio" },
        parameters: [{ name: "x", min: 0.1, max: 0.3, step: 0.1 }],
      },
    ]);
    const done = await cloud.until("/optimizations/read", { optimizationId }, isDone);
    expect(bodyOf(done)).toMatchObject({ constraints: [{ operator: "Less", targetValue: 0.5 }] });
    // Two run at a time, and either may begin first.
    const points = Object.values(bodyOf(done).backtests).map(({ parameterSet }) => String(parameterSet["x"]));
    expect(points.toSorted()).toEqual(["0.1", "0.2", "0.3"]);
  });

  it("keeps its points until it has ended, and shows which search they belong to", async () => {
    await using cloud = await startCloud();
    const projectId = await cloud.project("wait");
    const compileId = await cloud.compile(projectId);
    const optimizationId = idOf(await cloud.call("/optimizations/create", { ...search(), projectId, compileId }));
    const begun = (answer: Answer): boolean => Object.keys(bodyOf(answer).backtests).length === 2;
    const read = await cloud.until("/optimizations/read", { optimizationId }, begun);
    const [backtestId = ""] = Object.keys(bodyOf(read).backtests);
    expect(await cloud.call("/backtests/read", { projectId, backtestId })).toMatchObject({
      backtest: { optimizationId },
    });
    expect((await cloud.call("/backtests/delete", { projectId, backtestId })).errors?.join()).toContain("abort");
    expect((await cloud.call("/projects/delete", { projectId })).success).toBe(true);
    await cloud.until("/account/read", {}, () => cloud.runner.running() === 0);
    expect((await cloud.call("/optimizations/read", { optimizationId })).success).toBe(false);
  });

  it("is not begun with more points than the cloud allows", async () => {
    await using cloud = await startCloud({ settings: { mostOptimizationPoints: 5 } });
    const projectId = await cloud.project();
    const compileId = await cloud.compile(projectId);
    const refused = await cloud.call("/optimizations/create", { ...search(), projectId, compileId });
    expect(refused.errors?.join()).toMatch(/6 backtests.*at most 5/);
  });
});
