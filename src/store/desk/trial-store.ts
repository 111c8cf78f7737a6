import type { Kysely } from "kysely";
import { parseJson } from "../../domain/parse-json.ts";
import { trialSchema, type Trial, type TrialState } from "../../domain/trial.ts";
import type { PointTrial, TrialBook, TrialEnd } from "../../gateway/trial-book.ts";
import type { DeskTables } from "./schema.ts";
import { trialOf, trialRow } from "./trial-row.ts";

const pointSchema = trialSchema.pick({ id: true, state: true, backtestId: true, parameters: true });

/** The ledger of trials. Nothing is ever deleted from it: states move forward from `open`. */
export class TrialStore implements TrialBook {
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
  async close(id: string, end: TrialEnd): Promise<void> {
    await this.#database
      .updateTable("trials")
      .set(endColumns(end))
      .where("id", "=", id)
      .where("state", "=", "open")
      .execute();
  }

  /** Open trials of backtests that were asked for one by one; those of an optimisation are watched with it. */
  async open(): Promise<Trial[]> {
    const optimized = this.#database.selectFrom("optimizations").select("call_id");
    const rows = await this.#database
      .selectFrom("trials")
      .selectAll()
      .where("state", "=", "open")
      .where("call_id", "not in", optimized)
      .orderBy("opened_at")
      .execute();
    return rows.map(trialOf);
  }

  async pointsOf(callId: string): Promise<PointTrial[]> {
    const rows = await this.#database
      .selectFrom("trials")
      .select(["id", "state", "backtest_id", "parameters"])
      .where("call_id", "=", callId)
      .orderBy("opened_at")
      .execute();
    return rows.map(({ id, state, backtest_id: backtestId, parameters }) =>
      pointSchema.parse({ id, state, backtestId, parameters: parseJson(parameters) }),
    );
  }

  /** Notes which backtests are which points, all or none; a trial that has a backtest keeps it. */
  async matched(matches: readonly { readonly id: string; readonly backtestId: string }[]): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      for (const { id, backtestId } of matches) {
        const change = transaction.updateTable("trials").set({ backtest_id: backtestId });
        await change.where("id", "=", id).where("backtest_id", "is", null).execute();
      }
    });
  }

  async closePoints(callId: string, end: TrialEnd, which: "all" | "unmatched"): Promise<void> {
    let change = this.#database.updateTable("trials").set(endColumns(end));
    change = change.where("call_id", "=", callId).where("state", "=", "open");
    if (which === "unmatched") change = change.where("backtest_id", "is", null);
    await change.execute();
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

  /** Trials in the order they were opened, newest last, of one strategy, of one project, in one state, or all. */
  async list(
    filter: {
      readonly strategyId?: string;
      readonly profile?: string;
      readonly projectId?: number;
      readonly state?: TrialState;
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
    if (filter.state !== undefined) query = query.where("state", "=", filter.state);
    return (await query.execute()).reverse().map(trialOf);
  }
}

function endColumns({ state, at, result, rawArtifact }: TrialEnd): {
  readonly state: string;
  readonly closed_at: number;
  readonly result: string | null;
  readonly raw_artifact: string | null;
} {
  return {
    state,
    closed_at: at,
    result: result === null ? null : JSON.stringify(result),
    raw_artifact: rawArtifact,
  };
}
