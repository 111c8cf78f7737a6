/** Name in `totalPerformance.portfolioStatistics`, and LEAN's name among the display texts. */
const FIELDS = {
  averageWinRate: "Average Win",
  averageLossRate: "Average Loss",
  profitLossRatio: "Profit-Loss Ratio",
  winRate: "Win Rate",
  lossRate: "Loss Rate",
  expectancy: "Expectancy",
  startEquity: "Start Equity",
  endEquity: "End Equity",
  compoundingAnnualReturn: "Compounding Annual Return",
  drawdown: "Drawdown",
  totalNetProfit: "Net Profit",
  sharpeRatio: "Sharpe Ratio",
  probabilisticSharpeRatio: "Probabilistic Sharpe Ratio",
  sortinoRatio: "Sortino Ratio",
  alpha: "Alpha",
  beta: "Beta",
  annualStandardDeviation: "Annual Standard Deviation",
  annualVariance: "Annual Variance",
  informationRatio: "Information Ratio",
  trackingError: "Tracking Error",
  treynorRatio: "Treynor Ratio",
  portfolioTurnover: "Portfolio Turnover",
} as const;

export type PortfolioStatistics = Readonly<Record<keyof typeof FIELDS, number | null>>;

/**
 * The figures behind LEAN's display texts, as numbers: `12.5%` is 0.125, `$1,000` is 1000. They have the precision of
 * the texts. What is missing or says `n/a` is null, never 0.
 */
export function portfolioStatistics(statistics: Readonly<Record<string, string>>): PortfolioStatistics {
  const entries = Object.entries(FIELDS).map(([field, name]) => [field, numberOf(statistics[name])]);
  // The keys are those of FIELDS by construction.
  return Object.fromEntries(entries) as PortfolioStatistics;
}

function numberOf(text: string | undefined): number | null {
  const match = /^\s*(-?)\$?(-?[\d,]*\.?\d+(?:[eE][+-]?\d+)?)\s*(%?)\s*$/.exec(text ?? "");
  if (match === null) return null;
  const value = Number((match[2] ?? "").replaceAll(",", "")) * (match[1] === "-" ? -1 : 1);
  // Dividing a percentage by 100 adds digits that the text does not have.
  return match[3] === "%" ? Number((value / 100).toPrecision(15)) : value;
}
