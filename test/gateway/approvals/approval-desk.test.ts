import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { approvalRequired } from "../../../src/gateway/approvals/approval-desk.ts";
import { useApproval } from "../../../src/store/desk/approval-store.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { DIALECTS } from "../../store/support/databases.ts";
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
import { person } from "./support/operators-under-test.ts";

const anna = person("anna");
const bert = person("bert");
const live = binding({ class: "live", signaturesNeeded: 2 });

describe.each(DIALECTS.filter(({ missing }) => !missing))("the approval desk on $name", ({ dialect }) => {
  let under: ApprovalsUnderTest;
  beforeEach(async () => {
    under = await approvalsUnderTest(dialect);
    await under.operators.enrol(anna);
    await under.operators.enrol(bert, { by: anna });
  });
  afterEach(() => under[Symbol.asyncDispose]());
  const request = async (what = binding()) => valueOf(await under.desk.request(what, view()));

  it("lets a call be made once with one signature", async () => {
    const asked = await request();
    expect(asked).toMatchObject({ id: "a1", state: "pending", expiresAt: under.clock.at + 15 * MINUTE });
    expect(approvalRequired(asked).message).toContain("a1");
    expect(refusalIn(await under.desk.check("a1", binding())).code).toBe("APPROVAL_PENDING");
    expect(valueOf(await under.approve(asked, bert)).state).toBe("approved");
    valueOf(await under.desk.check("a1", binding()));
    await under.use("a1", "c1");
    expect((await refusalOf(under.use("a1", "c2"))).code).toBe("APPROVAL_USED");
    const used = refusalIn(await under.desk.check("a1", binding()));
    expect(used).toMatchObject({ code: "APPROVAL_USED" });
    expect(used.message).toContain("c1");
  });

  it("gives the same open request to the same call, a new one after it ended, and none after a denial", async () => {
    const first = await request();
    expect((await request()).id).toBe(first.id);
    expect((await request(binding({ argumentsHash: "c".repeat(64) }))).id).not.toBe(first.id);
    await under.approve(first, anna);
    const again = await request();
    expect([again.id, again.state]).toEqual([first.id, "approved"]);
    expect(approvalRequired(again).remedy).toContain(first.id);
    await under.use(first.id, "c");
    const second = await request();
    expect(second.id).not.toBe(first.id);
    valueOf(await under.desk.sign(under.decision(second, anna, { decision: "deny" })));
    expect(refusalIn(await under.desk.request(binding(), view())).code).toBe("APPROVAL_DENIED");
    under.clock.at += 16 * MINUTE;
    expect((await request()).state).toBe("pending");
  });

  it("makes one request of ten that come at once, and never more than ten for a caller", async () => {
    const same = await Promise.all(Array.from({ length: 10 }, () => request()));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    const other = await Promise.all(
      Array.from({ length: 30 }, (_, index) => under.desk.request(binding({ argumentsHash: String(index) }), view())),
    );
    expect(other.filter(({ ok }) => ok)).toHaveLength(9);
    expect(new Set(other.flatMap((one) => (one.ok ? [] : [one.refusal.code])))).toEqual(new Set(["APPROVAL_TOO_MANY"]));
    expect((await request(binding({ principal: "cli" }))).state).toBe("pending");
  });

  it("wants two different operators for a live call, in either order and also at the same time", async () => {
    const asked = await request(live);
    expect(asked.expiresAt).toBe(under.clock.at + 24 * HOUR);
    expect(valueOf(await under.approve(asked, anna)).state).toBe("pending");
    expect(refusalIn(await under.approve(asked, anna)).code).toBe("APPROVAL_NEEDS_OTHER_OPERATOR");
    const twice = await Promise.all([under.approve(asked, bert), under.approve(asked, bert)]);
    expect(twice.filter(({ ok }) => ok).length).toBeGreaterThan(0);
    const approved = valueOf(await under.desk.show(asked.id));
    expect([approved.state, approved.signatures.map(({ operator }) => operator)]).toEqual([
      "approved",
      ["anna", "bert"],
    ]);
    const second = await request({ ...live, argumentsHash: "second" });
    await Promise.all([under.approve(second, anna), under.approve(second, bert)]);
    expect(valueOf(await under.desk.check(second.id, { ...live, argumentsHash: "second" })).signatures).toHaveLength(2);
  });

  it("gives exactly one of many uses at once the approval", async () => {
    const asked = await request();
    await under.approve(asked, anna);
    const uses = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => under.use(asked.id, `c${index}`)));
    expect(uses.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const use of uses.filter((one) => one.status === "rejected")) {
      expect(use.reason).toMatchObject({ refusal: { code: "APPROVAL_USED" } });
    }
  });

  it("does not use what stands in a transaction that is given up", async () => {
    const asked = await request();
    await under.approve(asked, anna);
    const failing = under.database.transaction().execute(async (transaction) => {
      await useApproval(transaction, { approvalId: asked.id, callId: "c", at: under.clock.at });
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    valueOf(await under.desk.check(asked.id, binding()));
  });

  it.each([
    ["principal", { principal: "agent:strategy-lab" }],
    ["tool", { tool: "stop_live_algorithm" }],
    ["account", { account: "live-1" }],
    ["argumentsHash", { argumentsHash: "other" }],
    ["artefact", { artefact: null }],
    ["innerCallsHash", { innerCallsHash: "x" }],
    ["policyVersion", { policyVersion: "other" }],
    ["profile", { profile: "quantconnect" }],
    ["signaturesNeeded", { signaturesNeeded: 2 }],
    ["class", { class: "live" }],
  ] as const)("is for no call that differs in its %s, and names it", async (field, more) => {
    const asked = await request();
    await under.approve(asked, anna);
    const refusal = refusalIn(await under.desk.check(asked.id, binding(more)));
    expect(refusal.code).toBe("APPROVAL_ALTERED");
    expect(refusal.message).toContain(field);
  });

  it("expires, given or not, and gives no time back to a clock that was set back or a desk that restarted", async () => {
    const asked = await request();
    const given = await request(binding({ argumentsHash: "given" }));
    await under.approve(given, anna);
    under.clock.at += 16 * MINUTE;
    // Only the time is seen, so that nothing but it can be remembered.
    expect(await under.desk.show("none")).toMatchObject({ ok: false });
    await under.store.latestTime(under.clock.at);
    under.clock.at -= 15 * MINUTE;
    const desk = under.restarted();
    expect(refusalIn(await desk.sign(under.decision(asked, anna))).code).toBe("APPROVAL_EXPIRED");
    expect(refusalIn(await desk.check(given.id, given.binding)).code).toBe("APPROVAL_EXPIRED");
    expect((await refusalOf(under.use(given.id, "c"))).code).toBe("APPROVAL_EXPIRED");
  });

  it("keeps what waits over a restart, and lists it newest first", async () => {
    const asked = await request();
    under.clock.at += 1;
    const second = await request(binding({ argumentsHash: "second" }));
    const desk = under.restarted();
    expect((await desk.list(10)).map(({ id }) => id)).toEqual([second.id, asked.id]);
    expect(valueOf(await desk.sign(under.decision(asked, anna))).state).toBe("approved");
  });

  it("can be denied by one operator, also after it was given, and stays denied", async () => {
    const asked = await request(live);
    await under.approve(asked, anna);
    await under.approve(asked, bert);
    const denied = valueOf(await under.desk.sign(under.decision(asked, anna, { decision: "deny" })));
    expect(denied).toMatchObject({ state: "denied", deniedBy: "anna" });
    expect(refusalIn(await under.approve(asked, bert)).code).toBe("APPROVAL_DENIED");
    expect(refusalIn(await under.desk.check(asked.id, live)).code).toBe("APPROVAL_DENIED");
  });

  it("takes no signature of another approval, decision, person, key or time", async () => {
    const asked = await request();
    const other = await request(binding({ argumentsHash: "other" }));
    const good = under.decision(asked, anna);
    const stranger = person("anna");
    const wrong = [
      { ...good, approvalId: other.id },
      { ...good, decision: "deny" as const },
      { ...good, operator: "bert" },
      { ...good, at: good.at + 1 },
      { ...good, signature: "AAAA" },
      under.decision(asked, stranger),
      under.decision({ ...asked, view: view({ lines: [] }) }, anna),
      under.decision({ ...asked, expiresAt: asked.expiresAt + 1 }, anna),
      under.decision(asked, anna, { at: under.clock.at - HOUR }),
      under.decision(asked, anna, { at: under.clock.at + HOUR }),
    ];
    for (const one of wrong) expect(refusalIn(await under.desk.sign(one)).code).toBe("APPROVAL_SIGNATURE_INVALID");
    expect(valueOf(await under.desk.show(asked.id)).state).toBe("pending");
    expect(refusalIn(await under.desk.sign(under.decision(asked, person("carl")))).code).toBe("OPERATOR_UNKNOWN");
  });

  it("does not believe what was changed in the store", async () => {
    const asked = await request();
    await under.approve(asked, anna);
    const change = (set: Partial<DeskTables["approvals"]>) =>
      under.database.updateTable("approvals").set(set).where("id", "=", asked.id).execute();
    const code = async (now = binding()) => refusalIn(await under.desk.check(asked.id, now)).code;
    await change({ expires_at: asked.expiresAt + HOUR });
    expect(await code()).toBe("APPROVAL_SIGNATURE_INVALID");
    await change({ expires_at: asked.expiresAt, view: JSON.stringify(view({ account: "other" })) });
    expect(await code()).toBe("APPROVAL_SIGNATURE_INVALID");
    const other = binding({ account: "live-1" });
    await change({ view: JSON.stringify(asked.view), binding: JSON.stringify(other) });
    expect(await code(other)).toBe("APPROVAL_SIGNATURE_INVALID");
    await change({ binding: JSON.stringify(asked.binding), signatures: "[]" });
    expect(await code()).toBe("APPROVAL_NEEDS_OTHER_OPERATOR");
  });

  it("does not count who is no operator any more, before or after he signed", async () => {
    const asked = await request();
    await under.approve(asked, bert);
    await under.operators.remove(bert, anna);
    expect(refusalIn(await under.desk.check(asked.id, binding())).code).toBe("APPROVAL_OPERATOR_REMOVED");
    const second = await request(binding({ argumentsHash: "second" }));
    expect(refusalIn(await under.approve(second, bert)).code).toBe("APPROVAL_OPERATOR_REMOVED");
  });

  it("takes no second signature of an operator who is alone, but did not enrol as solo", async () => {
    await using own = await approvalsUnderTest(dialect);
    await own.operators.enrol(anna);
    const asked = valueOf(await own.desk.request(live, view()));
    expect(valueOf(await own.approve(asked, anna)).signatures).toMatchObject([{ solo: false }]);
    own.clock.at += 13 * HOUR;
    expect(refusalIn(await own.approve(asked, anna)).code).toBe("APPROVAL_NEEDS_OTHER_OPERATOR");
  });

  it("asks an operator who is alone and solo to sign again twelve hours later, and says so on the record", async () => {
    await using own = await approvalsUnderTest(dialect);
    await own.operators.enrol(anna, { solo: true });
    const asked = valueOf(await own.desk.request(live, view()));
    const first = own.decision(asked, anna);
    expect(valueOf(await own.desk.sign(first)).state).toBe("pending");
    const soon = refusalIn(await own.approve(asked, anna));
    expect(soon.code).toBe("APPROVAL_TOO_SOON");
    own.clock.at += 12 * HOUR - MINUTE;
    expect(refusalIn(await own.approve(asked, anna)).code).toBe("APPROVAL_TOO_SOON");
    own.clock.at += MINUTE;
    expect(refusalIn(await own.desk.sign(first)).code).toBe("APPROVAL_SIGNATURE_INVALID");
    const approved = valueOf(await own.approve(asked, anna));
    expect([approved.state, approved.signatures.map(({ solo }) => solo)]).toEqual(["approved", [true, true]]);
    valueOf(await own.desk.check(asked.id, live));
    // With another operator there is somebody to ask, so one person's two signatures are one again.
    await own.operators.enrol(bert, { by: anna });
    expect(refusalIn(await own.desk.check(asked.id, live)).code).toBe("APPROVAL_NEEDS_OTHER_OPERATOR");
  });
});

describe("the approval desk without operators to rely on", () => {
  it("asks nobody where nobody is enrolled, and says how to enrol", async () => {
    await using under = await approvalsUnderTest();
    const refusal = refusalIn(await under.desk.request(binding(), view()));
    expect(refusal.code).toBe("OPERATORS_NONE");
    expect(refusal.remedy).toContain("operators add");
  });

  it("takes a demo's operator on a demo desk only", async () => {
    await using demo = await approvalsUnderTest("sqlite", { demo: true });
    await demo.operators.enrol(anna, { kind: "demo" });
    const asked = valueOf(await demo.desk.request(binding(), view()));
    expect(valueOf(await demo.approve(asked, anna)).state).toBe("approved");
    await using real = await approvalsUnderTest();
    await expect(real.operators.enrol(anna, { kind: "demo" })).rejects.toThrow("demo");
  });
});
