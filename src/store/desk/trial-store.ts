import type { Kysely } from "kysely";
import type { Trial, TrialResult, TrialState } from "../../domain/trial.ts";
import type { DeskTables } from "./schema.ts";
import { trialOf, trialRow } from "./trial-row.ts";

/** The ledger of trials. Nothing is ever deleted from it: states move forward from `open`. */
export class TrialStore {
  readonly #database: Kysely<DeskTables>;

  constructor(database: Kysely<DeskTables>) {
    this.#database = database;
  }

  async add(trial: Trial): Promise<void> {
    await this.#database
      .insertInto("trials")
      .values(trialRow(trial))
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  }

  /** Notes under which id the cloud runs the backtest of an open trial. */
  async started(id: string, backtestId: string): Promise<void> {
    await this.#database.updateTable("trials").set({ backtest_id: backtestId }).where("id", "=", id).execute();
  }

  /** Ends an open trial; an ended one stays as it is, so that two watchers cannot disagree. */
  async close(
    id: string,
    end: { state: Exclude<TrialState, "open">; at: number; result: TrialResult | null; rawArtifact: string | null },
  ): Promise<void> {
    await this.#database
      .updateTable("trials")
      .set({
        state: end.state,
        closed_at: end.at,
        result: end.result === null ? null : JSON.stringify(end.result),
        raw_artifact: end.rawArtifact,
      })
      .where("id", "=", id)
      .where("state", "=", "open")
      .execute();
  }

  async open(): Promise<Trial[]> {
    const rows = await this.#database
      .selectFrom("trials")
      .selectAll()
      .where("state", "=", "open")
      .orderBy("opened_at")
      .execute();
    return rows.map(trialOf);
  }

  async count(): Promise<{ readonly all: number; readonly open: number }> {
    const rows = await this.#database
      .selectFrom("trials")
      .select((expression) => ["state", expression.fn.countAll<number>().as("count")])
      .groupBy("state")
      .execute();
    const open = rows.find(({ state }) => state === "open");
    return { all: rows.reduce((sum, { count }) => sum + count, 0), open: open?.count ?? 0 };
  }

  /** How many trials a strategy has: what was tried counts, not what a list shows. */
  async countOf(strategyId: string): Promise<number> {
    const { count } = await this.#database
      .selectFrom("trials")
      .select((expression) => expression.fn.countAll<number>().as("count"))
      .where("strategy_id", "=", strategyId)
      .executeTakeFirstOrThrow();
    return count;
  }

  async byBacktest(profile: string, backtestId: string): Promise<Trial | undefined> {
    const row = await this.#database
      .selectFrom("trials")
      .selectAll()
      .where("profile", "=", profile)
      .where("backtest_id", "=", backtestId)
      .executeTakeFirst();
    return row === undefined ? undefined : trialOf(row);
  }

  async byId(id: string): Promise<Trial | undefined> {
    const row = await this.#database.selectFrom("trials").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : trialOf(row);
  }

  /** Trials in the order they were opened, newest last, of one strategy, of one project, or all. */
  async list(
    filter: {
      readonly strategyId?: string;
      readonly profile?: string;
      readonly projectId?: number;
      readonly limit?: number;
    } = {},
  ): Promise<Trial[]> {
    let query = this.#database
      .selectFrom("trials")
      .selectAll()
      .orderBy("opened_at", "desc")
      .orderBy("id", "desc")
      .limit(filter.limit ?? 1000);
    if (filter.strategyId !== undefined) query = query.where("strategy_id", "=", filter.strategyId);
    if (filter.profile !== undefined) query = query.where("profile", "=", filter.profile);
    if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
    return (await query.execute()).reverse().map(trialOf);
  }
}
