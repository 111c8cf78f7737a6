import { describe, expect, it } from "vitest";
import { listedFault } from "../../src/gateway/listed-fault.ts";
import { isQuick, withoutSlowPatterns } from "../../src/gateway/quick-schema.ts";
import { passedArguments } from "../../src/gateway/validate-arguments.ts";

const schemaOf = (pattern: string): Record<string, unknown> => ({
  type: "object",
  properties: { text: { type: "string", pattern } },
});

describe("a pattern in the schema of another server", () => {
  it.each([
    "^[a-z][a-z0-9_-]*$",
    "^\\d{4}-\\d{2}-\\d{2}$",
    "^[A-Z]{1,5}$",
    "^(buy|sell)$",
    "^L-[0-9a-f]{32}$",
    "^(?:a|b)x?$",
    "^[\\w/.-]{1,200}$",
  ])("is applied where it is quick: %s", (pattern) => {
    expect(isQuick(pattern)).toBe(true);
    expect(passedArguments(schemaOf(pattern), "tool")({ text: "!" }).ok).toBe(false);
  });

  // Each of these would keep the desk busy for longer than anybody waits; those of a group for ever.
  it.each([
    "^((a+))+$",
    "^(a|a)*$",
    "^(?:a|aa)+$",
    "^(a?){60}a{60}$",
    "^a*a*a*a*a*b$",
    "a*b",
    "^a|a*b",
    "^a?a?a?a?a?a?a?a?$",
    "^(a)\\1*$",
    "^(?=a*b)a*$",
    "^a{0,5000}a{0,5000}$",
    `^${"a?".repeat(200)}$`,
  ])("is left to the server where it could be slow: %s", (pattern) => {
    expect(isQuick(pattern)).toBe(false);
    expect(passedArguments(schemaOf(pattern), "tool")({ text: `${"a".repeat(50_000)}!` }).ok).toBe(true);
  });

  it("is not looked for where no schema stands, and takes the rest of its schema not away", () => {
    const schema = {
      type: "object",
      properties: {
        pattern: { type: "string", maxLength: 3, pattern: "(a|a)*" },
        kind: { enum: ["x", { pattern: "(a|a)*" }] },
        list: { type: "array", items: { anyOf: [{ type: "string", pattern: "(b|b)*" }, { type: "number" }] } },
      },
      required: ["pattern"],
      patternProperties: { "(c|c)*": { type: "string" } },
      additionalProperties: false,
    };
    expect(withoutSlowPatterns(schema)).toEqual({
      type: "object",
      properties: {
        pattern: { type: "string", maxLength: 3 },
        kind: { enum: ["x", { pattern: "(a|a)*" }] },
        list: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
      },
      required: ["pattern"],
    });
  });

  it("costs a tool of its server nothing to be looked at, however long it is", () => {
    const listed = { name: "tool", inputSchema: schemaOf(`(${"+".repeat(200_000)}`) };
    expect(listedFault("x_tool", listed, { taken: false, times: 1 })).toBeUndefined();
    const slow = { name: "tool", inputSchema: schemaOf("^(a+)+$") };
    expect(listedFault("x_tool", slow, { taken: false, times: 1 })).toContain("take for ever");
  });
});
