import { describe, expect, it } from "vitest";
import { computeLimitOf } from "../../../src/domain/compute-budget.ts";
import {
  computeDocumentSchema,
  effectiveComputeBudget,
  type EffectiveComputeBudget,
  type FoundComputeBudget,
} from "../../../src/gateway/compute/effective-compute-budget.ts";
import { newTestOperator } from "../test-operator.ts";
import { shippedFile } from "./support.ts";

const operator = newTestOperator("desk");
const host = (minutesPerDay: number) => ({
  version: 1,
  principals: { host: { minutesPerDay, moneyPerDay: { amount: "1", currency: "USD" } } },
});

function found(compute: unknown, names: readonly ("anna" | "ben")[] = []): FoundComputeBudget {
  const signatures = operator.document("compute", compute, names);
  return { kind: "read", value: computeDocumentSchema.parse({ compute, signatures }) };
}

function effective(
  file: FoundComputeBudget,
  shipped: unknown = shippedFile("compute-budget.json"),
): EffectiveComputeBudget {
  return effectiveComputeBudget({
    shipped,
    found: file,
    operators: operator.state(),
    identity: { desk: "desk", demo: false },
  });
}

function minutesOf(file: FoundComputeBudget, principal: string): unknown {
  const { budget } = effective(file);
  return budget.ok ? computeLimitOf(budget.value, principal)?.minutesPerDay : budget.refusal.code;
}

describe("the budget of computing that holds", () => {
  it("is the shipped one where the user has none", () => {
    expect(minutesOf({ kind: "absent" }, "host")).toBe(480);
    expect(effective({ kind: "absent" })).toMatchObject({ own: false, signatures: 0 });
  });

  it("is the user's where it is stricter, for whom it names", () => {
    expect(minutesOf(found(host(30)), "host")).toBe(30);
    expect(minutesOf(found(host(30)), "cli")).toBe(1440);
  });

  it("is the user's looser one only with the signature of an operator", () => {
    expect(minutesOf(found(host(4800)), "host")).toBe("COMPUTE_BUDGET_UNREADABLE");
    expect(minutesOf(found(host(4800)), "agent:a")).toBe("COMPUTE_BUDGET_UNREADABLE");
    expect(minutesOf(found(host(4800), ["anna"]), "host")).toBe(4800);
    const { budget } = effective(found(host(4800)));
    expect(budget.ok ? "" : budget.refusal.message).toContain("gives host more than the shipped budget");
  });

  it("is none where it was edited after it was signed, or signed as something else", () => {
    const good = found(host(4800), ["anna"]);
    if (good.kind !== "read") throw new Error("nothing was signed");
    const edited = computeDocumentSchema.parse({ ...good.value, compute: host(9999) });
    expect(minutesOf({ kind: "read", value: edited }, "host")).toBe("COMPUTE_BUDGET_UNREADABLE");
    const compute = host(4800);
    const other = computeDocumentSchema.parse({ compute, signatures: operator.document("limits", compute, ["anna"]) });
    expect(minutesOf({ kind: "read", value: other }, "host")).toBe("COMPUTE_BUDGET_UNREADABLE");
  });

  it("is none where a file cannot be read, the user's or the shipped one", () => {
    expect(minutesOf({ kind: "unreadable", reason: "line 3" }, "host")).toBe("COMPUTE_BUDGET_UNREADABLE");
    expect(minutesOf(found({ version: 1, principals: { host: "a lot" } }), "host")).toBe("COMPUTE_BUDGET_UNREADABLE");
    expect(effective({ kind: "absent" }, { version: 1 }).budget.ok).toBe(false);
    expect(effective(found(host(30)), null).budget.ok).toBe(false);
  });
});
