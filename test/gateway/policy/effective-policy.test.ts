import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentSignature } from "../../../src/domain/operator.ts";
import { policySchema, type Policy } from "../../../src/domain/policy.ts";
import { signStatement, SOLO_WAIT } from "../../../src/gateway/approvals/signed-document.ts";
import { effectivePolicy, type EffectivePolicy } from "../../../src/gateway/policy/effective-policy.ts";
import {
  DESK,
  operatorsIn,
  person,
  type OperatorsUnderTest,
  type Person,
} from "../approvals/support/operators-under-test.ts";

const anna = person("anna");
const bert = person("bert");
const shipped = policySchema.parse({ version: 1, rules: [] });
const own = policySchema.parse({
  version: 1,
  rules: [{ id: "a", effect: "allow", reason: "r", when: { classes: ["paper"] } }],
});

let folder: ReturnType<typeof mkdtempDisposableSync>;
let under: OperatorsUnderTest;
beforeEach(async () => {
  folder = mkdtempDisposableSync(join(tmpdir(), "qw-policy-"));
  under = await operatorsIn(folder.path);
});
afterEach(() => folder[Symbol.dispose]());

function signed(
  policy: Policy,
  by: Person,
  more: { readonly at?: number; readonly kind?: "policy" | "limits"; readonly desk?: string } = {},
): DocumentSignature {
  const { at = 7, kind = "policy", desk = DESK } = more;
  const statement = { kind, desk, operator: by.name, at, content: policy };
  return { operator: by.name, at, signature: signStatement(statement, by.privateKey) };
}

async function effective(
  signatures: readonly DocumentSignature[],
  policy = own,
  limitsHash = "l",
): Promise<EffectivePolicy> {
  return effectivePolicy({
    shipped,
    found: { kind: "read", value: { policy, signatures: [...signatures] } },
    operators: await under.list.state(),
    desk: DESK,
    demo: false,
    limitsHash,
  });
}

const worth = async (...signatures: DocumentSignature[]): Promise<number | string> => {
  const result = await effective(signatures);
  return result.kind === "unreadable" ? "unreadable" : (result.own?.signatures ?? -1);
};

describe("the signatures under a policy", () => {
  it("count each operator of today once", async () => {
    await under.enrol(anna);
    await under.enrol(bert, { by: anna });
    expect(await worth()).toBe(0);
    expect(await worth(signed(own, anna))).toBe(1);
    expect(await worth(signed(own, anna), signed(own, anna, { at: 7 + 2 * SOLO_WAIT }))).toBe(1);
    expect(await worth(signed(own, anna), signed(own, bert))).toBe(2);
    await under.remove(bert, anna);
    expect(await worth(signed(own, anna), signed(own, bert))).toBe(1);
    expect(await worth(signed(own, bert))).toBe(0);
  });

  it("count once for one who is alone but did not enrol as solo", async () => {
    await under.enrol(anna);
    expect(await worth(signed(own, anna), signed(own, anna, { at: 7 + 2 * SOLO_WAIT }))).toBe(1);
  });

  it("count twice for one who is alone and solo, twelve hours apart", async () => {
    await under.enrol(anna, { solo: true });
    expect(await worth(signed(own, anna), signed(own, anna, { at: 7 + SOLO_WAIT - 1 }))).toBe(1);
    expect(await worth(signed(own, anna), signed(own, anna, { at: 7 + SOLO_WAIT }))).toBe(2);
  });

  it("make the policy unreadable where one does not fit: changed rules, another kind, desk, key or name", async () => {
    await under.enrol(anna);
    const changed = policySchema.parse({ version: 1, rules: [{ ...own.rules[0], when: {} }] });
    expect(await effective([signed(own, anna)], changed)).toMatchObject({ kind: "unreadable" });
    expect(await worth(signed(own, anna, { kind: "limits" }))).toBe("unreadable");
    expect(await worth(signed(own, anna, { desk: "other" }))).toBe("unreadable");
    expect(await worth(signed(own, person("anna")))).toBe("unreadable");
    expect(await worth(signed(own, bert))).toBe("unreadable");
    expect(await worth({ ...signed(own, anna), at: 8 })).toBe("unreadable");
    expect(await worth(signed(own, anna), { ...signed(own, anna), signature: "AAAA" })).toBe("unreadable");
  });

  it("make it unreadable where nobody can be relied on to have signed", async () => {
    expect(await worth(signed(own, anna))).toBe("unreadable");
    expect(await worth()).toBe(0);
  });
});

describe("the version of a policy", () => {
  it("changes with its rules, with what its signatures are worth, and with the limits", async () => {
    await under.enrol(anna);
    const versions = [
      await effective([]),
      await effective([signed(own, anna)]),
      await effective([], shipped),
      await effective([], own, "other limits"),
    ].map(({ version }) => version);
    expect(new Set(versions).size).toBe(4);
    expect((await effective([])).version).toBe(versions[0]);
  });
});
