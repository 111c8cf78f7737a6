import { sql, type Kysely } from "kysely";
import type { Clock } from "../../domain/clock.ts";
import type { CompileStore } from "../../gateway/compile-book.ts";
import type { DeskTables } from "./schema.ts";

/** Compiles made through the gateway, with the hash of their files. */
export interface CompileTables {
  compiles: { compile_id: string; project_id: number; artefact: string; at: number };
}

export async function compileTables(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table compiles (compile_id text primary key, project_id bigint not null, artefact text not null,
         at bigint not null)`,
    )
    .execute(database);
}

export function createCompileStore(database: Kysely<DeskTables>, clock: Clock): CompileStore {
  return {
    async add({ compileId, projectId, artefact }) {
      await database
        .insertInto("compiles")
        .values({ compile_id: compileId, project_id: projectId, artefact, at: clock.now() })
        .onConflict((conflict) => conflict.column("compile_id").doNothing())
        .execute();
    },
    artefactOf: async (compileId) =>
      (await database.selectFrom("compiles").select("artefact").where("compile_id", "=", compileId).executeTakeFirst())
        ?.artefact,
  };
}
