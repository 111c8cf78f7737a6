import type { BacktestJob } from "./backtest-job.ts";
import type { BacktestResult } from "./backtest-result.ts";

/**
 * The result of a backtest that the engine could not finish or start: it failed while loading, hit a limit, lost its
 * process, or (without an error) was stopped by its caller.
 */
export function unfinishedResult(
  job: Pick<BacktestJob, "entry" | "parameters">,
  error?: NonNullable<BacktestResult["error"]>,
): BacktestResult {
  return {
    version: 1,
    name: job.entry,
    status: error === undefined ? "Stopped" : "RuntimeError",
    ...(error === undefined ? {} : { error }),
    dataPoints: 0,
    algorithmHistoryDataPoints: 0,
    statistics: {},
    runtimeStatistics: {},
    orderListHash: "",
    requested: { start: "1998-01-01", end: "1998-01-01" },
    actual: null,
    startCash: { amount: "0", currency: "USD" },
    parameters: job.parameters,
    orders: [],
    fills: [],
    charts: {},
    dailyReturns: [],
    logs: [],
    warnings: [],
    dataFingerprint: "",
    engine: { name: "quantwright", version: "", leanCommit: "" },
    fidelity: {},
    synthetic: false,
  };
}
