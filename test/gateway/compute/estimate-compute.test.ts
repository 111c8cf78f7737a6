import { describe, expect, it } from "vitest";
import { actualCompute, measuredMilliseconds } from "../../../src/gateway/compute/actual-compute.ts";
import { estimateCompute } from "../../../src/gateway/compute/estimate-compute.ts";
import type { ComputeEstimate } from "../../../src/gateway/compute/compute-estimate.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import { OPTIMIZATION, RATES } from "./support.ts";

function estimate(
  tool: string,
  args: Readonly<Record<string, unknown>> = {},
  known: { readonly durations?: readonly number[]; readonly place?: "local" | "quantconnect" } = {},
): ComputeEstimate {
  const rates = RATES[known.place ?? "quantconnect"];
  const estimated = estimateCompute({ tool, arguments: args }, { rates, durations: known.durations ?? [] });
  if (!estimated.ok) throw new Error(estimated.refusal.code);
  return estimated.value;
}
const money = ({ money: one }: ComputeEstimate): string | undefined => one?.amount.toFixed(2);

describe("an estimate of computing", () => {
  it("is the median of earlier backtests of the project, else what is assumed, and says which", () => {
    const known = estimate("create_backtest", {}, { durations: [9000, 40_000, 10_000] });
    expect(known).toMatchObject({ milliseconds: 10_000, backtests: 1 });
    expect(known.basis).toContain("the median of 3");
    expect(estimate("create_backtest", {}, { durations: [10_000, 20_000] }).milliseconds).toBe(15_000);
    const assumed = estimate("create_backtest");
    expect(assumed.milliseconds).toBe(RATES.quantconnect.backtest.assumedSeconds * 1000);
    expect(assumed.basis).toContain("none of the project is known");
  });

  it("is never nothing for a backtest, and nothing for a compile", () => {
    expect(estimate("create_backtest", {}, { durations: [0, 0, 0] }).milliseconds).toBe(1000);
    expect(estimate("create_compile")).toMatchObject({ milliseconds: 0, backtests: 0 });
    expect(money(estimate("create_compile"))).toBe("0.00");
  });

  it("is that for every point of an optimisation, each with its start, at the price of its node", () => {
    const durations = [45_000];
    const small = estimate("create_optimization", OPTIMIZATION, { durations });
    expect(small).toMatchObject({ backtests: 6, milliseconds: 6 * 60_000 });
    expect(money(small)).toBe("0.02");
    const large = estimate("create_optimization", { ...OPTIMIZATION, nodeType: "O8-16" }, { durations });
    expect(money(large)).toBe("0.06");
  });

  it("costs nothing on the local cloud, and its minutes count", () => {
    const local = estimate("create_optimization", { ...OPTIMIZATION, estimatedCost: 50 }, { place: "local" });
    expect(local.milliseconds).toBe(6 * 15_000);
    expect(money(local)).toBe("0.00");
  });

  it("believes the caller where he says that it costs more, not where he says less", () => {
    expect(money(estimate("create_optimization", { ...OPTIMIZATION, estimatedCost: 7.5 }))).toBe("7.50");
    const told = estimate("create_optimization", { ...OPTIMIZATION, estimatedCost: -3 });
    expect(told).toEqual(estimate("create_optimization", { ...OPTIMIZATION, estimatedCost: 0 }));
    expect(estimate("create_optimization", { ...OPTIMIZATION, estimatedCost: "free" })).toEqual(told);
  });

  it.each(["O99-1", "constructor", "__proto__"])("has no price for node %s", (nodeType) => {
    expect(estimate("create_optimization", { ...OPTIMIZATION, nodeType })).toMatchObject({ money: null });
  });

  it("has no price for a tool that nobody knows", () => {
    expect(estimate("train_model")).toMatchObject({ backtests: 1, money: null });
  });

  it("refuses an optimisation whose points cannot be counted", () => {
    const call = { tool: "create_optimization", arguments: { ...OPTIMIZATION, parameters: [] } };
    const estimated = estimateCompute(call, { rates: RATES.local, durations: [] });
    expect(estimated).toMatchObject({ ok: false, refusal: { code: "ARGUMENTS_INVALID" } });
  });
});

describe("what a call really took", () => {
  const rates = RATES.quantconnect;
  const call = {
    callId: "c",
    tool: "qc_create_backtest",
    milliseconds: 60_000,
    backtests: 1,
    pricePerHour: Decimal.parse("0.60") as Decimal | null,
    currency: "USD",
    began: 1,
    seenMilliseconds: 3_600_000 as number | null,
  };
  const took = (more: Partial<typeof call>) => actualCompute({ ...call, ...more }, rates);

  it("is the time from its start to its end, at the price of its estimate", () => {
    expect(took({}).milliseconds).toBe(3_600_000);
    expect(took({}).money?.amount.toString()).toBe("0.60");
    expect(took({ pricePerHour: null }).money).toBeNull();
  });

  it("is nothing where no backtest began", () => {
    expect(took({ began: 0 }).milliseconds).toBe(0);
  });

  it("is bounded where the end was seen late", () => {
    expect(took({ seenMilliseconds: 1e12 }).milliseconds).toBe(rates.longestSeconds * 1000);
  });

  it("is for an optimisation what its cloud measured, else the estimate of the points that ran", () => {
    expect(measuredMilliseconds({ ended: 4, averageMilliseconds: 5000 }, rates)).toBe(4 * 20_000);
    expect(took({ seenMilliseconds: null, backtests: 6, began: 3 }).milliseconds).toBe(30_000);
    expect(took({ seenMilliseconds: null, backtests: 6, began: 12 }).milliseconds).toBe(120_000);
  });
});
