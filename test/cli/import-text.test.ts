import { describe, expect, it } from "vitest";
import { importText } from "../../src/cli/import-text.ts";

describe("what people are told of an import", () => {
  it("is what was stored, from where, and what was found in it", () => {
    const report = {
      ticker: "TEST",
      first: "2020-01-02",
      last: "2020-01-06",
      bars: 3,
      source: "made up",
      licence: "none",
      synthetic: true,
      notes: ["opens are closes"],
      findings: [{ code: "GAPS", count: 2, message: "trading days are missing", examples: [] }],
      files: ["equity/usa/daily/test.zip"],
    };
    expect(importText(report)).toBe(
      "TEST: 3 bars of synthetic daily prices from 2020-01-02 to 2020-01-06 are stored.\n" +
        "Source: made up; licence: none\n" +
        "Note: opens are closes\n" +
        "Found: trading days are missing (2)",
    );
  });
});
