import { Decimal } from "../../domain/decimal.ts";
import type { ReplyBody } from "../reply.ts";
import type { ClosedTrade } from "./closed-trades.ts";
import { durationText } from "./trade-duration.ts";

/** What LEAN gives for a ratio to nothing. */
const NO_LOSS_RATIO = 10;

/**
 * LEAN's statistics of closed trades. What needs the prices between entry and exit (excursions and what is made of
 * them) is null: only fills are kept.
 */
export function tradeStatistics(trades: readonly ClosedTrade[]): ReplyBody {
  const wins = trades.filter(isWin);
  const losses = trades.filter((trade) => !isWin(trade));
  const [profit, loss] = [total(wins), total(losses)];
  const all = profit.add(loss).toNumber();
  const average = ratio(all, trades.length);
  const averageProfit = ratio(profit.toNumber(), wins.length);
  const averageLoss = ratio(loss.toNumber(), losses.length);
  const deviation = spread(trades.map(gain), average);
  const downside = spread(losses.map(gain), 0);
  const drawdown = deepestDrawdown(trades);
  return {
    startDateTime: timeText(trades.length === 0 ? undefined : Math.min(...trades.map(({ entryTime }) => entryTime))),
    endDateTime: timeText(trades.length === 0 ? undefined : Math.max(...trades.map(({ exitTime }) => exitTime))),
    totalNumberOfTrades: trades.length,
    numberOfWinningTrades: wins.length,
    numberOfLosingTrades: losses.length,
    totalProfitLoss: all,
    totalProfit: profit.toNumber(),
    totalLoss: loss.toNumber(),
    largestProfit: Math.max(0, ...wins.map(gain)),
    largestLoss: Math.min(0, ...losses.map(gain)),
    averageProfitLoss: average,
    averageProfit,
    averageLoss,
    ...durations(trades, wins, losses),
    maxConsecutiveWinningTrades: longestRun(trades, true),
    maxConsecutiveLosingTrades: longestRun(trades, false),
    profitLossRatio: averageLoss === 0 ? 0 : averageProfit / Math.abs(averageLoss),
    winLossRatio: orTen(wins.length, losses.length),
    winRate: ratio(wins.length, trades.length),
    lossRate: ratio(losses.length, trades.length),
    averageMAE: null,
    averageMFE: null,
    largestMAE: null,
    largestMFE: null,
    maximumClosedTradeDrawdown: drawdown.depth,
    maximumIntraTradeDrawdown: null,
    profitLossStandardDeviation: deviation,
    profitLossDownsideDeviation: downside,
    profitFactor: orTen(profit.toNumber(), loss.abs().toNumber()),
    sharpeRatio: ratio(average, deviation),
    sortinoRatio: ratio(average, downside),
    profitToMaxDrawdownRatio: orTen(all, Math.abs(drawdown.depth)),
    maximumEndTradeDrawdown: null,
    averageEndTradeDrawdown: null,
    maximumDrawdownDuration: durationText(drawdown.duration),
    totalFees: trades.reduce((sum, { totalFees }) => sum.add(totalFees), Decimal.of(0n, 0)).toNumber(),
  };
}

export function isWin({ profitLoss }: ClosedTrade): boolean {
  return profitLoss.greaterThan(Decimal.of(0n, 0));
}

/** `YYYY-MM-DDTHH:MM:SSZ`, null for none. */
export function timeText(microseconds: number | undefined): string | null {
  return microseconds === undefined ? null : `${new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19)}Z`;
}

function total(trades: readonly ClosedTrade[]): Decimal {
  return trades.reduce((sum, { profitLoss }) => sum.add(profitLoss), Decimal.of(0n, 0));
}

function gain({ profitLoss }: ClosedTrade): number {
  return profitLoss.toNumber();
}

function ratio(value: number, by: number): number {
  return by === 0 ? 0 : value / by;
}

function orTen(value: number, by: number): number {
  return by === 0 ? (value > 0 ? NO_LOSS_RATIO : 0) : value / by;
}

/** Root of the mean square distance, with one value less in the divisor. */
function spread(values: readonly number[], from: number): number {
  if (values.length < 2) return 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - from) ** 2, 0) / (values.length - 1));
}

function longestRun(trades: readonly ClosedTrade[], winning: boolean): number {
  let longest = 0;
  let run = 0;
  for (const trade of trades) {
    run = isWin(trade) === winning ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** The deepest fall of the summed gains below their peak, as a number up to 0, and the longest time below a peak. */
function deepestDrawdown(trades: readonly ClosedTrade[]): { readonly depth: number; readonly duration: number } {
  let sum = Decimal.of(0n, 0);
  let peak = sum;
  let peakTime = trades[0]?.entryTime ?? 0;
  let depth = sum;
  let duration = 0;
  for (const { profitLoss, exitTime } of trades) {
    sum = sum.add(profitLoss);
    if (!sum.lessThan(peak)) {
      peak = sum;
      peakTime = exitTime;
    } else {
      depth = depth.min(sum.subtract(peak));
      duration = Math.max(duration, exitTime - peakTime);
    }
  }
  return { depth: depth.toNumber(), duration };
}

function durations(
  all: readonly ClosedTrade[],
  wins: readonly ClosedTrade[],
  losses: readonly ClosedTrade[],
): ReplyBody {
  const spans = (trades: readonly ClosedTrade[]): number[] =>
    trades.map(({ entryTime, exitTime }) => exitTime - entryTime).toSorted((left, right) => left - right);
  const mean = (trades: readonly ClosedTrade[]): string =>
    durationText(
      ratio(
        spans(trades).reduce((sum, span) => sum + span, 0),
        trades.length,
      ),
    );
  const median = (trades: readonly ClosedTrade[]): string => {
    const sorted = spans(trades);
    const middle = Math.floor(sorted.length / 2);
    const upper = sorted[middle] ?? 0;
    return durationText(sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2);
  };
  return {
    averageTradeDuration: mean(all),
    averageWinningTradeDuration: mean(wins),
    averageLosingTradeDuration: mean(losses),
    medianTradeDuration: median(all),
    medianWinningTradeDuration: median(wins),
    medianLosingTradeDuration: median(losses),
  };
}
