import type { BacktestProgress } from "./backtest-job.ts";
import type { BacktestResult } from "./backtest-result.ts";
import { AlgorithmError } from "./algorithm/algorithm-error.ts";
import { QcAlgorithm } from "./algorithm/qc-algorithm.ts";
import { DataFault } from "./data/data-fault.ts";
import type { DataSource } from "./data-source.ts";
import { BacktestLoop } from "./engine/backtest-loop.ts";
import { checkData } from "./engine/data-check.ts";
import { guarded } from "./engine/user-calls.ts";
import { composeResult, type RunOutcome } from "./results/compose-result.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Strategy } from "./strategy.ts";

export { AlgorithmError } from "./algorithm/algorithm-error.ts";

/** One backtest: who makes the strategy, what data and parameters it gets, and who watches. */
export interface BacktestOptions {
  /** Makes the strategy around the algorithm's interface; a throw counts as an error while loading. */
  readonly createStrategy: (algorithm: QcAlgorithm) => Strategy;
  /** Name of the algorithm class. */
  readonly algorithmName: string;
  readonly data: DataSource;
  readonly parameters: Readonly<Record<string, string>>;
  readonly engineVersion: string;
  /** Which Python runs the strategy, where it is not the sandbox's. */
  readonly executor?: string;
  /** Left out: one that lives as long as the run. */
  readonly objectStore?: ObjectStore;
  readonly onProgress?: (progress: BacktestProgress) => void;
  /** Asked now and then; true ends the run with status Stopped. */
  readonly shouldStop?: () => boolean;
}

/**
 * Runs a strategy over its dates, as LEAN would. User errors and missing data are results (status RuntimeError with
 * `error`); only faults of the engine itself are thrown.
 */
export function runBacktest(options: BacktestOptions): BacktestResult {
  const { data, parameters } = options;
  const algorithm = new QcAlgorithm({
    name: options.algorithmName,
    data,
    parameters,
    ...(options.objectStore === undefined ? {} : { objectStore: options.objectStore }),
  });
  let phase: "load" | "initialize" | "run" = "load";
  let loop: BacktestLoop | undefined;
  const outcome = (rest: Partial<RunOutcome>): BacktestResult =>
    composeResult({ algorithm, loop, options, startCash: algorithm.configuration.startCash, ...rest });
  try {
    const strategy = guarded(() => options.createStrategy(algorithm));
    phase = "initialize";
    guarded(() => strategy.initialize());
    algorithm.finishInitialize();
    phase = "run";
    loop = new BacktestLoop({ ...options, algorithm, strategy });
    loop.open();
    if (algorithm.quitReason === undefined) checkData(algorithm, loop.feed);
    loop.run();
    return outcome({});
  } catch (error) {
    if (error instanceof AlgorithmError) {
      const { code, message, stackTrace, remedy } = error;
      return outcome({ error: { phase, code, message, stackTrace, ...(remedy === undefined ? {} : { remedy }) } });
    }
    if (error instanceof DataFault) {
      const { code, message, remedy } = error.refusal;
      return outcome({ error: { phase, code, message, stackTrace: "", ...(remedy === undefined ? {} : { remedy }) } });
    }
    throw error;
  }
}
