import { describe, expect, it } from "vitest";
import type { ComputeLimit } from "../../../src/domain/compute-budget.ts";
import { NO_USE, type ComputeUse } from "../../../src/domain/compute-use.ts";
import { Decimal } from "../../../src/domain/decimal.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { decideCompute } from "../../../src/gateway/compute/decide-compute.ts";
import type { ComputeEstimate } from "../../../src/gateway/compute/compute-estimate.ts";
import { estimated } from "./support.ts";

const usd = (text: string, currency = "USD") => ({ amount: Decimal.parse(text), currency });
const LIMIT: ComputeLimit = { minutesPerDay: 10, moneyPerDay: usd("5") };
const renewsAt = Date.UTC(2026, 10, 22) * 1000;
const use = (minutes: number, ...money: ComputeUse["money"]): ComputeUse => ({ milliseconds: minutes * 60_000, money });

function decide(estimate: ComputeEstimate, used: ComputeUse = NO_USE, limit = LIMIT): Refusal | undefined {
  return decideCompute({ principal: "agent:a", estimate, used, limit, renewsAt });
}

describe("a budget of computing", () => {
  it("lets the last of itself be taken, and no more", () => {
    expect(decide(estimated(4), use(6))).toBeUndefined();
    expect(decide(estimated(4.01), use(6))?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
    expect(decide(estimated(0, "1.50"), use(0, usd("3.50")))).toBeUndefined();
    expect(decide(estimated(0, "1.51"), use(0, usd("3.50")))?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
  });

  it("says what is estimated, used and allowed, when it renews and how it is raised", () => {
    const refusal = decide(estimated(7), use(6.5));
    expect(refusal?.message).toContain("7 node minutes (a test)");
    expect(refusal?.message).toContain("6.5 of 10 are used of today's budget of agent:a");
    expect(refusal?.remedy).toContain("2026-11-22T00:00:00");
    expect(refusal?.remedy).toContain("limits sign-compute");
    expect(decide(estimated(1, "9"), use(0, usd("0.25")))?.message).toMatch(/9\.00 USD .* 0\.25 of 5\.00 USD are used/);
  });

  it("lets pass what takes nothing, however much is used", () => {
    expect(decide(estimated(0), use(999, usd("999")))).toBeUndefined();
  });

  it("adds money as decimals", () => {
    const used = use(0, ...Array.from({ length: 10 }, () => usd("0.1")));
    expect(decide(estimated(0, "4"), used)).toBeUndefined();
    expect(decide(estimated(0, "4.01"), used)?.code).toBe("COMPUTE_BUDGET_EXCEEDED");
  });

  it("refuses what has no price, or one in another currency, unless it is not in money", () => {
    const noLimit: ComputeLimit = { ...LIMIT, moneyPerDay: null };
    const unknown = { ...estimated(1), money: null };
    expect(decide(unknown)?.code).toBe("COMPUTE_PRICE_UNKNOWN");
    expect(decide(unknown, NO_USE, noLimit)).toBeUndefined();
    const euro = { ...estimated(1), money: usd("1", "EUR") };
    expect(decide(euro)?.code).toBe("COMPUTE_PRICE_UNKNOWN");
    expect(decide(euro, NO_USE, noLimit)).toBeUndefined();
    expect(decide(estimated(1, "1"), use(0, usd("1", "EUR")))?.code).toBe("COMPUTE_PRICE_UNKNOWN");
    expect(decide(estimated(1, "1"), use(0, usd("0", "EUR")))).toBeUndefined();
  });

  it("has no limit of minutes where none is given", () => {
    expect(decide(estimated(1e6), use(1e6), { ...LIMIT, minutesPerDay: null })).toBeUndefined();
  });
});
