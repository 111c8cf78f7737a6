import type { BacktestJob, BacktestProgress } from "../lean/backtest-job.ts";
import type { BacktestResult } from "../lean/backtest-result.ts";
import type { DataSource } from "../lean/data-source.ts";
import type { ObjectStore } from "../lean/object-store.ts";
import { runBacktest } from "../lean/run-backtest.ts";
import { unfinishedResult } from "../lean/unfinished-result.ts";
import type { AlgorithmClock } from "./algorithm-clock.ts";
import { EngineBridge } from "./engine-bridge.ts";
import { ENGINE_VERSION, loadProject } from "./load-project.ts";
import type { MemoryCap } from "./memory-cap.ts";
import type { PythonRuntime } from "./python-runtime.ts";
import { pythonStrategy } from "./python-strategy.ts";

/** The sandbox's parts that a backtest uses. */
export interface JobParts {
  readonly runtime: PythonRuntime;
  readonly boardMemory: () => ArrayBufferLike;
  readonly data: DataSource;
  readonly clock: AlgorithmClock;
  readonly memory: MemoryCap;
  /** Left out: one in memory. */
  readonly objectStore?: ObjectStore;
  /** Sets who hears what Python prints. */
  readonly onPrint: (sink: (text: string) => void) => void;
  /** What the result says of the interpreter; left out for the sandbox's own. */
  readonly name?: string;
  readonly onProgress: (progress: BacktestProgress) => void;
}

/** Runs one backtest of a user's project; whatever goes wrong in it is a result. */
export function runJob(job: BacktestJob, parts: JobParts): BacktestResult {
  const { runtime, memory } = parts;
  const loaded = loadProject(job, parts);
  if ("error" in loaded) {
    const { code, message, stackTrace, remedy } = loaded.error;
    return unfinishedResult(job, {
      phase: "load",
      code,
      message,
      stackTrace,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  return runBacktest({
    algorithmName: loaded.name,
    data: parts.data,
    parameters: job.parameters,
    ...(parts.objectStore === undefined ? {} : { objectStore: parts.objectStore }),
    onProgress: parts.onProgress,
    engineVersion: ENGINE_VERSION,
    ...(parts.name === undefined ? {} : { executor: parts.name }),
    createStrategy: (algorithm) => {
      parts.onPrint((text) => algorithm.debug(text));
      const bridge = new EngineBridge({
        runtime,
        boardMemory: parts.boardMemory,
        algorithm,
        clock: parts.clock,
        isOutOfMemory: () => memory.wasHit,
      });
      return pythonStrategy({ algorithm, bridge, runtime });
    },
  });
}
