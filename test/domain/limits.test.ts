import { anything, assert, constantFrom, dictionary, oneof, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { isInUniverse, limitsOf, parseLimits } from "../../src/domain/limits.ts";
import { shippedLimits } from "../gateway/risk/support.ts";

function changed(path: string, value: unknown): unknown {
  const file = structuredClone(shippedLimits());
  const [section = "", field = ""] = path.split(".");
  const target = field === "" ? file : (file[section] as Record<string, unknown>);
  if (value === undefined) delete target[field === "" ? section : field];
  else target[field === "" ? section : field] = value;
  return file;
}

function fault(data: unknown): string {
  const parsed = parseLimits(data);
  return parsed.ok ? "none" : `${parsed.refusal.code} ${parsed.refusal.message}`;
}

describe("limits", () => {
  it("are shipped in a form that is understood: nothing live may be traded, paper within small limits", () => {
    const parsed = parseLimits(shippedLimits());
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    const live = limitsOf(parsed.value, "A", "live");
    expect([isInUniverse("SPY", live), live.maxLeverage.toString()]).toEqual([false, "1"]);
    const paper = limitsOf(parsed.value, "A", "paper");
    expect([isInUniverse("SPY", paper), paper.priceCollar.toString()]).toEqual([true, "0.05"]);
  });

  it.each([
    ["an unknown field", "live.maxOrderNotonal", "1", /Unrecognized key: "maxOrderNotonal"/],
    ["an unknown section", "accunts", {}, /accunts/],
    ["a missing field", "live.maxGrossNotional", undefined, /live\.maxGrossNotional/],
    ["money as a number", "live.maxOrderNotional", 1000, /live\.maxOrderNotional/],
    ["no number", "live.maxOrderNotional", "a lot", /a decimal number as text/],
    ["no number at all", "live.maxOrderNotional", "NaN", /a decimal number/],
    ["infinity", "live.maxOrderNotional", "Infinity", /a decimal number/],
    ["an exponent", "live.maxOrderNotional", "1e99", /a decimal number/],
    ["a negative limit", "live.maxOrderNotional", "-1", /not below zero/],
    ["null", "live.dailyLoss", null, /live\.dailyLoss/],
    ["a fraction over one", "live.maxDrawdown", "1.01", /at most 1/],
    ["no zone", "live.riskDay", { zone: "Mars/Base", cutOff: "17:00" }, /riskDay\.zone/],
    ["no time of day", "live.riskDay", { zone: "UTC", cutOff: "24:00" }, /riskDay\.cutOff/],
    ["a star beside names", "live.universe", ["SPY", "*"], /stands alone/],
    ["a word for a list", "live.universe", "*", /live\.universe/],
    ["an age without end", "live.snapshotAge", Number.POSITIVE_INFINITY, /live\.snapshotAge/],
    ["an unknown field of paper", "paper.maxLevarage", "2", /maxLevarage/],
    ["a bad account", "accounts", { A: { maxLeverage: "two" } }, /accounts\.A\.maxLeverage/],
    ["another version", "version", 2, /version/],
  ])("deny everything for %s", (_, path, value, message) => {
    expect(fault(changed(path, value))).toMatch(message);
    expect(fault(changed(path, value))).toMatch(/^LIMITS_INVALID/);
  });

  it("of an account change only what they name, and names of Object are accounts like others", () => {
    const parsed = parseLimits(changed("accounts", { A: { maxOrderNotional: "7" } }));
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    const of = (account: string, kind: "live" | "paper"): string[] => {
      const { maxOrderNotional, maxLeverage } = limitsOf(parsed.value, account, kind);
      return [maxOrderNotional, maxLeverage].map(String);
    };
    expect(of("A", "paper")).toEqual(["7", "1"]);
    expect(of("B", "live")).toEqual(["1000", "1"]);
    expect(of("constructor", "live")).toEqual(["1000", "1"]);
  });

  it("never throw, whatever is in the file, and never come out half", () => {
    const fields = Object.keys(shippedLimits()["live"] as object);
    const odd = oneof(anything(), string());
    assert(
      property(record({ field: constantFrom(...fields), value: odd, more: dictionary(string(), odd) }), (one) => {
        const parsed = parseLimits(changed(`live.${one.field}`, one.value));
        const named = parsed.ok ? Object.keys(limitsOf(parsed.value, "A", "live")) : fields;
        expect(named.toSorted()).toEqual(fields.toSorted());
        expect(parseLimits(one.more).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
