import { describe, expect, it } from "vitest";
import { gridPoints, gridSize, stepRange } from "../../../src/cloud/optimization/grid-search.ts";
import { bestPoint, dottedTarget, isReached, meets } from "../../../src/cloud/optimization/objective.ts";
import { EULER, GRID, wantedPoints } from "../../../src/cloud/optimization/search-strategy.ts";
import type { ListedBacktest, OptimizationPlan } from "../../../src/cloud/ports.ts";
import { portfolioStatistics } from "../../../src/lean/statistics/portfolio-statistics.ts";

const SHARPE = "TotalPerformance.PortfolioStatistics.SharpeRatio";
const DRAWDOWN = "TotalPerformance.PortfolioStatistics.Drawdown";

function plan(change: Partial<OptimizationPlan> = {}): OptimizationPlan {
  return {
    strategy: GRID,
    target: SHARPE,
    extremum: "max",
    parameters: [{ name: "x", min: 0, max: 8, step: 4, minStep: 1 }],
    constraints: [],
    nodeType: "O2-8",
    parallelNodes: 2,
    baseParameters: {},
    ...change,
  };
}

function result(
  parameterSet: Record<string, string>,
  sharpe: number,
  change: { readonly state?: ListedBacktest["state"]; readonly drawdown?: string } = {},
): ListedBacktest {
  const statistics = { "Sharpe Ratio": String(sharpe), Drawdown: change.drawdown ?? "10%" };
  return {
    backtestId: JSON.stringify(parameterSet),
    projectId: 1,
    name: "p",
    state: change.state ?? "completed",
    created: 0,
    started: 0,
    finished: 1,
    progress: 1,
    parameterSet,
    tags: [],
    optimizationId: "O",
    digest: {
      figures: portfolioStatistics(statistics),
      statistics: {},
      trades: 0,
      tradeableDates: 0,
      securityTypes: 1,
      parameters: 1,
      start: "2020-01-01",
      end: "2020-12-31",
    },
  };
}

describe("a grid", () => {
  it("has every combination, with values that floating point would spoil", () => {
    const ranges = [
      { name: "a", min: 0.1, max: 0.5, step: 0.2 },
      { name: "b", min: 100, max: 100, step: 1 },
    ].map(stepRange);
    expect(gridPoints(ranges)).toEqual([
      { a: "0.1", b: "100" },
      { a: "0.3", b: "100" },
      { a: "0.5", b: "100" },
    ]);
    expect(gridSize(ranges)).toBe(3);
  });

  it("is counted without being made, however large", () => {
    expect(gridSize([{ name: "a", min: 0, max: 1e9, step: 1e-3 }].map(stepRange))).toBe(1e12 + 1);
  });
});

describe("a Euler search", () => {
  const euler = plan({ strategy: EULER });
  const values = (results: readonly ListedBacktest[]): (string | undefined)[] =>
    wantedPoints(euler, results).map(({ x }) => x);
  const coarse = [result({ x: "0" }, 1), result({ x: "4" }, 3), result({ x: "8" }, 2)];

  it("begins with the coarse grid, and waits until all of it has ended", () => {
    expect(values([])).toEqual(["0", "4", "8"]);
    expect(values(coarse.slice(0, 2))).toEqual(["0", "4", "8"]);
    expect(values([...coarse.slice(0, 2), result({ x: "8" }, 9, { state: "running" })])).toEqual(["0", "4", "8"]);
  });

  it("goes on with a quarter of the step around the best point, and tries no point twice", () => {
    expect(values(coarse)).toEqual(["0", "4", "8", "2", "3", "5", "6"]);
  });

  it("stays within the bounds", () => {
    const atEdge = [result({ x: "0" }, 5), result({ x: "4" }, 3), result({ x: "8" }, 2)];
    expect(values(atEdge)).toEqual(["0", "4", "8", "1", "2"]);
  });

  it("ends when the smallest step is reached", () => {
    const fine = ["2", "3", "5", "6"].map((x) => result({ x }, 2));
    expect(values([...coarse, ...fine])).toHaveLength(7);
  });

  it("ends after the grid where no point counts", () => {
    const failed = ["0", "4", "8"].map((x) => result({ x }, 1, { state: "error" }));
    expect(values(failed)).toEqual(["0", "4", "8"]);
  });
});

describe("what is optimised", () => {
  it.each([
    ["TotalPerformance.PortfolioStatistics.SharpeRatio", SHARPE],
    ["['TotalPerformance'].['PortfolioStatistics'].['SharpeRatio']", SHARPE],
    ["totalPerformance.portfolioStatistics.sharpeRatio", undefined],
    ["TotalPerformance.PortfolioStatistics.drawdown", DRAWDOWN],
    ["TotalPerformance.PortfolioStatistics.Nothing", undefined],
    ["TotalPerformance.TradeStatistics.SharpeRatio", undefined],
    ["SharpeRatio", undefined],
    ["", undefined],
  ])("is named %j, in the dotted form %j", (text, dotted) => {
    expect(dottedTarget(text)).toBe(dotted);
  });

  it("is the best point that meets every constraint", () => {
    const points = [
      result({ x: "1" }, 3, { drawdown: "30%" }),
      result({ x: "2" }, 2, { drawdown: "10%" }),
      result({ x: "3" }, 1, { drawdown: "5%" }),
      result({ x: "4" }, 9, { state: "error" }),
    ];
    const x = (change: Partial<OptimizationPlan>): unknown => bestPoint(points, plan(change))?.point.parameterSet["x"];
    const below = (targetValue: number): Partial<OptimizationPlan> => ({
      constraints: [{ target: DRAWDOWN, operator: "Less", targetValue }],
    });
    expect(x({})).toBe("1");
    expect(x({ extremum: "min" })).toBe("3");
    expect(x(below(0.2))).toBe("2");
    expect(x(below(0.1))).toBe("3");
    expect(x(below(0.01))).toBeUndefined();
  });

  it.each([
    ["Less", [true, false, false]],
    ["LessOrEqual", [true, true, false]],
    ["Greater", [false, false, true]],
    ["GreaterOrEqual", [false, true, true]],
    ["Equals", [false, true, false]],
    ["NotEqual", [true, false, true]],
  ])("knows the operator %s", (operator, expected) => {
    const of = (sharpe: number): boolean =>
      meets(result({ x: "1" }, sharpe), [{ target: SHARPE, operator, targetValue: 2 }]);
    expect([of(1), of(2), of(3)]).toEqual(expected);
  });

  it("is reached when a point is as good as was asked for", () => {
    const points = [result({ x: "1" }, 2)];
    expect(isReached(points, plan())).toBe(false);
    expect(isReached(points, plan({ targetValue: 2.1 }))).toBe(false);
    expect(isReached(points, plan({ targetValue: 2 }))).toBe(true);
    expect(isReached(points, plan({ targetValue: 2, extremum: "min" }))).toBe(true);
  });
});
