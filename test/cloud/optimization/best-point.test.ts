import { expect, it, vi } from "vitest";
import type { JobRunner } from "../../../src/cloud/ports.ts";
import { type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";
import { sampleResult } from "../support/sample-result.ts";
import { scriptedRunner } from "../support/scripted-runner.ts";

const SEARCH = {
  name: "Search",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
  parameters: [{ name: "x", min: 1, max: 4, step: 1 }],
  constraints: [{ target: "TotalPerformance.PortfolioStatistics.SharpeRatio", operator: "less", targetValue: 4 }],
  nodeType: "O2-8",
  parallelNodes: 2,
};

/** Points whose Sharpe ratio is their parameter. */
function runner(): JobRunner {
  return {
    ...scriptedRunner(),
    backtest: ({ parameters }) => {
      const { statistics } = sampleResult();
      return Promise.resolve(sampleResult({ statistics: { ...statistics, "Sharpe Ratio": parameters?.["x"] ?? "" } }));
    },
  };
}

async function completed(cloud: CloudUnderTest): Promise<{ projectId: number; optimizationId: string }> {
  const projectId = await cloud.project();
  const ids = { projectId, compileId: await cloud.compile(projectId) };
  const { optimizations } = await cloud.call("/optimizations/create", { ...ids, ...SEARCH });
  const [{ optimizationId }] = optimizations as [{ optimizationId: string }];
  await cloud.until("/optimizations/list", { projectId }, (answer) =>
    JSON.stringify(answer["optimizations"]).includes('"completed"'),
  );
  return { projectId, optimizationId };
}

it("is listed without a look at the points", async () => {
  await using cloud = await startCloud({ jobs: runner() });
  const { projectId } = await completed(cloud);
  const points = vi.spyOn(cloud.store.backtests, "points");
  expect(await cloud.call("/optimizations/list", { projectId })).toMatchObject({
    optimizations: [{ sharpeRatio: 3, trades: 250 }],
  });
  expect(points).not.toHaveBeenCalled();
});

it("is looked for where an older cloud has kept none, and where the best one was deleted", async () => {
  await using cloud = await startCloud({ jobs: runner() });
  const { projectId, optimizationId } = await completed(cloud);
  const listed = async () => (await cloud.call("/optimizations/list", { projectId }))["optimizations"];
  await cloud.store.optimizations.saveBest(optimizationId, undefined);
  expect(await listed()).toMatchObject([{ sharpeRatio: 3 }]);
  const points = await cloud.store.backtests.points(optimizationId);
  const best = points.find(({ parameterSet }) => parameterSet["x"] === "3");
  await cloud.call("/backtests/delete", { projectId, backtestId: best?.backtestId });
  expect(await listed()).toMatchObject([{ sharpeRatio: 2 }]);
  for (const { backtestId } of points) await cloud.call("/backtests/delete", { projectId, backtestId });
  expect(await listed()).toMatchObject([{ sharpeRatio: null, trades: null }]);
});
