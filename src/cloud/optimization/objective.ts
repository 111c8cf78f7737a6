import type { PortfolioStatistics } from "../../lean/statistics/portfolio-statistics.ts";
import type { ListedBacktest, OptimizationBest, OptimizationConstraint, OptimizationPlan } from "../ports.ts";

/** Names of statistics that can be optimised and constrained, in the form of the API. */
const STATISTICS: readonly (keyof PortfolioStatistics)[] = [
  "alpha",
  "annualStandardDeviation",
  "annualVariance",
  "averageLossRate",
  "averageWinRate",
  "beta",
  "compoundingAnnualReturn",
  "drawdown",
  "endEquity",
  "expectancy",
  "informationRatio",
  "lossRate",
  "portfolioTurnover",
  "probabilisticSharpeRatio",
  "profitLossRatio",
  "sharpeRatio",
  "sortinoRatio",
  "startEquity",
  "totalNetProfit",
  "trackingError",
  "treynorRatio",
  "winRate",
];

const OPERATORS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  less: (value, bound) => value < bound,
  lessorequal: (value, bound) => value <= bound,
  greater: (value, bound) => value > bound,
  greaterorequal: (value, bound) => value >= bound,
  equals: (value, bound) => value === bound,
  notequal: (value, bound) => value !== bound,
};

/** LEAN's own names of the operators. */
export const OPERATOR_NAMES = ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equals", "NotEqual"] as const;

/**
 * The dotted form of a target, such as `TotalPerformance.PortfolioStatistics.SharpeRatio`, also for LEAN's form with
 * brackets and quotes; undefined for a statistic that does not exist.
 */
export function dottedTarget(text: string): string | undefined {
  const parts = text.replaceAll(/[[\]'"\s]/g, "").split(".");
  const [first, second, name = ""] = parts;
  if (parts.length !== 3 || first !== "TotalPerformance" || second !== "PortfolioStatistics") return undefined;
  const found = STATISTICS.find((statistic) => statistic.toLowerCase() === name.toLowerCase());
  return found === undefined
    ? undefined
    : `TotalPerformance.PortfolioStatistics.${found.slice(0, 1).toUpperCase()}${found.slice(1)}`;
}

/** A statistic of a point by its dotted target; undefined where the point has none. */
export function figureOf({ digest, state }: ListedBacktest, target: string): number | undefined {
  if (state !== "completed" || digest === undefined) return undefined;
  const name = target.split(".").at(-1) ?? "";
  const found = STATISTICS.find((statistic) => statistic.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : (digest.figures[found] ?? undefined);
}

/** Whether a point counts: it has every statistic that is constrained, and none breaks its bound. */
export function meets(point: ListedBacktest, constraints: readonly OptimizationConstraint[]): boolean {
  return constraints.every(({ target, operator, targetValue }) => {
    const value = figureOf(point, target);
    return value !== undefined && OPERATORS[operator.toLowerCase()]?.(value, targetValue) === true;
  });
}

/** The point whose target is best among those that count; the earlier one of two equal ones. */
export function bestPoint(
  points: readonly ListedBacktest[],
  plan: Pick<OptimizationPlan, "target" | "extremum" | "constraints">,
): { readonly point: ListedBacktest; readonly value: number } | undefined {
  let best: { readonly point: ListedBacktest; readonly value: number } | undefined;
  for (const point of points) {
    const value = figureOf(point, plan.target);
    if (value === undefined || !meets(point, plan.constraints)) continue;
    const better = best === undefined || (plan.extremum === "max" ? value > best.value : value < best.value);
    if (better) best = { point, value };
  }
  return best;
}

/** What lists show of the best of some points; null where none counts. */
export function bestOf(
  points: readonly ListedBacktest[],
  plan: Pick<OptimizationPlan, "target" | "extremum" | "constraints">,
): OptimizationBest | null {
  const digest = bestPoint(points, plan)?.point.digest;
  if (digest === undefined) return null;
  const { probabilisticSharpeRatio, sharpeRatio } = digest.figures;
  return { psr: probabilisticSharpeRatio, sharpeRatio, trades: digest.trades };
}

/** Whether a point is as good as was asked for, so that the search may end. */
export function isReached(points: readonly ListedBacktest[], plan: OptimizationPlan): boolean {
  const best = plan.targetValue === undefined ? undefined : bestPoint(points, plan);
  if (best === undefined || plan.targetValue === undefined) return false;
  return plan.extremum === "max" ? best.value >= plan.targetValue : best.value <= plan.targetValue;
}
