import type { SandboxPool } from "../src/clients/sandbox/sandbox-pool.ts";
import { openBacktrader } from "./backtrader.ts";
import type { BacktraderReport } from "./backtrader.ts";
import { median, timed } from "./figure.ts";
import type { Figure, Log, Measurement } from "./figure.ts";
import { MINUTES, ONE_DAY, exportMinutes, readMinutes } from "./generated-market.ts";
import { runBacktest } from "./run-backtest.ts";
import { STRATEGIES } from "./strategies.ts";
import type { StrategyName } from "./strategies.ts";

const GOALS: Readonly<Record<StrategyName, string>> = { trivial: "≥ 150,000", typical: "≥ 80,000" };
const ROUNDS = 3;

/**
 * Data points a second over a year of minute bars, and how many times those of `backtrader` that is; both engines run
 * in turns. "With loading" is from the call on a warm pool to the result, for backtrader from `run()` to its end.
 * "Without loading" leaves out reading and parsing the files and what a backtest of one day takes; for backtrader, its
 * preloading.
 */
export async function measureEngine(pool: SandboxPool, folder: string, log: Log): Promise<Measurement> {
  const backtrader = await openBacktrader(log);
  const csv = await exportMinutes(folder);
  const figures: Figure[] = [];
  for (const name of STRATEGIES) {
    const whole: number[] = [];
    const net: number[] = [];
    const theirs: BacktraderReport[] = [];
    let orders = 0;
    let points = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      log(`${name}, round ${round} of ${ROUNDS}`);
      const day = await runBacktest(pool, name, ONE_DAY);
      const loading = await timed(() => readMinutes(folder).length);
      const year = await runBacktest(pool, name, MINUTES);
      points = year.value.dataPoints;
      orders = year.value.orders.length;
      whole.push(points / year.seconds);
      net.push((points - day.value.dataPoints) / (year.seconds - day.seconds - loading.seconds));
      if (typeof backtrader !== "string") theirs.push(await backtrader.run(name, csv, MINUTES));
    }
    const ours = { whole: median(whole), net: median(net) };
    figures.push(
      { name: `${name}, with loading`, value: ours.whole, unit: "points/s" },
      { name: `${name}, without loading`, value: ours.net, unit: "points/s", goal: GOALS[name] },
      { name: `${name}, data points and orders`, value: points, unit: `points, ${orders} orders` },
    );
    if (theirs.length > 0) figures.push(...comparison(name, ours, theirs));
  }
  const title = "engine, a year of minute bars";
  return typeof backtrader === "string" ? { title, figures, skipped: backtrader } : { title, figures };
}

function comparison(
  name: StrategyName,
  ours: { readonly whole: number; readonly net: number },
  theirs: readonly BacktraderReport[],
): Figure[] {
  const whole = median(theirs.map(({ bars, total }) => bars / total));
  const net = median(theirs.map(({ bars, run }) => bars / run));
  const [first] = theirs;
  return [
    { name: `${name}, backtrader with loading`, value: whole, unit: "bars/s" },
    { name: `${name}, backtrader without loading`, value: net, unit: `bars/s, ${first?.orders} orders` },
    { name: `${name}, times backtrader with loading`, value: ours.whole / whole, unit: "x", goal: "≥ 5" },
    { name: `${name}, times backtrader without loading`, value: ours.net / net, unit: "x", goal: "≥ 5" },
  ];
}
