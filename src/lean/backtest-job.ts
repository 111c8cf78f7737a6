import { z } from "zod";

/** What a sandbox needs to run one backtest. The data folder belongs to the sandbox, not to the job. */
export const backtestJobSchema = z.object({
  /** Project files by their path in the project, `main.py` among them unless `entry` says otherwise. */
  files: z.record(z.string(), z.string()),
  entry: z.string().default("main.py"),
  /** Algorithm parameters; values are texts, as LEAN's are. */
  parameters: z.record(z.string(), z.string()).default({}),
  limits: z
    .object({
      /** The child is killed after so many seconds of wall time. */
      wallSeconds: z.number().positive().default(600),
      /** Cap of the WebAssembly memory, in MiB. */
      memoryMib: z.int().positive().default(256),
    })
    .prefault({}),
});

export type BacktestJob = z.infer<typeof backtestJobSchema>;
export type BacktestJobInput = z.input<typeof backtestJobSchema>;

/** How far a running backtest is: `fraction` of its simulated time, the simulated date and the points so far. */
export interface BacktestProgress {
  readonly fraction: number;
  readonly date: string;
  readonly dataPoints: number;
}
