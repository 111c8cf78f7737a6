import { join } from "node:path";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditHead } from "../../../src/store/audit-head.ts";
import { Ledger } from "../../../src/store/desk/ledger.ts";
import { closeOpenIntents } from "../../../src/store/desk/open-intents.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { deskDatabase, DIALECTS, steppingClock, testPlace } from "../support/databases.ts";
import { auditEntry } from "../support/records.ts";

describe.each(DIALECTS.filter(({ missing }) => !missing))("intents that a desk left open, on $name", ({ dialect }) => {
  let stack: AsyncDisposableStack;
  let database: Kysely<DeskTables>;
  let ledger: Ledger;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace(dialect));
    ({ database } = stack.use(await deskDatabase(place)));
    const headFile = openAuditHead(join(place.folder, "audit-head.json"));
    ledger = await Ledger.open({ database, clock: steppingClock(), key: "key", headFile });
  });
  afterEach(() => stack.disposeAsync());

  const commit = (kind: "intent" | "outcome" | "refusal", callId: string, more = {}): Promise<unknown> =>
    ledger.commit({ entry: auditEntry({ kind, callId, ...more }) });

  it("get the outcome OUTCOME_UNKNOWN once, and nothing else does", async () => {
    await commit("intent", "answered");
    await commit("intent", "open", { tool: "place_order", class: "paper", account: "L-7", parentCallId: "p" });
    await commit("outcome", "answered", { result: "ok" });
    await commit("refusal", "refused", { result: "HALTED" });
    expect(await closeOpenIntents(database, ledger)).toBe(1);
    const [last] = await ledger.tail(1);
    expect(last).toMatchObject({ kind: "outcome", callId: "open", result: "OUTCOME_UNKNOWN", parentCallId: "p" });
    expect(last).toMatchObject({ tool: "place_order", class: "paper", account: "L-7" });
    expect(last?.detail).toContain("record 2");
    expect(await closeOpenIntents(database, ledger)).toBe(0);
    expect(ledger.head.count).toBe(5);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 5 });
  });

  it("are found after a start that closed others, and by hundreds", async () => {
    await commit("intent", "first");
    expect(await closeOpenIntents(database, ledger)).toBe(1);
    await Promise.all(Array.from({ length: 1203 }, (_, index) => commit("intent", `c${index}`)));
    expect(await closeOpenIntents(database, ledger)).toBe(1203);
    expect(await closeOpenIntents(database, ledger)).toBe(0);
    const open = await ledger.tail(1203);
    expect(new Set(open.map(({ callId }) => callId)).size).toBe(1203);
  });
});
