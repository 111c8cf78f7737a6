import { sql, type Kysely } from "kysely";
import type { Clock } from "../../domain/clock.ts";
import type { TaintStore } from "../../gateway/taint.ts";
import type { DeskTables } from "./schema.ts";

/** What untrusted text has touched, and by whom first. */
export interface TaintTables {
  taints: { subject: string; source: string; at: number };
}

export async function taintTables(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create table taints (subject text primary key, source text not null, at bigint not null)`)
    .execute(database);
}

/** Taint never goes away, so what is known to be tainted is not asked for again. */
export function createTaintStore(database: Kysely<DeskTables>, clock: Clock): TaintStore {
  const known = new Set<string>();
  return {
    async any(subjects) {
      if (subjects.some((subject) => known.has(subject))) return true;
      if (subjects.length === 0) return false;
      const rows = await database
        .selectFrom("taints")
        .select("subject")
        .where("subject", "in", [...subjects])
        .execute();
      for (const { subject } of rows) known.add(subject);
      return rows.length > 0;
    },
    async add(subject, source) {
      if (known.has(subject)) return;
      await database
        .insertInto("taints")
        .values({ subject, source, at: clock.now() })
        .onConflict((conflict) => conflict.column("subject").doNothing())
        .execute();
      known.add(subject);
    },
  };
}
