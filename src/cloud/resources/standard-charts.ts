/** Charts that every backtest has by LEAN's conventions, though some may have no points. */
export const STANDARD_CHARTS: readonly string[] = [
  "Strategy Equity",
  "Capacity",
  "Drawdown",
  "Benchmark",
  "Exposure",
  "Assets Sales Volume",
  "Portfolio Turnover",
  "Portfolio Margin",
];
