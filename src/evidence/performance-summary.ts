import { returnMoments } from "./return-moments.ts";

export interface DailyReturn {
  readonly date: string;
  readonly return: number;
}

const TRADING_DAYS = 252;

/** What daily returns say, annualised with 252 days; undefined members need more days or returns that vary. */
export interface PerformanceSummary {
  readonly days: number;
  readonly totalReturn: number;
  readonly annualReturn: number | undefined;
  readonly annualDeviation: number | undefined;
  readonly annualSharpe: number | undefined;
  readonly maximumDrawdown: number;
  readonly worstDay: DailyReturn | undefined;
  readonly bestDay: DailyReturn | undefined;
  readonly skew: number;
  readonly kurtosis: number;
}

/** Return, risk and drawdown from daily returns as fractions. The annual return compounds; the Sharpe ratio has no risk-free rate. */
export function summarisePerformance(daily: readonly DailyReturn[]): PerformanceSummary {
  const moments = returnMoments(daily.map((day) => day.return));
  let wealth = 1;
  let peak = 1;
  let maximumDrawdown = 0;
  for (const day of daily) {
    wealth *= 1 + day.return;
    peak = Math.max(peak, wealth);
    maximumDrawdown = Math.max(maximumDrawdown, 1 - wealth / peak);
  }
  const by = (better: (a: number, b: number) => boolean): DailyReturn | undefined =>
    daily.reduce<DailyReturn | undefined>(
      (best, day) => (best === undefined || better(day.return, best.return) ? day : best),
      undefined,
    );
  return {
    days: daily.length,
    totalReturn: wealth - 1,
    annualReturn: daily.length < 2 || wealth <= 0 ? undefined : wealth ** (TRADING_DAYS / daily.length) - 1,
    annualDeviation: daily.length < 2 ? undefined : moments.deviation * Math.sqrt(TRADING_DAYS),
    annualSharpe: moments.sharpe === undefined ? undefined : moments.sharpe * Math.sqrt(TRADING_DAYS),
    maximumDrawdown,
    worstDay: by((a, b) => a < b),
    bestDay: by((a, b) => a > b),
    skew: moments.skew,
    kurtosis: moments.kurtosis,
  };
}
