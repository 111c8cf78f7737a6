import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../src/lean/algorithm/qc-algorithm.ts";
import { backtestResultSchema } from "../../src/lean/backtest-result.ts";
import { runBacktest } from "../../src/lean/run-backtest.ts";
import type { Strategy } from "../../src/lean/strategy.ts";
import { dataSourceOf, syntheticFiles } from "../support/lean-synthetic.ts";
import { basicTemplate, basicTemplateDaily } from "./strategies/basic-template.ts";
import { macdTrend } from "./strategies/macd-trend.ts";
import { multipleTargets } from "./strategies/multiple-targets.ts";
import { OrderTicketDemo } from "./strategies/order-ticket-demo.ts";

/**
 * Values that an independent implementation of LEAN's semantics (in Python) gave for the same made-up data: prices with
 * gaps, dividends, a split, quotes on both sides.
 */
const GOLDEN = JSON.parse(readFileSync(new URL("synthetic-golden.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;

const STRATEGIES: Readonly<Record<string, (algorithm: QcAlgorithm) => Strategy>> = {
  "one purchase on minute bars": basicTemplate,
  "one purchase on daily bars": basicTemplateDaily,
  "every order type": (algorithm) => new OrderTicketDemo(algorithm),
  "eleven years of daily bars": macdTrend,
  "several targets at once": multipleTargets,
};

describe("backtests on made-up data", () => {
  const data = dataSourceOf(syntheticFiles());

  for (const [name, createStrategy] of Object.entries(STRATEGIES)) {
    it(`give the pinned value of every statistic for ${name}`, () => {
      const result = runBacktest({ createStrategy, algorithmName: name, data, parameters: {}, engineVersion: "test" });
      expect(result.error).toBeUndefined();
      expect(() => backtestResultSchema.parse(result)).not.toThrow();
      const got: Record<string, string> = {
        ...result.statistics,
        DataPoints: String(result.dataPoints),
        OrderListHash: result.orderListHash,
      };
      for (const [key, text] of Object.entries(got)) got[key] = text.replace(/^-0(%?)$/, "0$1");
      expect(got).toEqual(GOLDEN[name]);
    });
  }

  it("give the same result twice, and daily returns that compound to the net profit", () => {
    const run = (): ReturnType<typeof runBacktest> =>
      runBacktest({ createStrategy: macdTrend, algorithmName: "x", data, parameters: {}, engineVersion: "test" });
    const result = run();
    expect(run()).toEqual(result);
    const growth = result.dailyReturns.reduce((value, day) => value * (1 + day.return), 1);
    const end = Number(result.statistics["End Equity"]);
    expect(growth).toBeCloseTo(end / 100_000, 4);
    expect(new Set(result.dailyReturns.map((day) => day.date)).size).toBe(result.dailyReturns.length);
  });
});
