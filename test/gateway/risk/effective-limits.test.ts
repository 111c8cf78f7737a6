import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { accountLimits, effectiveLimits, type FoundLimits } from "../../../src/gateway/risk/effective-limits.ts";
import { newTestOperator } from "../test-operator.ts";

const fileSchema = z.looseObject({ live: z.looseObject({}), paper: z.looseObject({}), accounts: z.looseObject({}) });
const SHIPPED = fileSchema.parse(
  parseJson(readFileSync(new URL("../../../config/limits.json", import.meta.url), "utf8")),
);
const operator = newTestOperator("desk");
const identity = { desk: "desk", demo: false };
const looserPaper = { ...SHIPPED, paper: { ...SHIPPED.paper, maxOrderNotional: "90000" } };
const looserLive = { ...SHIPPED, live: { ...SHIPPED.live, maxOrderNotional: "90000" } };

function limitsWith(found: FoundLimits) {
  return effectiveLimits({ shipped: SHIPPED, found, operators: operator.state(), identity });
}

function signed(limits: typeof SHIPPED, names: readonly ("anna" | "ben")[]): FoundLimits {
  const value = z.json().parse(limits);
  return { kind: "read", value: { limits: value, signatures: operator.document("limits", value, names) } };
}

function mostOf(found: FoundLimits, mode: "PAPER" | "LIVE"): string {
  const limits = accountLimits(limitsWith(found), "L-1", mode);
  if (limits === undefined) return "none";
  return limits.ok ? limits.value.maxOrderNotional.toString() : limits.refusal.code;
}

describe("the limits that hold", () => {
  it("are the shipped ones where the user has none", () => {
    expect(mostOf({ kind: "absent" }, "PAPER")).toBe("25000");
    expect(mostOf({ kind: "absent" }, "LIVE")).toBe("1000");
  });

  it("are the user's where operators signed them: one for paper, two for what is real", () => {
    expect(mostOf(signed(looserPaper, ["anna"]), "PAPER")).toBe("90000");
    expect(mostOf(signed(looserLive, ["anna"]), "LIVE")).toBe("LIMITS_INVALID");
    expect(mostOf(signed(looserLive, ["anna", "ben"]), "LIVE")).toBe("90000");
    expect(mostOf(signed(looserLive, ["anna", "anna"]), "LIVE")).toBe("LIMITS_INVALID");
  });

  it("allow nothing where they are not signed, or were edited after that", () => {
    expect(mostOf(signed(looserPaper, []), "PAPER")).toBe("LIMITS_INVALID");
    const good = signed(looserPaper, ["anna"]);
    if (good.kind !== "read") throw new Error("nothing was signed");
    const edited = {
      ...good.value,
      limits: z.json().parse({ ...looserPaper, accounts: { "L-1": { reduceOnly: false } } }),
    };
    expect(mostOf({ kind: "read", value: edited }, "PAPER")).toBe("DOCUMENT_SIGNATURE_INVALID");
  });

  it("allow nothing where the file cannot be read, or says what nobody understands", () => {
    expect(mostOf({ kind: "unreadable", reason: "line 3" }, "PAPER")).toBe("LIMITS_INVALID");
    const odd = { ...SHIPPED, paper: { ...SHIPPED.paper, maxOrderNotional: "a lot" } };
    expect(mostOf(signed(odd, ["anna"]), "PAPER")).toBe("LIMITS_INVALID");
  });

  it("have another hash with every change, so that approvals given under the old ones do not count", () => {
    const hashes = [{ kind: "absent" } as const, signed(looserPaper, ["anna"]), signed(looserLive, ["anna", "ben"])];
    expect(new Set(hashes.map((found) => limitsWith(found).hash)).size).toBe(3);
  });
});
