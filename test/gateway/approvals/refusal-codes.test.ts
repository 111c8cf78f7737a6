import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { policySchema, type PolicyQuestion } from "../../../src/domain/policy.ts";
import type { Outcome } from "../../../src/domain/refusal.ts";
import { approvalRequired } from "../../../src/gateway/approvals/approval-desk.ts";
import { POLICY_AND_APPROVAL_CODES } from "../../../src/gateway/approvals/refusal-codes.ts";
import { rearmStatement, verifyRearm } from "../../../src/gateway/approvals/rearm.ts";
import { countSignatures, signStatement } from "../../../src/gateway/approvals/signed-document.ts";
import { decidePolicy } from "../../../src/gateway/policy/decide-policy.ts";
import type { EffectivePolicy } from "../../../src/gateway/policy/effective-policy.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import {
  approvalsUnderTest,
  binding,
  HOUR,
  MINUTE,
  refusalIn,
  valueOf,
  view,
  type ApprovalsUnderTest,
} from "./support/approvals-under-test.ts";
import { DESK, entry, nextList, person, signedList } from "./support/operators-under-test.ts";

type Code = keyof typeof POLICY_AND_APPROVAL_CODES;

const anna = person("anna");
const bert = person("bert");
const carl = person("carl");
const eve = person("eve");
const SHIPPED = fileURLToPath(new URL("../../../config/policy.json", import.meta.url));
const shipped = policySchema.parse(parseJson(readFileSync(SHIPPED, "utf8")));

const policyCode = (more: Partial<PolicyQuestion>, effective: EffectivePolicy): string => {
  const asked = {
    principal: "host",
    upstream: "quantconnect",
    tool: "create_live_command",
    class: "live",
    profile: "local",
    account: null,
    symbols: [],
    mode: "LIVE",
    tainted: true,
    composedBy: null,
    at: 0,
  } as const;
  const verdict = decidePolicy({ ...asked, ...more }, effective);
  return verdict.kind === "deny" ? verdict.refusal.code : verdict.kind;
};
const plain = (rules: readonly unknown[]): EffectivePolicy => ({
  kind: "policy",
  shipped: policySchema.parse({ version: 1, rules }),
  own: undefined,
  version: "v",
});

/** How each code comes about, on a desk with the operators anna and bert; `carl` was removed. */
const producers: Record<Code, (under: ApprovalsUnderTest) => Promise<string> | string> = {
  POLICY_DENIED: () => policyCode({}, plain([{ id: "a", effect: "deny", reason: "r", when: {} }])),
  POLICY_NO_RULE: () => policyCode({}, plain([])),
  POLICY_UNREADABLE: () => policyCode({}, { kind: "unreadable", reason: "line 3", version: "v" }),
  RAW_COMMAND_DENIED: () => policyCode({}, { kind: "policy", shipped, own: undefined, version: "v" }),
  APPROVAL_REQUIRED: async (under) => approvalRequired(await pending(under, "required")).code,
  APPROVAL_UNKNOWN: async (under) => codeIn(await under.desk.check("nothing", binding())),
  APPROVAL_PENDING: async (under) => {
    const asked = await pending(under, "pending");
    return codeIn(await under.desk.check(asked.id, asked.binding));
  },
  APPROVAL_DENIED: async (under) => {
    const asked = await pending(under, "denied");
    valueOf(await under.desk.sign(under.decision(asked, anna, { decision: "deny" })));
    return codeIn(await under.desk.check(asked.id, asked.binding));
  },
  APPROVAL_EXPIRED: async (under) => {
    const asked = await pending(under, "expired");
    under.clock.at += 20 * MINUTE;
    return codeIn(await under.desk.check(asked.id, asked.binding));
  },
  APPROVAL_USED: async (under) => {
    const asked = await pending(under, "used");
    await under.approve(asked, anna);
    await under.use(asked.id, "c1");
    return (await refusalOf(under.use(asked.id, "c2"))).code;
  },
  APPROVAL_ALTERED: async (under) => {
    const asked = await pending(under, "altered");
    return codeIn(await under.desk.check(asked.id, { ...asked.binding, account: "other" }));
  },
  APPROVAL_SIGNATURE_INVALID: async (under) => {
    const asked = await pending(under, "invalid");
    return codeIn(await under.desk.sign({ ...under.decision(asked, anna), operator: "bert" }));
  },
  APPROVAL_OPERATOR_REMOVED: async (under) => codeIn(await under.approve(await pending(under, "removed"), carl)),
  APPROVAL_NEEDS_OTHER_OPERATOR: async (under) => {
    const asked = await pending(under, "other", 2);
    await under.approve(asked, anna);
    return codeIn(await under.approve(asked, anna));
  },
  APPROVAL_TOO_SOON: async () => {
    await using alone = await approvalsUnderTest();
    await alone.operators.enrol(anna, { solo: true });
    const asked = await pending(alone, "soon", 2);
    await alone.approve(asked, anna);
    alone.clock.at += HOUR;
    return codeIn(await alone.approve(asked, anna));
  },
  APPROVAL_TOO_MANY: async (under) => {
    const asked = [];
    for (let index = 0; index < 11; index += 1)
      asked.push(await under.desk.request(binding({ principal: "agent:flood", argumentsHash: `${index}` }), view()));
    return codeIn(asked.at(-1));
  },
  OPERATORS_NONE: async () => {
    await using empty = await approvalsUnderTest();
    return codeIn(await empty.desk.request(binding(), view()));
  },
  OPERATORS_TAMPERED: async () => {
    await using under = await approvalsUnderTest();
    await under.operators.enrol(anna);
    writeFileSync(under.operators.file, JSON.stringify(signedList(nextList({ kind: "none" }, [entry(eve)]), eve)));
    return codeIn(await under.desk.request(binding(), view()));
  },
  OPERATORS_CHANGE_INVALID: async (under) => {
    const state = await under.operators.list.state();
    return codeIn(await under.operators.list.change(signedList(nextList(state, [entry(eve)]), eve)));
  },
  OPERATOR_UNKNOWN: async (under) => codeIn(await under.approve(await pending(under, "unknown"), eve)),
  OPERATOR_LAST: async () => {
    await using under = await approvalsUnderTest();
    await under.operators.enrol(anna);
    const gone = entry(anna, { removedAt: 1, removedBy: "anna" });
    const state = await under.operators.list.state();
    return codeIn(await under.operators.list.change(signedList(nextList(state, [gone]), anna)));
  },
  DEMO_OPERATOR_REFUSED: async () => {
    await using under = await approvalsUnderTest();
    const list = nextList({ kind: "none" }, [entry(eve, { kind: "demo" })]);
    return codeIn(await under.operators.list.change(signedList(list, eve)));
  },
  DOCUMENT_SIGNATURE_INVALID: async (under) => {
    const operators = await under.operators.list.state();
    const signatures = [{ operator: "anna", at: 1, signature: "AAAA" }];
    return codeIn(countSignatures({ kind: "limits", content: {}, signatures }, { operators, desk: DESK, demo: false }));
  },
  REARM_SIGNATURE_INVALID: async (under) => codeIn(await rearmed(under, { haltId: "another" })),
};

let under: ApprovalsUnderTest;
beforeAll(async () => {
  under = await approvalsUnderTest();
  await under.operators.enrol(anna);
  await under.operators.enrol(bert, { by: anna });
  await under.operators.enrol(carl, { by: anna });
  await under.operators.remove(carl, anna);
});
afterAll(() => under[Symbol.asyncDispose]());

describe("the codes of policy and approvals", () => {
  it.each(Object.keys(POLICY_AND_APPROVAL_CODES) as Code[])("has %s, and a way to it", async (code) => {
    expect(await producers[code](under)).toBe(code);
  });

  it("are explained in the docs with the same words", () => {
    const page = readFileSync(
      join(fileURLToPath(new URL("../../../docs", import.meta.url)), "architecture.md"),
      "utf8",
    );
    const missing = Object.entries(POLICY_AND_APPROVAL_CODES).filter(
      ([code, meaning]) =>
        !new RegExp(`^\\| \`${code}\` \\| [1-4] \\| `, "m").test(page) || !page.includes(`| ${meaning} |`),
    );
    expect(missing).toEqual([]);
  });
});

describe("the word to go on trading after a halt", () => {
  it("counts for exactly this halt, this target, now, from an operator of today", async () => {
    expect(valueOf(await rearmed(under, {}))).toBe("anna");
    for (const wrong of [
      { target: "U1" },
      { haltId: "later" },
      { at: HOUR },
      { at: -HOUR },
      { desk: "other" },
      { by: person("anna") },
    ]) {
      expect(codeIn(await rearmed(under, wrong))).toBe("REARM_SIGNATURE_INVALID");
    }
    expect(codeIn(await rearmed(under, { by: carl }))).toBe("APPROVAL_OPERATOR_REMOVED");
    expect(codeIn(await rearmed(under, { by: eve }))).toBe("OPERATOR_UNKNOWN");
  });
});

async function rearmed(
  on: ApprovalsUnderTest,
  wrong: {
    readonly target?: string;
    readonly haltId?: string;
    readonly at?: number;
    readonly desk?: string;
    readonly by?: typeof anna;
  },
): Promise<Outcome<string>> {
  const by = wrong.by ?? anna;
  const unsigned = {
    target: wrong.target ?? "desk",
    haltId: wrong.haltId ?? "h1",
    operator: by.name,
    at: on.clock.at + (wrong.at ?? 0),
  };
  const signature = signStatement(rearmStatement(unsigned, wrong.desk ?? DESK), by.privateKey);
  return verifyRearm(
    { ...unsigned, signature },
    {
      operators: await on.operators.list.state(),
      identity: { desk: DESK, demo: false },
      target: "desk",
      haltId: "h1",
      at: on.clock.at,
    },
  );
}

async function pending(on: ApprovalsUnderTest, argumentsHash: string, signaturesNeeded: 1 | 2 = 1) {
  return valueOf(await on.desk.request(binding({ argumentsHash, signaturesNeeded }), view()));
}

function codeIn(outcome: Outcome<unknown> | undefined): string {
  return outcome === undefined ? "nothing" : refusalIn(outcome).code;
}
