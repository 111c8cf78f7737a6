import type { Kysely } from "kysely";
import type { AuditRecord } from "../../domain/audit-record.ts";
import { interruptedOutcome } from "../../gateway/interrupted-call.ts";
import { recordOf } from "./audit-row.ts";
import type { Ledger } from "./ledger.ts";
import type { DeskTables } from "./schema.ts";

/** Up to which record every intent has its outcome, so that a start need not look through the whole log. */
const CLOSED_THROUGH = "audit/closed-through";
const AT_ONCE = 500;

/**
 * Records `OUTCOME_UNKNOWN` for every intent that has no outcome, and gives their number. Part of each start, before
 * the first call: what is open then was left by a program that ended too early. Doing it again does nothing.
 */
export async function closeOpenIntents(database: Kysely<DeskTables>, ledger: Ledger): Promise<number> {
  let after = await closedThrough(database);
  const end = ledger.head.count;
  let closed = 0;
  for (;;) {
    const open = await openIntents(database, after, end);
    await Promise.all(open.map((intent) => ledger.commit({ entry: interruptedOutcome(intent) })));
    closed += open.length;
    after = open.at(-1)?.seq ?? end;
    if (open.length < AT_ONCE) break;
  }
  await database
    .insertInto("meta")
    .values({ key: CLOSED_THROUGH, value: String(end) })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: String(end) }))
    .execute();
  return closed;
}

async function closedThrough(database: Kysely<DeskTables>): Promise<number> {
  const row = await database.selectFrom("meta").select("value").where("key", "=", CLOSED_THROUGH).executeTakeFirst();
  const seq = Number(row?.value ?? "0");
  return Number.isSafeInteger(seq) ? seq : 0;
}

async function openIntents(database: Kysely<DeskTables>, after: number, end: number): Promise<AuditRecord[]> {
  const rows = await database
    .selectFrom("audit as intent")
    .selectAll()
    .where("intent.seq", ">", after)
    .where("intent.seq", "<=", end)
    .where("intent.kind", "=", "intent")
    .where((query) =>
      query.not(
        query.exists(
          query
            .selectFrom("audit as outcome")
            .select("outcome.seq")
            .whereRef("outcome.call_id", "=", "intent.call_id")
            .where("outcome.kind", "=", "outcome"),
        ),
      ),
    )
    .orderBy("intent.seq")
    .limit(AT_ONCE)
    .execute();
  return rows.map(recordOf);
}
