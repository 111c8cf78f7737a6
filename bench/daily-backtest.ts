import type { SandboxPool } from "../src/clients/sandbox/sandbox-pool.ts";
import { median } from "./figure.ts";
import type { Log, Measurement } from "./figure.ts";
import { TEN_YEARS } from "./generated-market.ts";
import { runBacktest } from "./run-backtest.ts";

const ROUNDS = 3;

/** Ten years of daily bars with the typical strategy: seconds from call to result on a warm pool. */
export async function measureDailyBacktest(pool: SandboxPool, log: Log): Promise<Measurement> {
  const seconds: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    log(`daily, round ${round} of ${ROUNDS}`);
    seconds.push((await runBacktest(pool, "typical", TEN_YEARS)).seconds);
  }
  return {
    title: "ten years of daily bars, warm pool",
    figures: [{ name: "call to result", value: median(seconds), unit: "s", goal: "< 3" }],
  };
}
