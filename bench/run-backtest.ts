import type { SandboxPool } from "../src/clients/sandbox/sandbox-pool.ts";
import type { BacktestResult } from "../src/lean/backtest-result.ts";
import { setTimeout as wait } from "node:timers/promises";
import { timed } from "./figure.ts";
import { project } from "./strategies.ts";
import type { Period, StrategyName } from "./strategies.ts";

/** The pool prepares its next sandbox after each run: let that be over before the next is timed. */
const READY_MS = 1500;

/** Runs a strategy in a sandbox that is ready and times it from call to result. Throws where it does not complete. */
export async function runBacktest(
  pool: SandboxPool,
  name: StrategyName,
  period: Period,
): Promise<{ readonly value: BacktestResult; readonly seconds: number }> {
  await wait(READY_MS);
  const run = await timed(() => pool.backtest({ files: project(name, period) }));
  const { status, error } = run.value;
  if (status !== "Completed") throw new Error(`${name} ended as ${status}: ${error?.code} ${error?.message}`);
  return run;
}
