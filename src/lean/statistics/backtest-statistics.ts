import { Decimal } from "../../domain/decimal.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import { MICROS_PER_DAY } from "../time/civil-date.ts";
import {
  annualPerformance,
  annualVariance,
  covariance,
  probabilisticSharpeRatio,
  variance,
} from "./return-statistics.ts";
import type { RiskFreeRate } from "./risk-free-rate.ts";
import type { Sample, Sampler } from "./sampler.ts";

const HUNDRED = Decimal.of(100n, 0);
const NOT_AVAILABLE = "n/a";
const RELATIVE = ["Alpha", "Beta", "Information Ratio", "Tracking Error", "Treynor Ratio"] as const;

/** What the statistics are computed from. */
export interface StatisticsInput {
  readonly sampler: Sampler;
  readonly portfolio: Portfolio;
  readonly startCash: Decimal;
  readonly totalOrders: number;
  readonly riskFreeRate: RiskFreeRate;
  readonly capacity: Decimal;
  /** Identifier of the asset with the lowest capacity, empty without any. */
  readonly lowestCapacityAsset: string;
  /** False where the benchmark has no data: figures relative to it read `n/a`. */
  readonly hasBenchmark: boolean;
}

/** LEAN's statistics under LEAN's names, as its display texts (formulas: LEAN's `PortfolioStatistics`). */
export function backtestStatistics(input: StatisticsInput): Record<string, string> {
  const { sampler, portfolio, startCash } = input;
  const returns = sampler.performance.slice(2).map((sample) => sample.value.divide(HUNDRED).toNumber());
  const benchmark = changes(sampler.benchmark).slice(1);
  const hasEnough = returns.length >= 2 && benchmark.length >= 2;
  const trades = hasEnough ? tradeFigures(portfolio, startCash) : NO_TRADES;
  const curve = hasEnough ? curveFigures(sampler.equity, startCash) : FLAT_CURVE;
  const ratios = hasEnough
    ? ratioFigures({ returns, benchmark, riskFreeRate: input.riskFreeRate.mean(sampler.equity) })
    : NO_RATIOS;
  const statistics: Record<string, string> = {
    "Total Orders": String(input.totalOrders),
    "Average Win": percent(trades.averageWin, 2),
    "Average Loss": percent(trades.averageLoss, 2),
    "Compounding Annual Return": percent(curve.annualReturn, 3),
    Drawdown: percent(curve.drawdown, 3),
    Expectancy: trades.expectancy.round(3).toString(),
    "Start Equity": startCash.round(2).toString(),
    "End Equity": (sampler.equity.at(-1)?.value ?? startCash).round(2).toString(),
    "Net Profit": percent(curve.netProfit, 3),
    "Sharpe Ratio": double(ratios.sharpe),
    "Sortino Ratio": double(ratios.sortino),
    "Probabilistic Sharpe Ratio": percent(Decimal.fromDouble15(ratios.probabilisticSharpe), 3),
    "Loss Rate": percent(trades.lossRate, 0),
    "Win Rate": percent(trades.winRate, 0),
    "Profit-Loss Ratio": trades.profitLossRatio.round(2).toString(),
    Alpha: double(ratios.alpha),
    Beta: double(ratios.beta),
    "Annual Standard Deviation": double(ratios.deviation),
    "Annual Variance": double(ratios.variance),
    "Information Ratio": double(ratios.informationRatio),
    "Tracking Error": double(ratios.trackingError),
    "Treynor Ratio": double(ratios.treynor),
    "Total Fees": `$${portfolio.totalFees.toFixed(2)}`,
    "Estimated Strategy Capacity": `$${input.capacity.isZero ? "0" : input.capacity.roundToSignificantDigits(2).toString()}`,
    "Lowest Capacity Asset": input.lowestCapacityAsset,
    "Portfolio Turnover": percent(meanOf(sampler.turnover), 2),
    "Drawdown Recovery": String(Math.trunc(curve.recoveryDays)),
  };
  if (!input.hasBenchmark) for (const name of RELATIVE) statistics[name] = NOT_AVAILABLE;
  return statistics;
}

/** Changes between neighbouring samples, as fractions; 0 after a value of 0. */
function changes(samples: readonly Sample[]): number[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index]?.value ?? Decimal.ZERO;
    return before.isZero ? 0 : sample.value.subtract(before).divide(before).toNumber();
  });
}

function meanOf(samples: readonly Sample[]): Decimal {
  if (samples.length === 0) return Decimal.ZERO;
  const sum = samples.reduce((total, sample) => total.add(sample.value), Decimal.ZERO);
  return sum.divide(Decimal.fromNumber(samples.length));
}

interface TradeFigures {
  readonly averageWin: Decimal;
  readonly averageLoss: Decimal;
  readonly profitLossRatio: Decimal;
  readonly winRate: Decimal;
  readonly lossRate: Decimal;
  readonly expectancy: Decimal;
}

const NO_TRADES: TradeFigures = {
  averageWin: Decimal.ZERO,
  averageLoss: Decimal.ZERO,
  profitLossRatio: Decimal.ZERO,
  winRate: Decimal.ZERO,
  lossRate: Decimal.ZERO,
  expectancy: Decimal.ZERO,
};

/** Wins and losses of the transaction records, each relative to the capital at its time. */
function tradeFigures(portfolio: Portfolio, startCash: Decimal): TradeFigures {
  let capital = startCash;
  let profit = Decimal.ZERO;
  let loss = Decimal.ZERO;
  let profits = 0;
  let losses = 0;
  for (const [, value] of [...portfolio.records].toSorted(([left], [right]) => left - right)) {
    const share = capital.isZero ? Decimal.ZERO : value.divide(capital);
    if (value.sign > 0) {
      profit = profit.add(share);
      profits += 1;
    } else {
      loss = loss.add(share);
      losses += 1;
    }
    capital = capital.add(value);
  }
  const averageWin = ratio(profit, profits);
  const averageLoss = ratio(loss, losses);
  const profitLossRatio = averageLoss.isZero ? Decimal.ZERO : averageWin.divide(averageLoss.abs());
  const trades = portfolio.wins + portfolio.losses;
  const winRate = ratio(Decimal.fromNumber(portfolio.wins), trades);
  const lossRate = ratio(Decimal.fromNumber(portfolio.losses), trades);
  const expectancy = winRate.multiply(profitLossRatio).subtract(lossRate);
  return { averageWin, averageLoss, profitLossRatio, winRate, lossRate, expectancy };
}

function ratio(sum: Decimal, count: number): Decimal {
  return count === 0 ? Decimal.ZERO : sum.divide(Decimal.fromNumber(count));
}

interface CurveFigures {
  readonly netProfit: Decimal;
  readonly annualReturn: Decimal;
  readonly drawdown: Decimal;
  readonly recoveryDays: number;
}

const FLAT_CURVE: CurveFigures = {
  netProfit: Decimal.ZERO,
  annualReturn: Decimal.ZERO,
  drawdown: Decimal.ZERO,
  recoveryDays: 0,
};

function curveFigures(curve: readonly Sample[], startCash: Decimal): CurveFigures {
  const [first] = curve;
  const last = curve.at(-1);
  if (first === undefined || last === undefined || startCash.isZero) return FLAT_CURVE;
  const years = (last.time - first.time) / MICROS_PER_DAY / 365;
  const growth = last.value.toNumber() / startCash.toNumber();
  const annual = years > 0 && growth > 0 ? growth ** (1 / years) - 1 : years > 0 ? -1 : 0;
  return {
    netProfit: last.value.divide(startCash).subtract(Decimal.ONE),
    // LEAN gives up on returns beyond what a decimal holds.
    annualReturn: Number.isFinite(annual) && annual < 1e20 ? Decimal.fromDouble15(annual) : Decimal.ZERO,
    ...drawdownOf(curve, first),
  };
}

/** Largest fall from a peak, as a fraction of 3 places, and the longest time from a peak back to its level in days. */
function drawdownOf(curve: readonly Sample[], first: Sample): { drawdown: Decimal; recoveryDays: number } {
  let peak = first;
  let peakValue = first.value.toNumber();
  let fallenFrom: number | undefined;
  let largest = Decimal.ZERO;
  let largestValue = 0;
  let recoveryDays = 0;
  for (const sample of curve) {
    const value = sample.value.toNumber();
    if (value >= peakValue) {
      if (fallenFrom !== undefined) recoveryDays = Math.max(recoveryDays, (sample.time - fallenFrom) / MICROS_PER_DAY);
      fallenFrom = undefined;
      peak = sample;
      peakValue = value;
      continue;
    }
    fallenFrom ??= peak.time;
    const change = value / peakValue - 1;
    // Doubles find the candidates; the figure itself is exact.
    if (change < largestValue + 1e-12) {
      largestValue = Math.min(change, largestValue);
      largest = largest.min(sample.value.divide(peak.value).subtract(Decimal.ONE));
    }
  }
  return { drawdown: largest.abs().round(3), recoveryDays };
}

interface RatioFigures {
  readonly sharpe: number;
  readonly sortino: number;
  readonly probabilisticSharpe: number;
  readonly alpha: number;
  readonly beta: number;
  readonly deviation: number;
  readonly variance: number;
  readonly informationRatio: number;
  readonly trackingError: number;
  readonly treynor: number;
}

const NO_RATIOS: RatioFigures = {
  sharpe: 0,
  sortino: 0,
  probabilisticSharpe: 0,
  alpha: 0,
  beta: 0,
  deviation: 0,
  variance: 0,
  informationRatio: 0,
  trackingError: 0,
  treynor: 0,
};

function ratioFigures(input: {
  readonly returns: readonly number[];
  readonly benchmark: readonly number[];
  readonly riskFreeRate: number;
}): RatioFigures {
  const { returns, benchmark, riskFreeRate } = input;
  const annual = annualPerformance(returns);
  const annualBenchmark = annualPerformance(benchmark);
  const yearly = annualVariance(returns);
  const deviation = Math.sqrt(yearly);
  const downside = Math.sqrt(annualVariance(returns.filter((value) => value < 0)));
  const benchmarkVariance = variance(benchmark);
  const beta = benchmarkVariance > 0 ? covariance(returns, benchmark) / benchmarkVariance : 0;
  const differences = returns
    .slice(0, Math.min(returns.length, benchmark.length))
    .map((value, index) => value - (benchmark[index] ?? 0));
  const trackingError = Math.sqrt(annualVariance(differences));
  const excess = annual - riskFreeRate;
  return {
    sharpe: deviation > 0 ? excess / deviation : 0,
    sortino: downside > 0 ? excess / downside : 0,
    probabilisticSharpe: probabilisticSharpeRatio(returns, riskFreeRate),
    alpha: beta === 0 ? 0 : annual - (riskFreeRate + beta * (annualBenchmark - riskFreeRate)),
    beta,
    deviation,
    variance: yearly,
    informationRatio: trackingError > 0 ? (annual - annualBenchmark) / trackingError : 0,
    trackingError,
    treynor: beta === 0 ? 0 : excess / beta,
  };
}

/** A fraction as percents with at most `places` decimals; the scale of the decimal is kept, as in LEAN. */
function percent(fraction: Decimal, places: number): string {
  return `${fraction.multiply(HUNDRED).round(places).toString()}%`;
}

/** .NET's rounding of a double to 3 places, in its shortest text. */
function double(value: number): string {
  const scaled = value * 1000;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return String(rounded / 1000 || 0);
}
