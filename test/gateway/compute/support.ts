import { readFileSync } from "node:fs";
import { computeRatesSchema, type ComputeRates } from "../../../src/domain/compute-rates.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import { parseJson } from "../../../src/domain/parse-json.ts";
import type { ComputeEstimate } from "../../../src/gateway/compute/compute-estimate.ts";

/** The shipped rates. */
export const RATES: ComputeRates = computeRatesSchema.parse(shippedFile("compute-rates.json"));

/** Arguments of an optimisation of six points. */
export const OPTIMIZATION = {
  projectId: 7,
  name: "sweep",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
  compileId: "c",
  parameters: [
    { name: "fast", min: 1, max: 2, step: 1 },
    { name: "slow", min: 10, max: 30, step: 10 },
  ],
  estimatedCost: 0,
  nodeType: "O2-8",
  parallelNodes: 2,
};

/** An estimate of so many minutes and dollars. */
export function estimated(minutes: number, dollars = "0"): ComputeEstimate {
  return {
    milliseconds: minutes * 60_000,
    backtests: 1,
    pricePerHour: Decimal.ZERO,
    money: { amount: Decimal.parse(dollars), currency: "USD" },
    basis: "a test",
  };
}

export function shippedFile(name: string): unknown {
  return parseJson(readFileSync(new URL(`../../../config/${name}`, import.meta.url), "utf8"));
}
