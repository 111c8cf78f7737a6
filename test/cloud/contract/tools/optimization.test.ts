import { expect, it } from "vitest";
import { overBothTransports } from "../../support/cloud-caller.ts";

const STRATEGY = "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy";
const PARAMETERS = [
  { name: "slow", min: 252, max: 273, step: 21 },
  { name: "fast", min: 10, max: 110, step: 50 },
];
const GOAL = {
  name: "Search",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: STRATEGY,
  parameters: PARAMETERS,
};
const NODES = { estimatedCost: 1, nodeType: "O2-8", parallelNodes: 2 };

overBothTransports("optimisations", (test) => {
  const project = async (main?: string): Promise<{ projectId: number; compileId: string }> => {
    const projectId = await test.cloud.project(main);
    return { projectId, compileId: await test.cloud.compile(projectId) };
  };
  const create = async (main?: string): Promise<{ projectId: number; optimizationId: string }> => {
    const ids = await project(main);
    const { optimizations } = await test.ok("create_optimization", { ...ids, ...GOAL, ...NODES });
    const [{ optimizationId }] = optimizations as [{ optimizationId: string }];
    return { projectId: ids.projectId, optimizationId };
  };
  const read = async (optimizationId: string): Promise<Record<string, unknown>> =>
    (await test.ok("read_optimization", { optimizationId }))["optimization"] as Record<string, unknown>;
  const until = async (optimizationId: string, status: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const optimization = await read(optimizationId);
      if (optimization["status"] === status) return optimization;
    }
  };

  it("echo what was asked for, and try every point of the grid once", async () => {
    const ids = await project();
    const created = await test.ok("create_optimization", { ...ids, ...GOAL, ...NODES });
    const expected = {
      name: "Search",
      nodeType: "O2-8",
      criterion: { target: GOAL.target, extremum: "max" },
      parameters: PARAMETERS,
    };
    expect(created["optimizations"]).toMatchObject([{ ...expected, status: "new" }]);
    const [{ optimizationId }] = created["optimizations"] as [{ optimizationId: string }];
    expect(optimizationId).toMatch(/^O-[0-9a-f]{32}$/);
    const done = await until(optimizationId, "completed");
    expect(done).toMatchObject({
      ...expected,
      runtimeStatistics: { Completed: "6", Failed: "0", Running: "0", "In Queue": "0", Total: "6" },
    });
    const points = Object.values(done["backtests"] as Record<string, { parameterSet: unknown; statistics: number[] }>);
    expect(points.map(({ parameterSet }) => JSON.stringify(parameterSet)).toSorted()).toEqual(
      ["252", "273"].flatMap((slow) => ["10", "60", "110"].map((fast) => JSON.stringify({ slow, fast }))).toSorted(),
    );
    for (const { statistics } of points) {
      expect(statistics).toHaveLength(21);
      expect(statistics.slice(5, 8)).toEqual([0, 12.345, 2.2]);
      expect([statistics[15], statistics[16], statistics[17]]).toEqual([-1.5, 1250, 250]);
    }
    expect((await test.ok("list_optimizations", { projectId: ids.projectId }))["optimizations"]).toMatchObject([
      { optimizationId, status: "completed", sharpeRatio: -1.5, trades: 250 },
    ]);
    expect((await test.ok("list_backtests", { projectId: ids.projectId }))["backtests"]).toEqual([]);
  });

  it("are renamed", async () => {
    const { optimizationId } = await create();
    await test.ok("update_optimization", { optimizationId, name: "Other" });
    expect((await read(optimizationId))["name"]).toBe("Other");
  });

  it("are aborted in the middle, with the points that run; a second time is too late", async () => {
    const { optimizationId } = await create("wait");
    expect(await until(optimizationId, "running")).toMatchObject({ runtimeStatistics: { Total: "6" } });
    await test.ok("abort_optimization", { optimizationId });
    expect(await read(optimizationId)).toMatchObject({ status: "aborted", runtimeStatistics: { Running: "0" } });
    while (test.cloud.runner.running() > 0) await test.ok("read_optimization", { optimizationId });
    expect(await test.refused("abort_optimization", { optimizationId })).toContain("aborted");
  });

  it("are deleted while they run", async () => {
    const { projectId, optimizationId } = await create("wait");
    await test.ok("delete_optimization", { optimizationId });
    expect(await test.refused("read_optimization", { optimizationId })).toContain("not found");
    expect((await test.ok("list_optimizations", { projectId }))["optimizations"]).toEqual([]);
    while (test.cloud.runner.running() > 0) await test.ok("list_optimizations", { projectId });
  });

  it("count failed points, and end all the same", async () => {
    const { optimizationId } = await create("raise");
    const done = await until(optimizationId, "completed");
    expect(done).toMatchObject({ runtimeStatistics: { Completed: "0", Failed: "6" } });
    expect(Object.values(done["backtests"] as object)[0]).toMatchObject({ exitCode: 1 });
  });

  it("are estimated in whole seconds", async () => {
    const { projectId } = await project();
    const { estimate } = await test.ok("estimate_optimization_time", { projectId, ...GOAL });
    const { estimateId, time, balance } = estimate as { estimateId: string; time: number; balance: number };
    expect(estimateId).toMatch(/^E-[0-9a-f]{32}$/);
    expect(time).toBeGreaterThan(0);
    expect([time, balance].every(Number.isInteger)).toBe(true);
  });

  it("refuse what does not exist and what makes no sense", async () => {
    const ids = await project();
    const good = { ...ids, ...GOAL, ...NODES };
    const point = { name: "p", min: 0, max: 1, step: 1 };
    const wrong = [
      { projectId: -1 },
      { compileId: "unknown" },
      { parameters: [] },
      { parameters: [{ ...point, step: 0 }] },
      { parameters: [{ ...point, step: -1 }] },
      { parameters: [{ ...point, min: 2 }] },
      { parameters: [{ ...point, step: 1e-9 }] },
      { parameters: [point, point] },
      { target: " " },
      { targetTo: " " },
      { nodeType: "B2-8" },
      { strategy: "Random" },
      { parallelNodes: 0 },
      { name: " " },
    ];
    for (const change of wrong) await test.refused("create_optimization", { ...good, ...change });
    for (const change of [{ projectId: -1 }, { parameters: [] }]) {
      await test.refused("estimate_optimization_time", { projectId: ids.projectId, ...GOAL, ...change });
    }
    for (const tool of ["read_optimization", "abort_optimization", "delete_optimization"]) {
      await test.refused(tool, { optimizationId: " " });
    }
    await test.refused("update_optimization", { optimizationId: " ", name: "x" });
    expect(await test.refused("list_optimizations", { projectId: -1 })).toContain("not found");
  });
});
