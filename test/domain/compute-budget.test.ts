import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { computeLimitOf, looserThan, parseComputeBudget, type ComputeBudget } from "../../src/domain/compute-budget.ts";
import { computeRatesSchema } from "../../src/domain/compute-rates.ts";
import { costOf, minutesOf } from "../../src/domain/compute-use.ts";
import { Decimal } from "../../src/domain/decimal.ts";
import { parseJson } from "../../src/domain/parse-json.ts";

const usd = (amount: string) => ({ amount, currency: "USD" });

function budget(principals: Record<string, unknown>): ComputeBudget {
  const parsed = parseComputeBudget({ version: 1, principals });
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}

function shipped(name: string): unknown {
  return parseJson(readFileSync(new URL(`../../config/${name}`, import.meta.url), "utf8"));
}

describe("a budget of computing", () => {
  it("is shipped for every kind of caller, and for nobody else", () => {
    const parsed = parseComputeBudget(shipped("compute-budget.json"));
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    const callers = ["host", "cli", "agent:strategy-lab", "pipeline:nightly", "operator:anna", "user:7"];
    for (const who of callers) expect(computeLimitOf(parsed.value, who)?.minutesPerDay).toBeGreaterThan(0);
    expect(computeLimitOf(parsed.value, "desk")).toBeUndefined();
  });

  it("is a caller's own before that of its kind", () => {
    const one = budget({
      "agent:*": { minutesPerDay: 10, moneyPerDay: null },
      "agent:a": { minutesPerDay: 99, moneyPerDay: null },
    });
    expect(computeLimitOf(one, "agent:a")?.minutesPerDay).toBe(99);
    expect(computeLimitOf(one, "agent:b")?.minutesPerDay).toBe(10);
    expect(computeLimitOf(one, "host")).toBeUndefined();
  });

  it.each([
    ["a caller that nobody is", { principals: { everybody: { minutesPerDay: 1, moneyPerDay: null } } }],
    ["less than nothing", { principals: { host: { minutesPerDay: -1, moneyPerDay: null } } }],
    ["money as a number", { principals: { host: { minutesPerDay: 1, moneyPerDay: { amount: 5, currency: "USD" } } } }],
    ["a limit that is left out", { principals: { host: { minutesPerDay: 1 } } }],
    ["another version", { version: 2, principals: {} }],
  ])("is unreadable with %s", (_, data) => {
    const parsed = parseComputeBudget({ version: 1, ...data });
    expect(parsed).toMatchObject({ ok: false, refusal: { code: "COMPUTE_BUDGET_UNREADABLE" } });
  });

  it.each([
    ["fewer minutes", { host: { minutesPerDay: 9, moneyPerDay: usd("5") } }, []],
    ["the same", { host: { minutesPerDay: 10, moneyPerDay: usd("5.00") } }, []],
    ["one of a kind, within the kind's", { "agent:a": { minutesPerDay: 2, moneyPerDay: usd("0") } }, []],
    ["more minutes", { host: { minutesPerDay: 11, moneyPerDay: usd("5") } }, ["host"]],
    ["no limit of minutes", { host: { minutesPerDay: null, moneyPerDay: usd("5") } }, ["host"]],
    ["more money", { host: { minutesPerDay: 10, moneyPerDay: usd("5.01") } }, ["host"]],
    ["no limit of money", { host: { minutesPerDay: 1, moneyPerDay: null } }, ["host"]],
    ["another currency", { host: { minutesPerDay: 1, moneyPerDay: { amount: "1", currency: "EUR" } } }, ["host"]],
    ["a caller that had nothing", { cli: { minutesPerDay: 1, moneyPerDay: usd("0") } }, ["cli"]],
    ["one of a kind, beyond the kind's", { "agent:a": { minutesPerDay: 4, moneyPerDay: usd("0") } }, ["agent:a"]],
  ])("knows who may do more by another one: %s", (_, principals, expected) => {
    const base = budget({
      host: { minutesPerDay: 10, moneyPerDay: usd("5") },
      "agent:*": { minutesPerDay: 3, moneyPerDay: usd("1") },
    });
    expect(looserThan(base, budget(principals))).toEqual(expected);
  });

  it("rounds what node time costs up to a cent, in decimals", () => {
    const price = Decimal.parse("0.15");
    expect(costOf(3_600_000, price).toString()).toBe("0.15");
    expect(costOf(1, price).toString()).toBe("0.01");
    expect(costOf(3_600_001, price).toString()).toBe("0.16");
    expect(costOf(3_600_000, Decimal.ZERO).isZero).toBe(true);
    expect(minutesOf(90_000)).toBe(1.5);
  });

  it("has prices with a source and a date, and none for computing at home", () => {
    const rates = computeRatesSchema.parse(shipped("compute-rates.json"));
    expect(Object.keys(rates.quantconnect.optimization)).toEqual(["O2-8", "O4-12", "O8-16"]);
    expect(rates.quantconnect.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
    const local = [rates.local.backtest, ...Object.values(rates.local.optimization)];
    expect(local.every(({ pricePerHour }) => pricePerHour.isZero)).toBe(true);
  });
});
