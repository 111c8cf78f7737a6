import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";

const CODE = `from AlgorithmImports import *


class Sweep(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2014, 1, 2)
        self.set_end_date(2014, 6, 30)
        self.set_cash(100000)
        self.add_equity("SPY", Resolution.DAILY)
        self.set_benchmark("SPY")
        self.share = float(self.get_parameter("share", "0"))
        self.days = int(self.get_parameter("days", "0"))

    def on_data(self, data):
        self.days -= 1
        self.set_holdings("SPY", self.share if self.days % 2 else 0)
`;
const trialsSchema = z.array(
  z.looseObject({
    state: z.string(),
    name: z.string(),
    optimizationId: z.string().nullable(),
    backtestId: z.string().nullable(),
    parameters: z.record(z.string(), z.string()),
    result: z.looseObject({ dailyReturns: z.array(z.unknown()) }).nullable(),
  }),
);

describe("an optimisation over a desk with its local cloud", () => {
  let home: E2eHome;
  beforeAll(() => {
    home = openE2eHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const trials = async (): Promise<z.infer<typeof trialsSchema>> =>
    trialsSchema.parse((await home.run(["trials", "--json"])).lines()[0]);

  it("leaves a completed trial of each of its points, which the analysis counts", async () => {
    const created = await home.call("create_strategy", { name: "Sweep", code: CODE });
    const { strategyId, projectId } = z.looseObject({ strategyId: z.string(), projectId: z.int() }).parse(created);
    const { compileId } = await home.call("qc_create_compile", { projectId });
    for (let state: unknown = "InQueue"; state === "InQueue"; await delay(200)) {
      ({ state } = await home.call("qc_read_compile", { projectId, compileId }));
    }
    const made = await home.call("qc_create_optimization", {
      projectId,
      compileId,
      name: "six",
      target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
      targetTo: "max",
      strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
      parameters: [
        { name: "days", min: 1, max: 2, step: 1 },
        { name: "share", min: 0.1, max: 0.3, step: 0.1 },
      ],
      estimatedCost: 0,
      nodeType: "O2-8",
      parallelNodes: 2,
    });
    const [{ optimizationId }] = z
      .object({ optimizations: z.tuple([z.looseObject({ optimizationId: z.string() })]) })
      .parse(made).optimizations;
    expect(await trials()).toHaveLength(6);
    const deadline = Date.now() + 90_000;
    while ((await trials()).some(({ state }) => state === "open") && Date.now() < deadline) await delay(1000);
    const ended = await trials();
    expect(ended.map(({ parameters: { days, share } }) => `${days} ${share}`).toSorted()).toEqual([
      "1 0.1",
      "1 0.2",
      "1 0.3",
      "2 0.1",
      "2 0.2",
      "2 0.3",
    ]);
    for (const trial of ended) {
      expect(trial).toMatchObject({ state: "completed", name: "six", optimizationId });
      expect(trial.result?.dailyReturns.length).toBeGreaterThan(100);
    }
    expect(new Set(ended.map(({ backtestId }) => backtestId)).size).toBe(6);
    expect((await home.run(["trials"])).out).toMatch(/completed.*days=1 share=0\.3.*six/);
    const analysis = await home.call("analyze_strategy", { strategyId });
    expect(analysis).toMatchObject({ trials: 6, completed: 6 });
    expect((await home.run(["audit", "verify", "--json"])).code).toBe(0);
  }, 150_000);
});
