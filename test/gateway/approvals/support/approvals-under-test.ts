import type { Kysely } from "kysely";
import type { Approval, ApprovalBinding, ApprovalView } from "../../../../src/domain/approval.ts";
import type { Outcome, Refusal } from "../../../../src/domain/refusal.ts";
import { decisionStatement } from "../../../../src/gateway/approvals/approval-binding.ts";
import { ApprovalDesk, type OperatorDecision } from "../../../../src/gateway/approvals/approval-desk.ts";
import type { ApprovalStore } from "../../../../src/gateway/approvals/approval-store-port.ts";
import { signStatement } from "../../../../src/gateway/approvals/signed-document.ts";
import { createApprovalStore, useApproval } from "../../../../src/store/desk/approval-store.ts";
import type { DeskTables } from "../../../../src/store/desk/schema.ts";
import { deskDatabase, testPlace, type TestPlace } from "../../../store/support/databases.ts";
import { DESK, operatorsIn, type OperatorsUnderTest, type Person } from "./operators-under-test.ts";

export const MINUTE = 60_000_000;
export const HOUR = 60 * MINUTE;

export function binding(more: Partial<ApprovalBinding> = {}): ApprovalBinding {
  return {
    principal: "host",
    tool: "create_live_algorithm",
    class: "paper",
    profile: "local",
    account: "paper-1",
    argumentsHash: "a".repeat(64),
    artefact: "b".repeat(64),
    innerCallsHash: null,
    signaturesNeeded: 1,
    policyVersion: "p".repeat(64),
    ...more,
  };
}

export function view(more: Partial<ApprovalView> = {}): ApprovalView {
  return {
    tool: "create_live_algorithm",
    class: "paper",
    profile: "local",
    account: "paper-1",
    lines: [{ what: "projectId", before: null, after: "7" }],
    artefact: null,
    requestedBy: "host",
    tainted: true,
    reason: "paper asks",
    ...more,
  };
}

/** An approval desk on a real store and real files, with a clock that the test sets. */
export interface ApprovalsUnderTest extends AsyncDisposable {
  readonly desk: ApprovalDesk;
  readonly place: TestPlace;
  readonly database: Kysely<DeskTables>;
  readonly operators: OperatorsUnderTest;
  readonly store: ApprovalStore;
  readonly clock: { at: number };
  /** Another desk on the same store, as after a restart. */
  restarted(): ApprovalDesk;
  /** What the terminal of a person sends. */
  decision(approval: Approval, by: Person, more?: Partial<Pick<OperatorDecision, "decision" | "at">>): OperatorDecision;
  approve(approval: Approval, by: Person): Promise<Outcome<Approval>>;
  use(approvalId: string, callId: string): Promise<void>;
}

export async function approvalsUnderTest(
  dialect: "sqlite" | "postgres" = "sqlite",
  options: { readonly demo?: boolean } = {},
): Promise<ApprovalsUnderTest> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await testPlace(dialect));
  const { database } = stack.use(await deskDatabase(place));
  const operators = await operatorsIn(place.folder, options.demo ?? false);
  const store = createApprovalStore(database);
  const clock = { at: 1_700_000_000_000_000 };
  let ids = 0;
  const opened = (): ApprovalDesk =>
    new ApprovalDesk({
      store,
      operators: () => operators.list.state(),
      identity: { desk: DESK, demo: options.demo ?? false },
      clock: { now: () => clock.at },
      newId: () => `a${(ids += 1)}`,
    });
  const desk = opened();
  const decision: ApprovalsUnderTest["decision"] = (approval, by, more = {}) => {
    const given = { operator: by.name, decision: "approve" as const, at: clock.at, ...more };
    const signature = signStatement(decisionStatement(approval, { ...given, desk: DESK }), by.privateKey);
    return { approvalId: approval.id, ...given, signature };
  };
  return {
    desk,
    place,
    database,
    operators,
    store,
    clock,
    restarted: opened,
    decision,
    approve: (approval, by) => desk.sign(decision(approval, by)),
    use: (approvalId, callId) =>
      database.transaction().execute((transaction) => useApproval(transaction, { approvalId, callId, at: clock.at })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

export function refusalIn(outcome: Outcome<unknown>): Refusal {
  if (outcome.ok) throw new Error("expected a refusal, none came");
  return outcome.refusal;
}
