import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeInJson } from "../../src/domain/json-line.ts";
import { parseJson } from "../../src/domain/parse-json.ts";

const TEXT = `{
  "version": 1,
  "rules": [
    { "id": "a" },
    {
      "id": "b",
      "when": { "x\\"y": [1, 2] }
    }
  ]
}`;

describe("the place of a value in a JSON text", () => {
  it.each([
    [[], 1],
    [["version"], 2],
    [["rules"], 3],
    [["rules", 0], 4],
    [["rules", 1, "id"], 6],
    [["rules", 1, "when", 'x"y', 1], 7],
    // What is missing is said at what should hold it.
    [["rules", 1, "reason"], 5],
  ])("is the line of %j", (path, line) => {
    expect(placeInJson(TEXT, path)).toEqual({ line });
  });

  it.each([
    ['{\n"a": x}', 2, "a value"],
    ['{"a": 1\n"b": 2}', 2, "a comma or }"],
    ['{"a" 1}', 1, "a colon"],
    ["[1,\n2,\n]", 3, "a value"],
    ["{\n\n'a': 1}", 3, "a name in quotes"],
    ['{"a": 1}\n}', 2, "nothing more"],
    ["", 1, "a value"],
    ["01", 1, "a value"],
  ])("is where %j is no JSON", (text, line, expected) => {
    expect(placeInJson(text, [])).toEqual({ line, expected });
  });

  it("finds fault exactly where JSON.parse does, and bears nesting that would break it", () => {
    const parses = (text: string): boolean => {
      try {
        parseJson(text);
        return true;
      } catch {
        return false;
      }
    };
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "x", "1", "\\", " "))
      .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        expect(placeInJson(text, []).expected === undefined).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
    expect(placeInJson("[".repeat(100_000), []).expected).toBe("less nesting");
  });
});
