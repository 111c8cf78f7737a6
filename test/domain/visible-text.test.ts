import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleText } from "../../src/domain/visible-text.ts";

describe("a text that is shown to an approver", () => {
  it.each([
    ["an escape sequence that would clear the screen", "\u001b[2Jbuy", "\\u{1b}[2Jbuy"],
    ["an eight-bit escape", "\u009b2J", "\\u{9b}2J"],
    ["a carriage return that would write over the line", "sell 1\rbuy 100", "sell 1\\u{d}buy 100"],
    ["a new line that would make up a line of its own", "a\nsigned: anna", "a\\u{a}signed: anna"],
    ["a mark that turns the direction", "paper\u202e1-evil", "paper\\u{202e}1-evil"],
    ["an isolate", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
    ["a zero-width space", "SPY\u200bX", "SPY\\u{200b}X"],
    ["a zero-width joiner", "a\u200db", "a\\u{200d}b"],
    ["a soft hyphen", "ab\u00adc", "ab\\u{ad}c"],
    ["a filler that looks like nothing", "a\u3164b\u2800", "a\\u{3164}b\\u{2800}"],
    ["a space that is none", "a\u00a0b\u2003", "a\\u{a0}b\\u{2003}"],
    ["invisible tags", "a\u{e0041}", "a\\u{e0041}"],
    ["an annotation between the lines", "a\ufff9b\ufffac\ufffb", "a\\u{fff9}b\\u{fffa}c\\u{fffb}"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["private use", "\ue000", "\\u{e000}"],
  ])("names %s instead of doing it", (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it("stays as it is where it is plain, in any script", () => {
    for (const plain of ["buy 100 SPY @ 412.50", "Zürich – 東京, naïve café", "Ελλάδα", ""]) {
      expect(visibleText(plain)).toBe(plain);
    }
  });

  it("shows no heap of marks that would cover the lines around", () => {
    const heaped = `a${"\u0301".repeat(40)}`;
    expect(visibleText(heaped).match(/\\u\{301\}/g)?.length).toBeGreaterThan(36);
  });

  it("is cut where it is too long, and says how long it was", () => {
    expect(visibleText("x".repeat(5000))).toBe(`${"x".repeat(2000)}… (5000 characters)`);
    expect(visibleText("abcdef", 3)).toBe("abc… (6 characters)");
  });

  it("never carries a control, a mark of direction or an invisible character, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visibleText(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u);
        expect(visibleText(shown)).toBe(shown);
      }),
      { numRuns: 3000 },
    );
  });
});
