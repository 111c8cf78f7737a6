import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonLonger } from "../../src/domain/json-length.ts";

describe("the length of a value as JSON", () => {
  it("is told right where it is far from the bound", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { length } = JSON.stringify(value);
        // Numbers count as four characters, escapes as one: what is meant is the size, not the last byte.
        expect(isJsonLonger(value, 8 * length + 8)).toBe(false);
        expect(isJsonLonger(value, Math.floor(length / 8) - 8)).toBe(true);
      }),
    );
  });

  it("is known without walking what comes after the bound", () => {
    const endless = {
      text: "x".repeat(100),
      get more(): unknown {
        return endless;
      },
    };
    expect(isJsonLonger(endless, 50_000)).toBe(true);
  });
});
