import type { CloudContext } from "../endpoint.ts";
import type { CloudBacktest } from "../ports.ts";
import type { ReplyBody } from "../reply.ts";

/** What the real cloud does not tell of a result, under one name: what a ledger of trials needs to record. */
export async function quantwrightBody(backtest: CloudBacktest, { store }: CloudContext): Promise<ReplyBody> {
  const { summary, backtestId } = backtest;
  if (summary === undefined) return {};
  const { engine, fidelity, dataFingerprint, dataPoints, algorithmHistoryDataPoints, orderListHash } = summary;
  return {
    quantwright: {
      engine,
      fidelity,
      dataFingerprint,
      dataPoints,
      algorithmHistoryDataPoints,
      orderListHash,
      requested: summary.requested,
      actual: summary.actual,
      warnings: summary.warnings,
      synthetic: summary.synthetic,
      startCash: summary.startCash,
      parameters: summary.parameters,
      algorithmName: summary.name,
      status: summary.status,
      error: summary.error ?? null,
      dailyReturns: (await store.backtests.part(backtestId, "dailyReturns")) ?? [],
      fills: (await store.backtests.part(backtestId, "fills")) ?? [],
    },
  };
}
