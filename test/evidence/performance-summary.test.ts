import { describe, expect, it } from "vitest";
import { summarisePerformance } from "../../src/evidence/performance-summary.ts";

const days = (...returns: readonly number[]) =>
  returns.map((value, index) => ({ date: `2020-01-${String(index + 1).padStart(2, "0")}`, return: value }));

describe("the summary of daily returns", () => {
  it("compounds, and measures the drawdown from the highest wealth, the start included", () => {
    const summary = summarisePerformance(days(-0.1, 0.5, -0.2, -0.1, 0.05));
    expect(summary.totalReturn).toBeCloseTo(0.9 * 1.5 * 0.8 * 0.9 * 1.05 - 1, 12);
    expect(summary.maximumDrawdown).toBeCloseTo(1 - 0.8 * 0.9, 12);
    expect(summary).toMatchObject({ days: 5, worstDay: { date: "2020-01-03" }, bestDay: { date: "2020-01-02" } });
    expect(summarisePerformance(days(-0.3, 0.1)).maximumDrawdown).toBeCloseTo(0.3, 12);
  });

  it("says nothing about a year from less than two days, flat returns, or a lost fortune", () => {
    expect(summarisePerformance([])).toMatchObject({ days: 0, totalReturn: 0, annualReturn: undefined });
    expect(summarisePerformance(days(0.1))).toMatchObject({ annualReturn: undefined, annualSharpe: undefined });
    expect(summarisePerformance(days(0.01, 0.01, 0.01)).annualSharpe).toBeUndefined();
    expect(summarisePerformance(days(0.1, -1, 0.1))).toMatchObject({ totalReturn: -1, annualReturn: undefined });
  });
});
