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

  const trials = async (strategyId: string): Promise<z.infer<typeof trialsSchema>> =>
    trialsSchema.parse((await home.run(["trials", "--strategy", strategyId, "-n", "100", "--json"])).lines()[0]);
  /** The trials of a strategy once none is open. */
  const settled = async (strategyId: string): ReturnType<typeof trials> => {
    const deadline = Date.now() + 90_000;
    while ((await trials(strategyId)).some(({ state }) => state === "open") && Date.now() < deadline) await delay(1000);
    return trials(strategyId);
  };
  const compiled = async (name: string): Promise<{ strategyId: string; projectId: number; compileId: unknown }> => {
    const created = await home.call("create_strategy", { name, code: CODE });
    const { strategyId, projectId } = z.looseObject({ strategyId: z.string(), projectId: z.int() }).parse(created);
    const { compileId } = await home.call("qc_create_compile", { projectId });
    for (let state: unknown = "InQueue"; state === "InQueue"; await delay(200)) {
      ({ state } = await home.call("qc_read_compile", { projectId, compileId }));
    }
    return { strategyId, projectId, compileId };
  };
  const optimise = async (args: object): Promise<string> => {
    const made = await home.call("qc_create_optimization", {
      target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
      targetTo: "max",
      strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
      estimatedCost: 0,
      nodeType: "O2-8",
      parallelNodes: 2,
      ...args,
    });
    return z.object({ optimizations: z.tuple([z.looseObject({ optimizationId: z.string() })]) }).parse(made)
      .optimizations[0].optimizationId;
  };

  it("leaves a completed trial of each of its points, which the analysis counts", async () => {
    const { strategyId, ...ids } = await compiled("Sweep");
    const optimizationId = await optimise({
      ...ids,
      name: "six",
      parameters: [
        { name: "days", min: 1, max: 2, step: 1 },
        { name: "share", min: 0.1, max: 0.3, step: 0.1 },
      ],
    });
    expect(await trials(strategyId)).toHaveLength(6);
    const ended = await settled(strategyId);
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

  it("that is aborted leaves no trial open: what ran has failed or completed, the rest never ran", async () => {
    const { strategyId, ...ids } = await compiled("Aborted");
    const parameters = [{ name: "share", min: 0.01, max: 0.4, step: 0.01 }];
    const optimizationId = await optimise({ ...ids, name: "forty", parameters });
    await home.call("qc_abort_optimization", { optimizationId });
    const ended = await settled(strategyId);
    expect(ended).toHaveLength(40);
    const states = ended.map(({ state }) => state);
    expect(states.filter((state) => !["completed", "failed", "abandoned"].includes(state))).toEqual([]);
    expect(states.filter((state) => state === "abandoned").length).toBeGreaterThan(20);
  }, 150_000);
});
