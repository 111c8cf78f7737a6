import type { Chart } from "../../lean/backtest-result.ts";
import { portfolioStatistics, type PortfolioStatistics } from "../../lean/statistics/portfolio-statistics.ts";
import type { ResultSummary } from "./backtest-record.ts";

const MOST_EQUITY_POINTS = 100;

/** What lists show of a result: small enough to be read ten thousand times. */
export interface BacktestDigest {
  /** Portfolio statistics as numbers, null where the result has none. */
  readonly figures: PortfolioStatistics;
  /** Display texts of LEAN that an optimisation shows beside them. */
  readonly statistics: Readonly<Record<string, string>>;
  readonly trades: number;
  readonly tradeableDates: number;
  readonly securityTypes: number;
  readonly parameters: number;
  /** ISO dates that the backtest asked for. */
  readonly start: string;
  readonly end: string;
}

const OPTIMISATION_TEXTS = ["Estimated Strategy Capacity", "Total Fees", "Total Orders"] as const;

export function digestOf(summary: ResultSummary): BacktestDigest {
  const texts = OPTIMISATION_TEXTS.map((name) => [name, summary.statistics[name] ?? ""] as const);
  return {
    figures: portfolioStatistics(summary.statistics),
    statistics: Object.fromEntries(texts),
    trades: summary.orderCount,
    tradeableDates: summary.dayCount,
    securityTypes: Object.keys(summary.fidelity).length,
    parameters: Object.keys(summary.parameters).length,
    start: summary.requested.start,
    end: summary.requested.end,
  };
}

export function readDigest(text: string): BacktestDigest {
  // Written by this store alone; a list of ten thousand has no time to check each.
  return JSON.parse(text) as BacktestDigest;
}

/** A few points of an equity curve, `[unix seconds, value]`. */
export type EquityPoints = readonly (readonly [number, number])[];

/** The close of each candle of the equity, thinned evenly. */
export function equityOf(charts: Readonly<Record<string, Chart>>): EquityPoints {
  const values = charts["Strategy Equity"]?.series["Equity"]?.values ?? [];
  const step = Math.max(1, (values.length - 1) / (MOST_EQUITY_POINTS - 1));
  const count = Math.min(values.length, MOST_EQUITY_POINTS);
  return Array.from({ length: count }, (_, index) => values[Math.round(index * step)]).flatMap((point) => {
    const time = point?.[0];
    const value = point?.at(-1);
    return typeof time === "number" && typeof value === "number" ? [[time, value] as const] : [];
  });
}
