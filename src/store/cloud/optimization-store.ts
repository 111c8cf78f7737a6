import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { deleteBacktests } from "./artifact-shelf.ts";
import type { CloudTables } from "./schema.ts";

const statusSchema = z.enum(["new", "running", "completed", "aborted"]);
const parameterSchema = z.object({
  name: z.string(),
  min: z.number(),
  max: z.number(),
  step: z.number(),
  minStep: z.number().optional(),
});
const planSchema = z.object({
  strategy: z.string(),
  target: z.string(),
  extremum: z.enum(["min", "max"]),
  targetValue: z.number().optional(),
  parameters: z.array(parameterSchema),
  constraints: z.array(z.object({ target: z.string(), operator: z.string(), targetValue: z.number() })),
  nodeType: z.string(),
  parallelNodes: z.int(),
  /** Parameters of the project when the optimisation began, which each point gets, too. */
  baseParameters: z.record(z.string(), z.string()),
});

export type OptimizationPlan = z.infer<typeof planSchema>;

const bestSchema = z.object({ psr: z.number().nullable(), sharpeRatio: z.number().nullable(), trades: z.number() });

/** What lists show of the best point. */
export type OptimizationBest = z.infer<typeof bestSchema>;

export interface CloudOptimization {
  readonly optimizationId: string;
  readonly projectId: number;
  readonly compileId: string;
  readonly name: string;
  readonly status: z.infer<typeof statusSchema>;
  readonly created: number;
  readonly finished: number | undefined;
  readonly plan: OptimizationPlan;
  /** Of the points that have ended; null where none counts yet, undefined where it has to be looked for. */
  readonly best: OptimizationBest | null | undefined;
}

/** Optimisations; their points are backtests. An optimisation goes `new → running → completed | aborted`. */
export class OptimizationStore {
  readonly #database: Kysely<CloudTables>;

  constructor(database: Kysely<CloudTables>) {
    this.#database = database;
  }

  async create(optimization: Omit<CloudOptimization, "status" | "finished" | "best">): Promise<void> {
    const row = {
      optimization_id: optimization.optimizationId,
      project_id: optimization.projectId,
      compile_id: optimization.compileId,
      name: optimization.name,
      status: "new",
      created: optimization.created,
      finished: null,
      plan: JSON.stringify(optimization.plan),
      best: "null",
    };
    await this.#database.insertInto("optimizations").values(row).execute();
  }

  async byId(optimizationId: string): Promise<CloudOptimization | undefined> {
    const row = await this.#database
      .selectFrom("optimizations")
      .selectAll()
      .where("optimization_id", "=", optimizationId)
      .executeTakeFirst();
    return row === undefined ? undefined : optimizationOf(row);
  }

  /** Newest first. */
  async list(projectId: number): Promise<CloudOptimization[]> {
    const rows = await this.#database
      .selectFrom("optimizations")
      .selectAll()
      .where("project_id", "=", projectId)
      .orderBy("created", "desc")
      .execute();
    return rows.map(optimizationOf);
  }

  /** Those that have not ended. */
  async open(): Promise<CloudOptimization[]> {
    const rows = await this.#database
      .selectFrom("optimizations")
      .selectAll()
      .where("status", "in", ["new", "running"])
      .orderBy("created")
      .execute();
    return rows.map(optimizationOf);
  }

  async rename(optimizationId: string, name: string): Promise<void> {
    const change = this.#database.updateTable("optimizations").set({ name });
    await change.where("optimization_id", "=", optimizationId).execute();
  }

  /** Keeps the best point as lists show it; undefined forgets it. */
  async saveBest(optimizationId: string, best: OptimizationBest | null | undefined): Promise<void> {
    const change = this.#database
      .updateTable("optimizations")
      .set({ best: best === undefined ? null : JSON.stringify(best) });
    await change.where("optimization_id", "=", optimizationId).execute();
  }

  async begin(optimizationId: string): Promise<void> {
    await this.#database
      .updateTable("optimizations")
      .set({ status: "running" })
      .where("optimization_id", "=", optimizationId)
      .where("status", "=", "new")
      .execute();
  }

  async complete(optimizationId: string, now: number): Promise<void> {
    await this.#end(this.#database, optimizationId, { status: "completed", finished: now });
  }

  /**
   * Ends an optimisation before its end: points that wait are removed, those that run count as failed. Gives the ids of
   * those that ran; undefined when it had ended before.
   */
  async abort(optimizationId: string, now: number): Promise<string[] | undefined> {
    return this.#database.transaction().execute(async (transaction) => {
      if (!(await this.#end(transaction, optimizationId, { status: "aborted", finished: now }))) return undefined;
      const open = await transaction
        .selectFrom("backtests")
        .select(["backtest_id", "state"])
        .where("optimization_id", "=", optimizationId)
        .where("state", "in", ["queued", "running"])
        .execute();
      const ids = (state: string): string[] =>
        open.filter((row) => row.state === state).map(({ backtest_id }) => backtest_id);
      await deleteBacktests(transaction, ids("queued"));
      const running = ids("running");
      if (running.length > 0) {
        await transaction
          .updateTable("backtests")
          .set({ state: "error", finished: now, progress: 1, error: "The optimization was aborted.", stacktrace: "" })
          .where("backtest_id", "in", running)
          .execute();
      }
      return running;
    });
  }

  /** Removes an optimisation with its points; gives the ids of the points that waited or ran. */
  async delete(optimizationId: string): Promise<string[]> {
    return this.#database.transaction().execute(async (transaction) => {
      const points = await transaction
        .selectFrom("backtests")
        .select(["backtest_id", "state"])
        .where("optimization_id", "=", optimizationId)
        .execute();
      await deleteBacktests(
        transaction,
        points.map(({ backtest_id }) => backtest_id),
      );
      await transaction.deleteFrom("optimizations").where("optimization_id", "=", optimizationId).execute();
      return points
        .filter(({ state }) => state === "queued" || state === "running")
        .map(({ backtest_id }) => backtest_id);
    });
  }

  async #end(
    database: Kysely<CloudTables>,
    optimizationId: string,
    values: { readonly status: "completed" | "aborted"; readonly finished: number },
  ): Promise<boolean> {
    const done = await database
      .updateTable("optimizations")
      .set(values)
      .where("optimization_id", "=", optimizationId)
      .where("status", "in", ["new", "running"])
      .executeTakeFirst();
    return Number(done.numUpdatedRows) > 0;
  }
}

function optimizationOf(row: Selectable<CloudTables["optimizations"]>): CloudOptimization {
  return {
    optimizationId: row.optimization_id,
    projectId: row.project_id,
    compileId: row.compile_id,
    name: row.name,
    status: statusSchema.parse(row.status),
    created: row.created,
    finished: row.finished ?? undefined,
    plan: planSchema.parse(JSON.parse(row.plan)),
    best: row.best === null ? undefined : bestSchema.nullable().parse(JSON.parse(row.best)),
  };
}
