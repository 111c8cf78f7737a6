import { apiTime } from "../api-time.ts";
import { gridSize, stepRange } from "../optimization/grid-search.ts";
import { bestOf } from "../optimization/objective.ts";
import { EULER, isEnded } from "../optimization/search-strategy.ts";
import type { BacktestDigest, CloudOptimization, EquityPoints, ListedBacktest, OptimizationBest } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";

const DAY_SECONDS = 86_400;

/** An optimisation as `optimizations/list` and `optimizations/create` give it. */
export function optimizationSummaryBody(
  optimization: Omit<CloudOptimization, "best">,
  best: OptimizationBest | null,
): ReplyBody {
  const { plan } = optimization;
  return {
    optimizationId: optimization.optimizationId,
    projectId: optimization.projectId,
    name: optimization.name,
    status: optimization.status,
    nodeType: plan.nodeType,
    criterion: { target: plan.target, extremum: plan.extremum, targetValue: plan.targetValue ?? null },
    created: apiTime(optimization.created),
    psr: best?.psr ?? null,
    sharpeRatio: best?.sharpeRatio ?? null,
    trades: best?.trades ?? null,
    cloneId: null,
    outOfSampleDays: 0,
    outOfSampleMaxEndDate: null,
    parameters: plan.parameters,
  };
}

/** An optimisation as `optimizations/read` gives it, with each of its points. */
export function optimizationBody(
  optimization: CloudOptimization,
  parts: {
    readonly points: readonly ListedBacktest[];
    readonly equities: ReadonlyMap<string, EquityPoints>;
    readonly now: number;
  },
): ReplyBody {
  const { plan } = optimization;
  const { points, equities, now } = parts;
  const bodies = points.map((point) => [point.backtestId, pointBody(point, equities.get(point.backtestId) ?? [])]);
  return {
    ...optimizationSummaryBody(optimization, bestOf(points, plan)),
    snapshotId: optimization.projectId,
    parallelNodes: plan.parallelNodes,
    extremum: plan.extremum,
    constraints: plan.constraints,
    strategy: plan.strategy,
    requested: apiTime(optimization.created),
    optimizationTarget: plan.target,
    targetValue: plan.targetValue ?? null,
    gridLayout: [],
    runtimeStatistics: runtimeStatistics(optimization, points, now),
    backtests: Object.fromEntries(bodies),
  };
}

function runtimeStatistics(
  { plan, status, created, finished }: CloudOptimization,
  points: readonly ListedBacktest[],
  now: number,
): ReplyBody {
  const count = (state: ListedBacktest["state"]): number => points.filter((point) => point.state === state).length;
  const ended = points.filter(isEnded);
  const isOver = status === "completed" || status === "aborted";
  // How many rounds a Euler search will make is not known before its end; what was aborted has no more to come.
  const planned = plan.strategy === EULER || isOver ? points.length : gridSize(plan.parameters.map(stepRange));
  const total = Math.max(points.length, planned);
  const seconds = ended.map(({ started, finished: end }) =>
    started === undefined || end === undefined ? 0 : (end - started) / 1_000_000,
  );
  const sum = seconds.reduce((all, one) => all + one, 0);
  return {
    Completed: String(count("completed")),
    Failed: String(count("error")),
    Running: String(count("running")),
    "In Queue": String(total - ended.length - count("running")),
    "Average Length": clockText(seconds.length === 0 ? 0 : sum / seconds.length),
    "Total Runtime": clockText(((finished ?? now) - created) / 1_000_000),
    Total: String(total),
  };
}

/** `HH:MM:SS`; a strict client refuses a day and more. */
function clockText(seconds: number): string {
  const whole = Math.min(DAY_SECONDS - 1, Math.max(0, Math.round(seconds)));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function pointBody(point: ListedBacktest, equity: EquityPoints): ReplyBody {
  const { digest, state } = point;
  return {
    id: point.backtestId,
    name: point.name,
    progress: isEnded(point) ? 1 : point.progress,
    exitCode: state === "error" ? 1 : 0,
    parameterSet: Object.fromEntries(Object.entries(point.parameterSet).map(([name, value]) => [name, String(value)])),
    statistics: digest === undefined ? [] : statisticsList(digest),
    equity,
    startDate: digest === undefined ? null : `${digest.start} 00:00:00`,
    endDate: digest === undefined ? null : `${digest.end} 23:59:59`,
    outOfSampleDays: 0,
    outOfSampleMaxEndDate: null,
  };
}

/** The 21 figures in LEAN's order; rates are in percent, and a figure that a result does not have is 0. */
function statisticsList({ figures, statistics }: BacktestDigest): number[] {
  const percent = (value: number | null): number | null =>
    value === null ? null : Number((value * 100).toPrecision(12));
  const text = (name: string): number => Number((statistics[name] ?? "").replaceAll(/[^\d.eE+-]/g, "")) || 0;
  const list = [
    figures.alpha,
    figures.annualStandardDeviation,
    figures.annualVariance,
    percent(figures.averageLossRate),
    percent(figures.averageWinRate),
    figures.beta,
    percent(figures.compoundingAnnualReturn),
    percent(figures.drawdown),
    text("Estimated Strategy Capacity"),
    figures.expectancy,
    figures.informationRatio,
    percent(figures.lossRate),
    percent(figures.totalNetProfit),
    percent(figures.probabilisticSharpeRatio),
    figures.profitLossRatio,
    figures.sharpeRatio,
    text("Total Fees"),
    text("Total Orders"),
    figures.trackingError,
    figures.treynorRatio,
    percent(figures.winRate),
  ];
  return list.map((value) => value ?? 0);
}
