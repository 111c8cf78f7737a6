import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";

/** LEAN's reference data beside the repository; absent in a plain clone. */
export const SHARED_LEAN: string = fileURLToPath(new URL("../../../shared/lean/", import.meta.url));
export const SHARED_DATA: string = `${SHARED_LEAN}data`;
export const hasSharedLean: boolean = existsSync(`${SHARED_LEAN}targets.json`);

export interface LeanTarget {
  readonly name: string;
  readonly status: string;
  readonly dataPoints: number;
  readonly algorithmHistoryDataPoints: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly expectedStatistics: Readonly<Record<string, string>>;
  readonly orderListHash: string;
}

/** LEAN's published values of an algorithm. */
export function leanTarget(name: string): LeanTarget {
  const { targets } = JSON.parse(readFileSync(`${SHARED_LEAN}targets.json`, "utf8")) as { targets: LeanTarget[] };
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`targets.json has no ${name}`);
  return target;
}

/** Every published value beside ours, as texts; `-0` counts as `0`, -1 data points are not compared. */
export function comparable(target: LeanTarget, result: BacktestResult): { wanted: object; got: object } {
  const plain = (text: string | undefined): string | undefined => text?.replace(/^-0(%?)$/, "0$1");
  const ours: Readonly<Record<string, string>> = { ...result.statistics, OrderListHash: result.orderListHash };
  const names = Object.keys(target.expectedStatistics);
  const count = (wanted: number, got: number): number | string => (wanted === -1 ? "not compared" : got);
  return {
    wanted: {
      status: target.status,
      dataPoints: count(target.dataPoints, target.dataPoints),
      history: count(target.algorithmHistoryDataPoints, target.algorithmHistoryDataPoints),
      hash: target.orderListHash,
      statistics: Object.fromEntries(names.map((name) => [name, plain(target.expectedStatistics[name])])),
    },
    got: {
      status: result.status,
      dataPoints: count(target.dataPoints, result.dataPoints),
      history: count(target.algorithmHistoryDataPoints, result.algorithmHistoryDataPoints),
      hash: result.orderListHash,
      statistics: Object.fromEntries(names.map((name) => [name, plain(ours[name])])),
    },
  };
}
