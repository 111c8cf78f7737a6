import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_CLASSES } from "../../../src/domain/call-class.ts";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { policySchema, type Policy, type PolicyQuestion } from "../../../src/domain/policy.ts";
import { decidePolicy, decideStrictest } from "../../../src/gateway/policy/decide-policy.ts";
import type { EffectivePolicy } from "../../../src/gateway/policy/effective-policy.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const shipped = policySchema.parse(parseJson(readFileSync(join(ROOT, "config", "policy.json"), "utf8")));
/** A Tuesday, 15:00 in New York. */
const AT = Date.parse("2026-11-17T20:00:00Z") * 1000;

function question(more: Partial<PolicyQuestion> = {}): PolicyQuestion {
  return {
    principal: "host",
    upstream: "quantconnect",
    tool: "read_account",
    class: "read",
    profile: "local",
    account: null,
    symbols: [],
    mode: "none",
    tainted: true,
    composedBy: null,
    at: AT,
    ...more,
  };
}

function rules(...list: readonly unknown[]): Policy {
  const named = list.map((rule, index) => ({ id: `r${index}`, reason: "because", ...(rule as object) }));
  return policySchema.parse({ version: 1, rules: named });
}

function effective(own?: Policy, signatures = 0): EffectivePolicy {
  return { kind: "policy", shipped, own: own === undefined ? undefined : { policy: own, signatures }, version: "v" };
}

/** The verdict in one word: allow, approve 1, approve 2, or the code of a refusal. */
function word(asked: PolicyQuestion, policy: EffectivePolicy = effective()): string {
  const verdict = decidePolicy(asked, policy);
  if (verdict.kind === "approval") return `approve ${verdict.signatures}`;
  return verdict.kind === "allow" ? "allow" : verdict.refusal.code;
}

const only = (policy: Policy): EffectivePolicy => ({ kind: "policy", shipped: policy, own: undefined, version: "v" });

describe("the shipped policy", () => {
  it.each(["host", "cli", "agent:execution-ops", "pipeline:x", "operator:anna", "user:u"])(
    "asks %s for what is risky, never for less risk",
    (principal) => {
      const words = CALL_CLASSES.map((callClass) => [
        callClass,
        word(question({ principal, class: callClass, tool: "t" })),
      ]);
      expect(Object.fromEntries(words)).toEqual({
        read: "allow",
        write: "allow",
        compute: "allow",
        paper: "approve 1",
        live: "approve 2",
        reduce: "allow",
        admin: "approve 1",
      });
    },
  );

  it("refuses raw commands of models, and lets composed tools and people use them as the class says", () => {
    for (const tool of ["create_live_command", "broadcast_live_command"]) {
      for (const principal of ["host", "agent:execution-ops", "pipeline:p", "user:u"]) {
        expect(word(question({ tool, class: "live", principal }))).toBe("RAW_COMMAND_DENIED");
        expect(word(question({ tool, class: "reduce", principal }))).toBe("RAW_COMMAND_DENIED");
      }
      expect(word(question({ tool, class: "paper", composedBy: "place_order" }))).toBe("approve 1");
      expect(word(question({ tool, class: "live", principal: "cli" }))).toBe("approve 2");
    }
  });
});

describe("a policy", () => {
  it("denies what no rule speaks about", () => {
    const verdict = decidePolicy(
      question({ class: "write" }),
      only(rules({ effect: "allow", when: { classes: ["read"] } })),
    );
    expect(verdict).toMatchObject({ kind: "deny", rule: null, refusal: { code: "POLICY_NO_RULE" } });
  });

  it("lets the strictest rule decide, whatever their order", () => {
    const allow = { effect: "allow", when: {} };
    const once = { effect: "approve", when: {} };
    const twice = { effect: "approve", signatures: 2, when: {} };
    const deny = { effect: "deny", code: "POLICY_HOLIDAY", when: {} };
    const expected = [
      [[allow], "allow"],
      [[once, allow], "approve 1"],
      [[twice, once, allow], "approve 2"],
      [[deny, twice, once, allow], "POLICY_HOLIDAY"],
      [[{ effect: "deny", when: {} }], "POLICY_DENIED"],
    ] as const;
    for (const [list, verdict] of expected) {
      expect(word(question(), only(rules(...list)))).toBe(verdict);
      expect(word(question(), only(rules(...list.toReversed())))).toBe(verdict);
    }
  });

  it.each([
    ["principals", ["agent:*"], { principal: "agent:data-edge" }, { principal: "host" }],
    ["tools", ["create_*", "x"], { tool: "create_file" }, { tool: "recreate_file" }],
    ["upstreams", ["quantconnect"], {}, { upstream: null }],
    ["classes", ["read"], {}, { class: "write" }],
    ["profiles", ["local"], {}, { profile: "quantconnect" }],
    ["accounts", ["paper-*"], { account: "paper-1" }, { account: "live-1" }],
    ["symbols", ["SPY"], { symbols: ["SPY"] }, { symbols: ["TSLA"] }],
    ["modes", ["none"], {}, { mode: "LIVE" }],
    ["tainted", true, {}, { tainted: false }],
    ["composed", true, { composedBy: "place_order" }, {}],
  ] as const)("has rules that speak by %s", (name, value, yes, no) => {
    const policy = only(rules({ effect: "allow", when: { [name]: value } }));
    expect(word(question(yes), policy)).toBe("allow");
    expect(word(question(no), policy)).toBe("POLICY_NO_RULE");
  });

  it("permits only what a rule covers whole, and restricts as soon as it is touched", () => {
    const permits = only(rules({ effect: "allow", when: { symbols: ["SPY", "QQQ"] } }));
    expect(word(question({ symbols: ["SPY", "QQQ"] }), permits)).toBe("allow");
    expect(word(question({ symbols: ["SPY", "TSLA"] }), permits)).toBe("POLICY_NO_RULE");
    expect(word(question({ symbols: [] }), permits)).toBe("POLICY_NO_RULE");
    const restricts = only(rules({ effect: "allow", when: {} }, { effect: "approve", when: { symbols: ["TSLA"] } }));
    expect(word(question({ symbols: ["SPY", "TSLA"] }), restricts)).toBe("approve 1");
    const asks = only(rules({ effect: "approve", when: { symbols: ["SPY"] } }));
    expect(word(question({ symbols: ["SPY", "TSLA"] }), asks)).toBe("POLICY_NO_RULE");
  });

  it("takes a trade in an unknown account for one in the account that is forbidden", () => {
    const policy = only(rules({ effect: "allow", when: {} }, { effect: "deny", when: { accounts: ["live-1"] } }));
    expect(word(question({ class: "live" }), policy)).toBe("POLICY_DENIED");
    expect(word(question({ class: "live", account: "live-2" }), policy)).toBe("allow");
    expect(word(question(), policy)).toBe("allow");
  });
});

describe("the user's own policy", () => {
  const stricter = rules({ effect: "deny", code: "POLICY_NO_PAPER", when: { classes: ["paper"] } });
  const looser = rules({ effect: "allow", when: { classes: ["paper", "live", "admin"] } });
  const paper = question({ class: "paper", tainted: false });
  const live = question({ class: "live", tool: "t", tainted: false });

  it("is stricter without any signature, and says nothing about the rest", () => {
    expect(word(paper, effective(stricter))).toBe("POLICY_NO_PAPER");
    expect(word(question(), effective(stricter))).toBe("allow");
  });

  it("is looser only with as many signatures as it lets fall", () => {
    expect([0, 1, 2].map((signatures) => word(paper, effective(looser, signatures)))).toEqual([
      "approve 1",
      "allow",
      "allow",
    ]);
    expect([0, 1, 2].map((signatures) => word(live, effective(looser, signatures)))).toEqual([
      "approve 2",
      "approve 2",
      "allow",
    ]);
    const raw = question({ class: "live", tool: "create_live_command", tainted: false });
    const loose = rules({ effect: "approve", when: { tools: ["create_live_command"] } });
    expect([0, 1, 2].map((signatures) => word(raw, effective(loose, signatures)))).toEqual([
      "RAW_COMMAND_DENIED",
      "RAW_COMMAND_DENIED",
      "approve 1",
    ]);
  });

  it("lets nothing loose for a tainted principal by a rule that does not speak of taint", () => {
    expect(word({ ...paper, tainted: true }, effective(looser, 2))).toBe("approve 1");
    const spoken = rules({ effect: "allow", when: { classes: ["paper"], tainted: true } });
    expect(word({ ...paper, tainted: true }, effective(spoken, 1))).toBe("allow");
  });

  it("allows nothing but reading while it cannot be read", () => {
    const broken: EffectivePolicy = { kind: "unreadable", reason: "policy.json, line 3", version: "v" };
    const words = CALL_CLASSES.map((callClass) => word(question({ class: callClass }), broken));
    expect(words).toEqual(["allow", ...Array.from({ length: CALL_CLASSES.length - 1 }, () => "POLICY_UNREADABLE")]);
  });

  it("never makes a call easier without signatures, whatever its rules", () => {
    const rule = fc.record({
      effect: fc.constantFrom("allow", "approve", "deny"),
      when: fc.record(
        {
          classes: fc.subarray([...CALL_CLASSES], { minLength: 1 }),
          principals: fc.subarray(["host", "agent:*", "cli"], { minLength: 1 }),
          symbols: fc.subarray(["SPY", "T*"], { minLength: 1 }),
          tainted: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    });
    const asked = fc.record({
      principal: fc.constantFrom("host", "agent:x", "cli"),
      class: fc.constantFrom(...CALL_CLASSES),
      symbols: fc.subarray(["SPY", "TSLA", "QQQ"]),
      tainted: fc.boolean(),
      tool: fc.constantFrom("t", "create_live_command"),
    });
    const rank = (text: string): number => ["allow", "approve 1", "approve 2"].indexOf(text);
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), asked, (list, more) => {
        const one = question(more);
        const before = rank(word(one));
        const after = rank(word(one, effective(rules(...list))));
        expect(after === -1 || (before !== -1 && after >= before)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a policy file", () => {
  it.each([
    ["an unknown condition", { rules: [{ id: "a", effect: "allow", reason: "r", when: { principal: ["host"] } }] }],
    ["an unknown class", { rules: [{ id: "a", effect: "allow", reason: "r", when: { classes: ["trade"] } }] }],
    ["a pattern with a star inside", { rules: [{ id: "a", effect: "allow", reason: "r", when: { tools: ["a*b"] } }] }],
    ["three signatures", { rules: [{ id: "a", effect: "approve", signatures: 3, reason: "r", when: {} }] }],
    ["a code of somebody else", { rules: [{ id: "a", effect: "deny", code: "DISK_FULL", reason: "r", when: {} }] }],
    ["an empty list", { rules: [{ id: "a", effect: "deny", reason: "r", when: { tools: [] } }] }],
    ["the same id twice", { rules: [0, 1].map(() => ({ id: "a", effect: "allow", reason: "r", when: {} })) }],
    [
      "no zone",
      {
        rules: [
          {
            id: "a",
            effect: "deny",
            reason: "r",
            when: { timeOfDay: { from: "09:00", to: "10:00", zone: "Mars/Base" } },
          },
        ],
      },
    ],
  ])("is refused with %s", (_, more) => {
    expect(policySchema.safeParse({ version: 1, ...more }).success).toBe(false);
  });
});

describe("a call that any of several upstreams may answer", () => {
  const asked = question({ upstream: "any" });
  const own = rules({ effect: "deny", code: "POLICY_DENIED", when: { upstreams: ["beta"] } });
  const strictest = (...upstreams: readonly string[]): string => decideStrictest(asked, upstreams, effective(own)).kind;

  it("is denied where one of them is, wherever it stands, and allowed where all are", () => {
    expect(strictest("alpha", "beta")).toBe("deny");
    expect(strictest("beta", "alpha")).toBe("deny");
    expect(strictest("alpha", "gamma")).toBe("allow");
    expect(strictest()).toBe("allow");
  });

  it("is denied where its own name is", () => {
    const named = rules({ effect: "deny", code: "POLICY_DENIED", when: { upstreams: ["any"] } });
    expect(decideStrictest(asked, ["alpha"], effective(named)).kind).toBe("deny");
  });
});
