import { assert, bigInt, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/domain/decimal.ts";

const d = (text: string): Decimal => Decimal.parse(text);
const decimals = (): [ReturnType<typeof bigInt>, ReturnType<typeof integer>] => [
  bigInt({ min: -(10n ** 16n), max: 10n ** 16n }),
  integer({ min: 0, max: 8 }),
];

describe("a .NET decimal", () => {
  it("keeps every written digit, and the scale of sums and products", () => {
    expect(d("1.50").toString()).toBe("1.50");
    expect(d("-0.007").toString()).toBe("-0.007");
    expect(d("1.5").add(d("2.25")).toString()).toBe("3.75");
    expect(d("1.50").add(d("2.5")).toString()).toBe("4.00");
    expect(d("167.4400").multiply(d("0.8645966")).toString()).toBe("144.76805470400");
  });

  it("divides at the natural scale where that is exact, else with 28 digits and no trailing zeros", () => {
    expect(d("6.00").divide(d("2")).toString()).toBe("3.00");
    expect(d("1").divide(d("4")).toString()).toBe("0.25");
    expect(d("100000.00").divide(d("2.0")).toString()).toBe("50000.0");
    expect(d("1").divide(d("3")).toString()).toBe("0.3333333333333333333333333333");
    expect(d("2").divide(d("3")).toString()).toBe("0.6666666666666666666666666667");
    expect(d("-200").divide(d("3")).toString()).toBe("-66.666666666666666666666666667");
    expect(() => d("1").divide(Decimal.ZERO)).toThrow(RangeError);
  });

  it("rounds half to even, texts half away from zero", () => {
    expect([d("2.5").round(), d("3.5").round(), d("-2.5").round()].map(String)).toEqual(["2", "4", "-2"]);
    expect(d("1.2").round(4).toString()).toBe("1.2");
    expect([d("2.345").toFixed(2), d("-2.345").toFixed(2), d("3").toFixed(2)]).toEqual(["2.35", "-2.35", "3.00"]);
    expect([d("-1.5").floor(), d("-1.5").ceil(), d("1.5").floor()].map(String)).toEqual(["-2", "-1", "1"]);
  });

  it("rounds into 96 bits and 28 places", () => {
    const long = d("0.1234567890123456789012345678");
    expect(long.multiply(d("0.1")).toString()).toBe("0.0123456789012345678901234568");
    expect(() => d("79228162514264337593543950335").add(Decimal.ONE)).toThrow(RangeError);
  });

  it("rounds as LEAN's SmartRounding: four places above 1000, otherwise seven digits", () => {
    expect(d("12345.678949").smartRounding().toString()).toBe("12345.6789");
    expect(d("144.78172417000").smartRounding().toString()).toBe("144.7817");
    expect(d("0.0012345678").smartRounding().toString()).toBe("0.001234568");
    expect(d("10.000").smartRounding().toString()).toBe("10");
  });

  it("takes a double as its shortest text, or with 15 digits as .NET's cast", () => {
    expect(Decimal.fromNumber(0.1).toString()).toBe("0.1");
    expect(Decimal.fromNumber(1e-7).toString()).toBe("0.0000001");
    expect(Decimal.fromNumber(1e21).toString()).toBe("1000000000000000000000");
    expect(Decimal.fromDouble15(0.1 + 0.2).toString()).toBe("0.3");
    expect(() => Decimal.fromNumber(Number.NaN)).toThrow(RangeError);
    expect(() => d("1,5")).toThrow(SyntaxError);
    expect(() => d("")).toThrow(SyntaxError);
  });

  it("reads back every double it was made of", () => {
    assert(
      property(double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
        if (value !== 0 && Math.abs(value) < 1e-9) return;
        expect(Decimal.fromNumber(value).toNumber()).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("adds, subtracts and compares consistently", () => {
    assert(
      property(...decimals(), ...decimals(), (a, scaleA, b, scaleB) => {
        const left = Decimal.of(a, scaleA);
        const right = Decimal.of(b, scaleB);
        expect(left.add(right).subtract(right).equals(left)).toBe(true);
        expect(left.compare(right)).toBe(-right.compare(left) || 0);
        expect(left.max(right).subtract(left.min(right)).sign).toBe(left.equals(right) ? 0 : 1);
      }),
    );
  });

  it("divides to the nearest number of as many digits as fit", () => {
    assert(
      property(...decimals(), ...decimals(), (a, scaleA, b, scaleB) => {
        if (b === 0n) return;
        const quotient = Decimal.of(a, scaleA).divide(Decimal.of(b, scaleB));
        // a / 10^scaleA = quotient * b / 10^scaleB + rest, all over one power of ten.
        const exact = a * 10n ** BigInt(scaleB + quotient.scale);
        const made = quotient.coefficient * b * 10n ** BigInt(scaleA);
        const rest = exact > made ? exact - made : made - exact;
        const size = quotient.coefficient < 0n ? -quotient.coefficient : quotient.coefficient;
        // Trailing zeros are dropped, so the digits that fit can be more than those that are shown.
        let more = 0n;
        while (BigInt(quotient.scale) + more < 28n && size * 10n ** (more + 1n) < 2n ** 96n) more += 1n;
        const unit = (b < 0n ? -b : b) * 10n ** BigInt(scaleA);
        expect(rest * 2n * 10n ** more <= unit).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
