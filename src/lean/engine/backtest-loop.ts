import type { BacktestProgress } from "../backtest-job.ts";
import { dayOf, isoDate } from "../time/civil-date.ts";
import { AlgorithmLoop, type AlgorithmLoopOptions } from "./algorithm-loop.ts";

/** Steps between two looks at `shouldStop` and two reports of progress. */
const CHECK_EVERY = 4096;

export interface LoopOptions extends AlgorithmLoopOptions {
  readonly onProgress?: (progress: BacktestProgress) => void;
  readonly shouldStop?: () => boolean;
}

/** The loop of one backtest: all slices that the data have, one after the other. */
export class BacktestLoop extends AlgorithmLoop {
  readonly #options: LoopOptions;

  constructor(options: LoopOptions) {
    super(options);
    this.#options = options;
  }

  run(): void {
    const { algorithm, feed } = this;
    if (algorithm.quitReason !== undefined) {
      feed.clear();
      this.dataPoints = 0;
    }
    this.begin();
    while (algorithm.quitReason === undefined && !this.wasStopped) {
      const next = feed.nextTime();
      if (next === Number.POSITIVE_INFINITY) break;
      this.step(next);
      if (this.slices % CHECK_EVERY === 0) this.#check();
    }
    this.finish();
  }

  #check(): void {
    const { onProgress, shouldStop } = this.#options;
    const { clock, configuration } = this.algorithm;
    if (shouldStop?.() === true) this.wasStopped = true;
    const length = configuration.endDate - configuration.startDate;
    const fraction = Math.min(Math.max((clock.local - configuration.startDate) / length, 0), 1);
    onProgress?.({ fraction, date: isoDate(dayOf(clock.local)), dataPoints: this.dataPoints });
  }
}
