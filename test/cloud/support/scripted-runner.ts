import type { JobRunner } from "../../../src/cloud/ports.ts";
import type { BacktestJobInput } from "../../../src/lean/backtest-job.ts";
import { sampleResult } from "./sample-result.ts";

/** A runner that does what the code of the project says in plain words; it needs no sandbox. */
export interface ScriptedRunner extends JobRunner {
  /** Jobs that were begun, in order. */
  readonly begun: BacktestJobInput[];
  readonly running: () => number;
  /** The greatest number that ran at once. */
  readonly mostAtOnce: () => number;
  /** Lets every waiting and later job go on. */
  release(): void;
}

/**
 * Words in `main.py`: `syntax error` fails the compile, `compiler crash` the compiler; `wait` holds a backtest until
 * `release` or its abort, `raise` ends it with a runtime error, `crash` breaks the runner.
 */
export function scriptedRunner(): ScriptedRunner {
  const begun: BacktestJobInput[] = [];
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;

  const waitFor = (signal: AbortSignal): Promise<void> =>
    Promise.race([
      gate.promise,
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    ]);

  return {
    begun,
    running: () => running,
    mostAtOnce: () => most,
    release: () => gate.resolve(),
    async compile(files) {
      const main = files["main.py"] ?? "";
      if (main.includes("compiler crash")) throw new Error("the compiler broke");
      const line = main.split("\n").findIndex((text) => text.includes("syntax error")) + 1;
      const diagnostics =
        line === 0
          ? []
          : [
              {
                severity: "error" as const,
                code: "SYNTAX_ERROR",
                file: "main.py",
                line,
                column: 3,
                message: "invalid syntax",
              },
            ];
      return Promise.resolve({ ok: diagnostics.length === 0, diagnostics });
    },
    async backtest(job, { signal, onProgress }) {
      begun.push(job);
      running += 1;
      most = Math.max(most, running);
      try {
        const main = job.files["main.py"] ?? "";
        // What fails in initialize never comes to its first step.
        if (!main.includes("raise")) onProgress({ fraction: 0.25, date: "2019-04-01", dataPoints: 300 });
        if (main.includes("wait")) await waitFor(signal);
        // As the sandbox pool does: an abort is no exception but a result that says so.
        if (signal.aborted) return sampleResult({ status: "Stopped" });
        if (main.includes("crash")) throw new Error("the sandbox broke");
        if (!main.includes("raise")) return sampleResult({ parameters: job.parameters ?? {} });
        return sampleResult({
          status: "RuntimeError",
          error: {
            phase: "initialize",
            code: "ALGORITHM_ERROR",
            message: "division by zero",
            stackTrace: "at main.py:7",
          },
        });
      } finally {
        running -= 1;
      }
    },
  };
}
