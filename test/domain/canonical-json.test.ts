import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import { principalSchema } from "../../src/domain/principal.ts";

describe("canonical JSON", () => {
  it("is the same for equal values, whatever the order of their keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: true })).toBe(`{"a":true,"b":[1,{"c":"x","d":null}]}`);
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe(`{"b":[null]}`);
    expect(canonicalJson(undefined)).toBe("null");
  });

  it("reads back as what it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(plain);
      }),
    );
  });
});

describe("a principal", () => {
  it.each(["host", "cli", "desk", "agent:strategy-lab", "operator:a.b"])("may be %s", (text) => {
    expect(principalSchema.parse(text)).toBe(text);
  });

  it.each(["", "root", "agent:", "agent:a b", "host:me", "agent:a\nb", `agent:${"x".repeat(65)}`])(
    "may not be %j",
    (text) => {
      expect(principalSchema.safeParse(text).success).toBe(false);
    },
  );
});
