import type { Refusal } from "../../domain/refusal.ts";
import type { BacktestJob } from "../../lean/backtest-job.ts";
import type { BacktestResult } from "../../lean/backtest-result.ts";
import { unfinishedResult } from "../../lean/unfinished-result.ts";

/** The result of a backtest whose sandbox gave none: stopped by its caller, by its time limit, or by its own death. */
export function failedResult(job: BacktestJob, why: "time" | "cancelled" | Refusal): BacktestResult {
  if (why === "cancelled") return unfinishedResult(job);
  if (why === "time") {
    return unfinishedResult(job, {
      phase: "limit",
      code: "TIME_LIMIT",
      message: `The algorithm ran longer than its limit of ${job.limits.wallSeconds} s and was ended.`,
      stackTrace: "",
      remedy: "Look for an endless loop; else shorten the period, use coarser bars, or raise limits.wallSeconds.",
    });
  }
  const { code, message, remedy } = why;
  return unfinishedResult(job, {
    phase: "run",
    code,
    message,
    stackTrace: "",
    ...(remedy === undefined ? {} : { remedy }),
  });
}
