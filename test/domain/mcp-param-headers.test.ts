import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeHeaderText,
  encodeHeaderText,
  headersForArguments,
  paramHeaderFault,
  paramHeadersOf,
} from "../../src/domain/mcp-param-headers.ts";

const SCHEMA = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    limits: { type: "object", properties: { most: { type: "integer", "x-mcp-header": "Most" } } },
    list: { type: "array", items: { type: "string", "x-mcp-header": "Never" } },
    odd: { type: "string", "x-mcp-header": "no token" },
  },
};
const declared = paramHeadersOf(SCHEMA);
const fault = (args: unknown, headers: Readonly<Record<string, string>>): string | undefined =>
  paramHeaderFault(declared, args, (name) => headers[name]);

describe("arguments in headers", () => {
  it("are those that a schema marks, reached by properties alone", () => {
    expect(declared.map(({ header, path }) => [header, path.join(".")])).toEqual([
      ["Mcp-Param-Region", "region"],
      ["Mcp-Param-Most", "limits.most"],
    ]);
    expect(paramHeadersOf(undefined)).toEqual([]);
  });

  it("agree with a body when they were made from it, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer(), (region, most) => {
        const args = { region, limits: { most } };
        const headers = headersForArguments(declared, args);
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(fault(args, headers)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => decodeHeaderText(encodeHeaderText(text)) === text),
    );
  });

  it("are refused when missing, different or badly coded, and not asked for where the body has none", () => {
    expect(fault({ region: "eu" }, {})).toContain("is missing");
    expect(fault({ region: "eu" }, { "Mcp-Param-Region": "us" })).toContain("differ");
    expect(fault({ region: "eu" }, { "Mcp-Param-Region": "=?base64?!!!?=" })).toContain("Base64");
    expect(fault({ limits: { most: 10 } }, { "Mcp-Param-Most": "10.0" })).toBeUndefined();
    expect(fault({ region: null, limits: {} }, {})).toBeUndefined();
  });
});
