import type { Insertable, Kysely, Selectable } from "kysely";
import { trackedOptimizationSchema, type TrackedOptimization } from "../../domain/tracked-optimization.ts";
import type { OptimizationBook } from "../../gateway/trial-book.ts";
import type { DeskTables } from "./schema.ts";

/** Optimisations whose points are trials. The ledger opens them; nothing is ever deleted here. */
export class TrackedOptimizationStore implements OptimizationBook {
  readonly #database: Kysely<DeskTables>;

  constructor(database: Kysely<DeskTables>) {
    this.#database = database;
  }

  /** Notes under which id the cloud runs an optimisation, for it and its trials; the first id stays. */
  async began(callId: string, optimizationId: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      for (const table of ["optimizations", "trials"] as const) {
        await transaction
          .updateTable(table)
          .set({ optimization_id: optimizationId })
          .where("call_id", "=", callId)
          .where("optimization_id", "is", null)
          .execute();
      }
    });
  }

  async ended(callId: string, at: number): Promise<void> {
    await this.#database
      .updateTable("optimizations")
      .set({ ended_at: at })
      .where("call_id", "=", callId)
      .where("ended_at", "is", null)
      .execute();
  }

  /** Those that have not ended, oldest first. */
  async watched(): Promise<TrackedOptimization[]> {
    const rows = await this.#database
      .selectFrom("optimizations")
      .selectAll()
      .where("ended_at", "is", null)
      .orderBy("opened_at")
      .execute();
    return rows.map(optimizationOf);
  }

  async byOptimization(profile: string, optimizationId: string): Promise<TrackedOptimization | undefined> {
    const row = await this.#database
      .selectFrom("optimizations")
      .selectAll()
      .where("profile", "=", profile)
      .where("optimization_id", "=", optimizationId)
      .executeTakeFirst();
    return row === undefined ? undefined : optimizationOf(row);
  }
}

export function optimizationRow(optimization: TrackedOptimization): Insertable<DeskTables["optimizations"]> {
  return {
    call_id: optimization.callId,
    profile: optimization.profile,
    project_id: optimization.projectId,
    optimization_id: optimization.optimizationId,
    name: optimization.name,
    principal: optimization.principal,
    strategy_id: optimization.strategyId,
    files: optimization.files,
    opened_at: optimization.openedAt,
    ended_at: optimization.endedAt,
  };
}

function optimizationOf(row: Selectable<DeskTables["optimizations"]>): TrackedOptimization {
  return trackedOptimizationSchema.parse({
    callId: row.call_id,
    profile: row.profile,
    projectId: row.project_id,
    optimizationId: row.optimization_id,
    name: row.name,
    principal: row.principal,
    strategyId: row.strategy_id,
    files: row.files,
    openedAt: row.opened_at,
    endedAt: row.ended_at,
  });
}
