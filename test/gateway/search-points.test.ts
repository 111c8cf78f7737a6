import { describe, expect, it } from "vitest";
import { MOST_POINTS, pointKey, pointsOf } from "../../src/gateway/search-points.ts";

const range = (name: string, min: number, max: number, step: number) => ({ name, min, max, step });

function valuesOf(...ranges: ReturnType<typeof range>[]): unknown {
  const points = pointsOf(ranges);
  return points.ok ? points.value.map((point) => Object.values(point).join(" ")) : points.refusal.code;
}

describe("the points of a search", () => {
  it("are every combination of the values, in decimals", () => {
    expect(valuesOf(range("a", 1, 2, 1), range("b", 0.1, 0.3, 0.1))).toEqual([
      "1 0.1",
      "1 0.2",
      "1 0.3",
      "2 0.1",
      "2 0.2",
      "2 0.3",
    ]);
    expect(valuesOf(range("a", -1, 0.4, 0.7))).toEqual(["-1", "-0.3", "0.4"]);
    expect(valuesOf(range("a", 5, 5, 100))).toEqual(["5"]);
    expect(valuesOf(range("a", 1, 2, 0.75))).toEqual(["1", "1.75"]);
    expect(valuesOf(range("a", 1e-7, 3e-7, 1e-7))).toEqual(["0.0000001", "0.0000002", "0.0000003"]);
  });

  it("are at most a thousand, however the grid is made", () => {
    expect(valuesOf(range("a", 1, MOST_POINTS, 1))).toHaveLength(MOST_POINTS);
    for (const ranges of [
      [range("a", 0, MOST_POINTS, 1)],
      [range("a", 1, 100, 1), range("b", 1, 11, 1)],
      [range("a", 0, 1e20, 1e-7)],
      // A step that vanishes beside its value must not turn for ever.
      [range("a", 7e27, 7.9e28, 1e-20)],
      "abcdefghijklmnopqrstuvwxyz".split("").map((name) => range(name, 1, 9, 1)),
    ]) {
      expect(valuesOf(...ranges)).toBe("OPTIMIZATION_TOO_LARGE");
    }
  });

  it("do not exist for what is no grid", () => {
    for (const ranges of [
      [],
      [range("a", 2, 1, 1)],
      [range("a", 1, 2, 0)],
      [range("a", 1, 2, -1)],
      [range("a", 1, 2, Number.NaN)],
      [range("a", 1, 1e300, 1)],
      [range("a", 1, 2, 1), range("a", 1, 3, 1)],
    ]) {
      expect(valuesOf(...ranges)).toBe("ARGUMENTS_INVALID");
    }
    const refused = pointsOf([range("fast", 9, 3, 1)]);
    expect(refused.ok ? "" : refused.refusal.message).toMatch(/fast: expected min <= max, got 9 and 3/);
  });
});

describe("the key of a point", () => {
  it("is the same for the same numbers in another order or form, and for names that are not asked for", () => {
    const key = pointKey({ a: "0.1", b: "10" }, ["a", "b"]);
    expect(pointKey({ b: "1e1", extra: "x", a: "0.100" }, ["b", "a"])).toBe(key);
    expect(pointKey({ a: "0.1", b: "11" }, ["a", "b"])).not.toBe(key);
    expect(pointKey({ a: "0.1" }, ["a", "b"])).not.toBe(key);
  });

  it("takes what is no number of a sane size as a text", () => {
    for (const text of ["", "abc", "1e999999999", "9".repeat(200), "--1", "."]) {
      expect(pointKey({ a: text }, ["a"])).toBe(JSON.stringify({ a: text }));
    }
  });
});
