import { describe, expect, it } from "vitest";
import { APPROVAL_STATES, transition, type Approval, type ApprovalEvent } from "../../src/domain/approval.ts";
import { binding, view } from "../gateway/approvals/support/approvals-under-test.ts";

const common = {
  id: "a1",
  binding: binding({ signaturesNeeded: 2 }),
  bindingHash: "h",
  view: view(),
  requestedAt: 0,
  expiresAt: 100,
  signatures: [],
};
const states: Record<(typeof APPROVAL_STATES)[number], Approval> = {
  pending: { ...common, state: "pending" },
  approved: { ...common, state: "approved", decidedAt: 1 },
  denied: { ...common, state: "denied", decidedAt: 1, deniedBy: "anna" },
  expired: { ...common, state: "expired" },
  used: { ...common, state: "used", usedAt: 1, callId: "c" },
};
const signed = (decision: "approve" | "deny", receivedAt: number, operator = "ben"): ApprovalEvent => ({
  kind: "signed",
  decision: { operator, at: receivedAt, signature: "AAAA", decision, receivedAt, solo: false },
});
const events: Record<string, ApprovalEvent> = {
  approve: signed("approve", 50),
  deny: signed("deny", 50),
  use: { kind: "used", at: 50, callId: "c2" },
  time: { kind: "time", at: 99 },
  late: { kind: "time", at: 100 },
  "approve late": signed("approve", 100),
  "use late": { kind: "used", at: 100, callId: "c2" },
};
/** What becomes of each state at each event: the next state, or the code of the refusal. */
const TABLE: Record<(typeof APPROVAL_STATES)[number], Record<string, string>> = {
  pending: {
    approve: "pending",
    deny: "denied",
    use: "APPROVAL_PENDING",
    time: "pending",
    late: "expired",
    "approve late": "APPROVAL_EXPIRED",
    "use late": "APPROVAL_EXPIRED",
  },
  approved: {
    approve: "approved",
    deny: "denied",
    use: "used",
    time: "approved",
    late: "expired",
    "approve late": "APPROVAL_EXPIRED",
    "use late": "APPROVAL_EXPIRED",
  },
  denied: over("denied", "APPROVAL_DENIED"),
  expired: over("expired", "APPROVAL_EXPIRED"),
  used: over("used", "APPROVAL_USED"),
};

function over(state: string, code: string): Record<string, string> {
  const same = { time: state, late: state };
  return { ...same, approve: code, deny: code, use: code, "approve late": code, "use late": code };
}

describe("an approval", () => {
  it.each(APPROVAL_STATES)("that is %s goes on as the table says, and nowhere else", (state) => {
    const seen = Object.entries(events).map(([name, event]) => {
      const next = transition(states[state], event);
      return [name, next.ok ? next.value.state : next.refusal.code];
    });
    expect(Object.fromEntries(seen)).toEqual(TABLE[state]);
  });

  it("is given when the last signature comes, and says what used it", () => {
    const once = transition(states.pending, signed("approve", 50, "anna"));
    const twice = once.ok ? transition(once.value, signed("approve", 60)) : once;
    expect(twice).toMatchObject({ ok: true, value: { state: "approved", decidedAt: 60, signatures: [{}, {}] } });
    const used = twice.ok ? transition(twice.value, { kind: "used", at: 70, callId: "c9" }) : twice;
    expect(used).toMatchObject({ ok: true, value: { state: "used", usedAt: 70, callId: "c9" } });
  });
});
