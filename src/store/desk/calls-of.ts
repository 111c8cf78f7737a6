import type { Kysely } from "kysely";
import type { AuditRecord } from "../../domain/audit-record.ts";
import { recordOf } from "./audit-row.ts";
import type { DeskTables } from "./schema.ts";

/** Calls of calls of calls: more levels than any tool makes. */
const MOST_LEVELS = 16;
const MOST_RECORDS = 20_000;
const AT_ONCE = 500;

/** Every record of a call or a run, by its id, with the calls that it made; in order. */
export async function callsOf(database: Kysely<DeskTables>, id: string): Promise<AuditRecord[]> {
  const audit = () => database.selectFrom("audit").selectAll().orderBy("seq").limit(MOST_RECORDS);
  const found = new Map<number, AuditRecord>();
  let next = await audit()
    .where((query) => query.or([query("call_id", "=", id), query("run_id", "=", id)]))
    .execute();
  for (let level = 0; next.length > 0 && level < MOST_LEVELS && found.size < MOST_RECORDS; level += 1) {
    const fresh = next.filter(({ seq }) => !found.has(seq));
    for (const row of fresh) found.set(row.seq, recordOf(row));
    const ids = [...new Set(fresh.map(({ call_id }) => call_id))];
    next = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const part = ids.slice(from, from + AT_ONCE);
      next.push(...(await audit().where("parent_call_id", "in", part).execute()));
    }
  }
  return [...found.values()].toSorted((a, b) => a.seq - b.seq);
}
