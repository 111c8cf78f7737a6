import { describe, expect, it } from "vitest";
import { OutputBudget } from "../../../src/cloud/live/output-budget.ts";
import type { LiveOutput } from "../../../src/lean/live/live-protocol.ts";

const flood: LiveOutput = {
  logs: Array.from({ length: 1000 }, () => "x".repeat(2000)),
  warnings: [],
  charts: {},
  runtimeStatistics: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`S${index}`, "1"])),
};
const HOUR = 3_600_000_000;

describe("the budget of a live algorithm's output", () => {
  it("ends a flood of log lines for an hour, says so once, and begins anew after it", () => {
    const budget = new OutputBudget();
    const taken = Array.from({ length: 100 }, (_, index) => budget.take(flood, index));
    const lines = taken.reduce((sum, { kept }) => sum + kept.logs.length, 0);
    expect(lines).toBe(24_000);
    expect(taken.filter(({ isFirst }) => isFirst)).toHaveLength(1);
    expect(budget.take(flood, HOUR).kept.logs).toHaveLength(1000);
  });

  it("begins anew where the clock was set back by hours", () => {
    const budget = new OutputBudget();
    for (let index = 0; index < 100; index += 1) budget.take(flood, 10 * HOUR);
    expect(budget.take(flood, 2 * HOUR).kept.logs).toHaveLength(1000);
  });

  it("counts points and insights, and keeps two hundred figures at most", () => {
    const values = Array.from({ length: 300_000 }, (_, index) => [index, 1]);
    const series = { S: { name: "S", unit: "$", index: 0, seriesType: 0, values } };
    const points: LiveOutput = { logs: [], warnings: [], charts: { C: { name: "C", series } } };
    const budget = new OutputBudget();
    expect(Object.keys(budget.take(points, 0).kept.charts)).toEqual(["C"]);
    expect(budget.take(points, 0)).toEqual({ kept: { logs: [], warnings: [], charts: {} }, isFirst: true });
    const insights: LiveOutput = { ...flood, logs: [], insights: [{ id: "1", note: "x".repeat(60_000_000) }] };
    const { kept, isFirst } = new OutputBudget().take(insights, 0);
    expect(isFirst).toBe(true);
    expect(kept.insights).toBeUndefined();
    expect(Object.keys(kept.runtimeStatistics ?? {})).toHaveLength(200);
  });
});
