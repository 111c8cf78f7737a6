import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../../src/domain/decimal.ts";
import { PriceFactor } from "../../../src/lean/data/price-factor.ts";

describe("a price factor", () => {
  it("keeps the scale of price and factor, and does not multiply by one", () => {
    const factor = PriceFactor.of(Decimal.parse("0.8645966"));
    expect(factor.toDecimal(1_674_400).toString()).toBe("144.76805470400");
    expect(PriceFactor.of(Decimal.parse("1.0000000")).toDecimal(1_674_400).toString()).toBe("167.4400");
  });

  it("gives the double nearest to the exact decimal, whatever the size of the numbers", () => {
    assert(
      property(
        integer({ min: 1, max: 2 ** 45 }),
        integer({ min: 1, max: 10 ** 15 }),
        integer({ min: 0, max: 15 }),
        (raw, coefficient, scale) => {
          const factor = PriceFactor.of(Decimal.of(BigInt(coefficient), scale));
          expect(factor.toNumber(raw)).toBe(factor.toDecimal(raw).toNumber());
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("adjusts volumes the other way, half to even", () => {
    expect(PriceFactor.of(Decimal.parse("0.5")).volume(5)).toBe(10);
    expect(PriceFactor.of(Decimal.parse("2")).volume(5)).toBe(2);
    expect(PriceFactor.of(Decimal.parse("2")).volume(7)).toBe(4);
  });
});
