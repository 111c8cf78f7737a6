import { Decimal } from "../../domain/decimal.ts";
import type { BacktestResult } from "../backtest-result.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import { INTERACTIVE_BROKERS_FEE } from "../orders/fee-model.ts";
import { NULL_SLIPPAGE } from "../orders/slippage-model.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { BacktestLoop } from "../engine/backtest-loop.ts";
import { warnOfGaps } from "../engine/data-check.ts";
import { orderListHash } from "../orders/order-json.ts";
import type { BacktestOptions } from "../run-backtest.ts";
import { backtestStatistics } from "../statistics/backtest-statistics.ts";
import { RiskFreeRate } from "../statistics/risk-free-rate.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";
import { dayOf, isoDate } from "../time/civil-date.ts";
import { noteSources } from "./data-notes.ts";
import { fillsOf, orderRecord } from "./order-records.ts";
import { standardCharts } from "./standard-charts.ts";

/** Commit of LEAN whose behaviour the engine reproduces. */
const LEAN_COMMIT = "24863901deffa9ec7985e21ef8fbdb0258efb9e4";
const HUNDRED = Decimal.of(100n, 0);

/** What is left of a run, finished or not. */
export interface RunOutcome {
  readonly algorithm: QcAlgorithm;
  readonly loop: BacktestLoop | undefined;
  readonly options: BacktestOptions;
  readonly startCash: Decimal;
  readonly error?: NonNullable<BacktestResult["error"]>;
}

/** Puts the result of a run together; after an error it holds what there was until then. */
export function composeResult(outcome: RunOutcome): BacktestResult {
  const { algorithm, loop, options, error } = outcome;
  const { configuration, processor, journal, history } = algorithm;
  const statistics = loop === undefined ? {} : statisticsOf(outcome, loop);
  if (loop !== undefined) warnOfGaps(algorithm, loop.feed);
  const isSynthetic = noteSources(algorithm, options.data);
  return {
    version: 1,
    name: configuration.name,
    status: error !== undefined ? "RuntimeError" : loop?.wasStopped === true ? "Stopped" : "Completed",
    ...(error === undefined ? {} : { error }),
    dataPoints: loop?.dataPoints ?? 0,
    algorithmHistoryDataPoints: history.dataPoints,
    statistics,
    runtimeStatistics: { ...runtimeStatistics(outcome), ...journal.runtimeStatistics },
    orderListHash: orderListHash(processor.orders),
    requested: { start: isoDate(dayOf(configuration.startDate)), end: isoDate(dayOf(configuration.endDate)) },
    actual: actualDates(loop),
    startCash: { amount: outcome.startCash.toString(), currency: algorithm.portfolio.currency },
    parameters: { ...configuration.parameters },
    orders: processor.tickets.map(orderRecord),
    fills: fillsOf(processor.tickets),
    charts: loop === undefined ? {} : { ...charts(algorithm, loop), ...journal.charts },
    dailyReturns: loop === undefined ? [] : dailyReturns(algorithm, loop),
    ...(journal.insights.length === 0 ? {} : { insights: journal.insights }),
    logs: journal.logs,
    warnings: journal.warnings,
    dataFingerprint: options.data.fingerprint(),
    engine: {
      name: "quantwright",
      version: options.engineVersion,
      leanCommit: LEAN_COMMIT,
      ...(options.executor === undefined ? {} : { executor: options.executor }),
    },
    fidelity: fidelityOf(algorithm),
    synthetic: isSynthetic,
  };
}

/** Per asset class of the run; crypto was compared with one published run only, whose order hash is not reached. */
function fidelityOf(algorithm: QcAlgorithm): BacktestResult["fidelity"] {
  const types = new Set(algorithm.securities.all.map(({ symbol }) => symbol.securityType));
  const equity = isExactTested(algorithm) ? "exact-tested" : "modelled";
  return {
    ...(types.has(SECURITY_TYPE.EQUITY) || types.size === 0 ? { equity } : {}),
    ...(types.has(SECURITY_TYPE.CRYPTO) ? { crypto: "modelled" } : {}),
  };
}

/** Whether the run kept to what LEAN's published runs were reproduced with: adjusted prices, regular hours, defaults. */
function isExactTested(algorithm: QcAlgorithm): boolean {
  const { configuration, securities, history } = algorithm;
  if (configuration.warmUp !== undefined || history.dataPoints > 0) return false;
  const resolutions = new Set(securities.subscriptions.map((request) => request.resolution));
  return (
    resolutions.size <= 1 &&
    securities.all.every(
      (security) =>
        !security.extendedHours &&
        security.normalization === NORMALIZATION.ADJUSTED &&
        security.feeModel === INTERACTIVE_BROKERS_FEE &&
        security.slippageModel === NULL_SLIPPAGE,
    )
  );
}

function statisticsOf({ algorithm, startCash, options }: RunOutcome, loop: BacktestLoop): Record<string, string> {
  return backtestStatistics({
    sampler: loop.sampler,
    portfolio: algorithm.portfolio,
    startCash,
    totalOrders: algorithm.processor.orders.length,
    riskFreeRate: RiskFreeRate.read(options.data),
    capacity: loop.capacity.capacity,
    lowestCapacityAsset: loop.capacity.lowestCapacityAsset?.id ?? "",
    hasBenchmark: loop.benchmark.hasData,
  });
}

function charts(algorithm: QcAlgorithm, loop: BacktestLoop): BacktestResult["charts"] {
  return standardCharts(loop.sampler, loop.capacity.capacity, algorithm.portfolio.totalSaleVolume);
}

function actualDates(loop: BacktestLoop | undefined): BacktestResult["actual"] {
  if (loop?.firstDataDay === undefined || loop.lastDataDay === undefined) return null;
  return { start: isoDate(loop.firstDataDay), end: isoDate(loop.lastDataDay) };
}

/** The daily samples, taken at the following midnight, as returns of their trading dates. */
function dailyReturns(algorithm: QcAlgorithm, loop: BacktestLoop): BacktestResult["dailyReturns"] {
  const { zone } = algorithm.clock;
  const [security] = algorithm.securities.all;
  return loop.sampler.performance.slice(1).flatMap(({ time, value }) => {
    // A microsecond before midnight belongs to the day that ended.
    const day = dayOf(zone.toLocal(time - 1));
    if (security !== undefined && !security.hours.isTradingDay(day) && value.isZero) return [];
    return { date: isoDate(day), return: value.divide(HUNDRED).toNumber() };
  });
}

/** The figures of a run as it stands, under LEAN's names. */
export function runtimeStatistics({
  algorithm,
  startCash,
}: Pick<RunOutcome, "algorithm" | "startCash">): Record<string, string> {
  const { portfolio } = algorithm;
  const value = portfolio.totalPortfolioValue;
  const dollars = (amount: Decimal): string => `$${amount.toFixed(2)}`;
  const gain = startCash.isZero ? Decimal.ZERO : value.subtract(startCash).divide(startCash).multiply(HUNDRED);
  return {
    Equity: dollars(value),
    Fees: `-${dollars(portfolio.totalFees)}`,
    Holdings: dollars(portfolio.totalHoldingsValue),
    "Net Profit": dollars(portfolio.totalProfit.subtract(portfolio.totalFees)),
    Return: `${gain.toFixed(2)} %`,
    Unrealized: dollars(portfolio.totalUnrealizedProfit),
    Volume: dollars(portfolio.totalSaleVolume),
  };
}
