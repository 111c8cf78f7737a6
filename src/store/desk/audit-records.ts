import type { Kysely } from "kysely";
import type { AuditRecord } from "../../domain/audit-record.ts";
import { recordOf } from "./audit-row.ts";
import type { DeskTables } from "./schema.ts";

/** All records in order up to a number, a thousand at a time. */
export async function* auditRecords(
  database: Kysely<DeskTables>,
  through = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<AuditRecord> {
  for (let after = 0; ;) {
    const rows = await database
      .selectFrom("audit")
      .selectAll()
      .where("seq", ">", after)
      .where("seq", "<=", through)
      .orderBy("seq")
      .limit(1000)
      .execute();
    if (rows.length === 0) return;
    for (const row of rows) yield recordOf(row);
    after = rows.at(-1)?.seq ?? after;
  }
}
