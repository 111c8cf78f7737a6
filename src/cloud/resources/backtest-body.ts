import type { Fill } from "../../lean/backtest-result.ts";
import { apiTime } from "../api-time.ts";
import type { Caller, CloudContext } from "../endpoint.ts";
import type { BacktestDigest, CloudBacktest, CloudProject, ListedBacktest, ResultSummary } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";
import { portfolioStatistics } from "../../lean/statistics/portfolio-statistics.ts";
import { performanceOf } from "../trades/trade-body.ts";
import { STANDARD_CHARTS } from "./standard-charts.ts";

export interface BacktestView {
  readonly backtest: CloudBacktest;
  readonly project: CloudProject;
  readonly context: CloudContext;
  readonly caller: Caller;
}

/** What a result is shown with, beside its summary. */
export interface ResultParts {
  readonly fills: readonly Fill[];
  /** All backtests of the project so far. */
  readonly backtestCount: number;
}

const NONE: ResultParts = { fills: [], backtestCount: 0 };

/** A backtest as `backtests/read` gives it. What is not there yet is null, never an empty list. */
export function backtestBody(
  { backtest, project, context, caller }: BacktestView,
  parts: ResultParts = NONE,
): ReplyBody {
  const { summary, state } = backtest;
  const done = state === "completed" || state === "error";
  return {
    backtestId: backtest.backtestId,
    projectId: project.projectId,
    organizationId: context.account.organizationId,
    name: backtest.name,
    note: backtest.note,
    created: apiTime(backtest.created),
    status: statusText(state, caller),
    completed: done,
    progress: done ? 1 : backtest.progress,
    error: backtest.error ?? null,
    stacktrace: backtest.stacktrace ?? null,
    hasInitializeError: summary?.error?.phase === "initialize",
    parameterSet: parameterSet(backtest),
    optimizationId: backtest.optimizationId ?? null,
    snapshotId: project.projectId,
    nodeName: state === "queued" ? null : "Local backtest node",
    outOfSampleMaxEndDate: null,
    outOfSampleDays: null,
    ...resultBody(summary, parts),
  };
}

function resultBody(summary: ResultSummary | undefined, { fills, backtestCount }: ResultParts): ReplyBody {
  if (summary === undefined) {
    return {
      tradeableDates: 0,
      backtestStart: null,
      backtestEnd: null,
      charts: {},
      rollingWindow: {},
      runtimeStatistics: null,
      statistics: null,
      totalPerformance: null,
      researchGuide: null,
    };
  }
  const performance = performanceOf(fills);
  const chartNames = new Set([...STANDARD_CHARTS, ...summary.chartNames]);
  return {
    tradeableDates: summary.dayCount,
    backtestStart: `${summary.requested.start} 00:00:00`,
    backtestEnd: `${summary.requested.end} 23:59:59`,
    charts: Object.fromEntries([...chartNames].map((name) => [name, { name }])),
    rollingWindow: {},
    runtimeStatistics: summary.runtimeStatistics,
    statistics: summary.statistics,
    totalPerformance: {
      portfolioStatistics: portfolioStatistics(summary.statistics),
      tradeStatistics: performance.statistics,
      closedTrades: performance.bodies,
    },
    researchGuide: { minutes: 0, backtestCount, parameters: Object.keys(summary.parameters).length },
  };
}

/** A backtest as `backtests/list` gives it. */
export function backtestSummaryBody(
  backtest: ListedBacktest,
  { includeStatistics, caller }: { readonly includeStatistics: boolean; readonly caller: Caller },
): ReplyBody {
  const { state, digest } = backtest;
  const done = state === "completed" || state === "error";
  return {
    backtestId: backtest.backtestId,
    name: backtest.name,
    created: apiTime(backtest.created),
    status: statusText(state, caller),
    progress: done ? 1 : backtest.progress,
    optimizationId: backtest.optimizationId ?? null,
    tradeableDates: digest?.tradeableDates ?? 0,
    parameterSet: parameterSet(backtest),
    snapshotId: backtest.projectId,
    tags: backtest.tags,
    ...(includeStatistics && digest !== undefined ? statisticsColumns(digest) : {}),
  };
}

function statisticsColumns({ figures, ...digest }: BacktestDigest): ReplyBody {
  return {
    alpha: figures.alpha,
    beta: figures.beta,
    compoundingAnnualReturn: figures.compoundingAnnualReturn,
    drawdown: figures.drawdown,
    lossRate: figures.lossRate,
    netProfit: figures.totalNetProfit,
    parameters: digest.parameters,
    psr: figures.probabilisticSharpeRatio,
    securityTypes: digest.securityTypes,
    sharpeRatio: figures.sharpeRatio,
    sortinoRatio: figures.sortinoRatio,
    trades: digest.trades,
    treynorRatio: figures.treynorRatio,
    winRate: figures.winRate,
  };
}

function statusText(state: CloudBacktest["state"], caller: Caller): string {
  if (state === "completed") return "Completed.";
  if (state === "error") return "Runtime Error";
  return state === "running" && !caller.strictStates ? "In Progress..." : "In Queue...";
}

/** The real cloud sends an empty map as an empty list, and clients rely on it. */
function parameterSet({ parameterSet }: Pick<CloudBacktest, "parameterSet">): unknown {
  return Object.keys(parameterSet).length === 0 ? [] : parameterSet;
}
