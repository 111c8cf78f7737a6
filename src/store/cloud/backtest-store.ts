import type { Kysely } from "kysely";
import { z } from "zod";
import { type BacktestResult, backtestResultSchema } from "../../lean/backtest-result.ts";
import type { Artifacts } from "../artifacts.ts";
import {
  artifactsSchema,
  backtestOf,
  type CloudBacktest,
  RESULT_PARTS,
  type ResultPart,
  summaryOf,
} from "./backtest-record.ts";
import { readFiles } from "./compile-store.ts";
import type { CloudTables } from "./schema.ts";

export interface NewBacktest {
  readonly backtestId: string;
  readonly projectId: number;
  readonly compileId: string;
  readonly name: string;
  /** What the algorithm reads: the project's own parameters and those of the call, as texts. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly parameterSet: Readonly<Record<string, string | number>>;
  readonly now: number;
}

export interface ClaimedBacktest {
  readonly backtestId: string;
  readonly files: Record<string, string>;
  readonly parameters: Record<string, string>;
}

/** After so many starts that each ended with the death of the process, a backtest counts as failed. */
const MOST_ATTEMPTS = 3;

const partSchemas = backtestResultSchema.pick({
  charts: true,
  orders: true,
  logs: true,
  fills: true,
  dailyReturns: true,
});

/**
 * Backtests, their queue and their results.
 *
 * 1. A backtest goes `queued → running → completed | error`; only `recover` takes it back.
 * 2. Large parts of a result are on disk before the one statement that finishes the backtest names them.
 * 3. That statement asks for state `running`, so a backtest finishes once, and a deleted one never.
 */
export class BacktestStore {
  readonly #database: Kysely<CloudTables>;
  readonly #artifacts: Artifacts;

  constructor(database: Kysely<CloudTables>, artifacts: Artifacts) {
    this.#database = database;
    this.#artifacts = artifacts;
  }

  async create(backtest: NewBacktest): Promise<void> {
    const { files_artifact } = await this.#database
      .selectFrom("compiles")
      .select("files_artifact")
      .where("compile_id", "=", backtest.compileId)
      .executeTakeFirstOrThrow();
    const row = {
      backtest_id: backtest.backtestId,
      project_id: backtest.projectId,
      compile_id: backtest.compileId,
      files_artifact,
      name: backtest.name,
      note: "",
      state: "queued",
      created: backtest.now,
      progress: 0,
      attempts: 0,
      parameters: JSON.stringify(backtest.parameters),
      parameter_set: JSON.stringify(backtest.parameterSet),
    };
    await this.#database.insertInto("backtests").values(row).execute();
  }

  async byId(projectId: number, backtestId: string): Promise<CloudBacktest | undefined> {
    const row = await this.#database
      .selectFrom("backtests")
      .selectAll()
      .where("backtest_id", "=", backtestId)
      .where("project_id", "=", projectId)
      .executeTakeFirst();
    return row === undefined ? undefined : backtestOf(row);
  }

  /** All of a project, newest first. */
  async list(projectId: number): Promise<CloudBacktest[]> {
    const rows = await this.#database
      .selectFrom("backtests")
      .selectAll()
      .where("project_id", "=", projectId)
      .orderBy("created", "desc")
      .execute();
    return rows.map(backtestOf);
  }

  async counts(): Promise<{ queued: number; running: number }> {
    const rows = await this.#database
      .selectFrom("backtests")
      .select(({ fn }) => ["state", fn.countAll<number>().as("count")])
      .where("state", "in", ["queued", "running"])
      .groupBy("state")
      .execute();
    const of = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
    return { queued: of("queued"), running: of("running") };
  }

  async update(backtestId: string, change: { readonly name?: string; readonly note?: string }): Promise<void> {
    if (Object.keys(change).length === 0) return;
    await this.#database.updateTable("backtests").set(change).where("backtest_id", "=", backtestId).execute();
  }

  /** Whether there was one to delete. */
  async delete(backtestId: string): Promise<boolean> {
    const done = await this.#database.deleteFrom("backtests").where("backtest_id", "=", backtestId).executeTakeFirst();
    return Number(done.numDeletedRows) > 0;
  }

  /** Takes the oldest waiting backtest. */
  async claimNext(now: number): Promise<ClaimedBacktest | undefined> {
    const row = await this.#database
      .updateTable("backtests")
      .set(({ eb }) => ({ state: "running", started: now, attempts: eb("attempts", "+", 1) }))
      .where("backtest_id", "=", (query) =>
        query.selectFrom("backtests").select("backtest_id").where("state", "=", "queued").orderBy("created").limit(1),
      )
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      backtestId: row.backtest_id,
      files: await readFiles(this.#artifacts, row.files_artifact),
      parameters: z.record(z.string(), z.string()).parse(JSON.parse(row.parameters)),
    };
  }

  async saveProgress(
    backtestId: string,
    progress: { readonly fraction: number; readonly date: string },
  ): Promise<void> {
    await this.#database
      .updateTable("backtests")
      .set({ progress: progress.fraction, progress_date: progress.date })
      .where("backtest_id", "=", backtestId)
      .where("state", "=", "running")
      .execute();
  }

  /** Records a result, of a completed run or of one with a runtime error. False when the backtest no longer runs. */
  async finish(backtestId: string, result: BacktestResult, now: number): Promise<boolean> {
    const artifacts: Partial<Record<ResultPart, string>> = {};
    for (const part of RESULT_PARTS) artifacts[part] = await this.#artifacts.put(JSON.stringify(result[part]));
    const failed = result.status === "RuntimeError";
    return this.#end(backtestId, {
      state: failed ? "error" : "completed",
      finished: now,
      progress: 1,
      error: failed ? (result.error?.message ?? "The algorithm failed without a message.") : null,
      stacktrace: failed ? (result.error?.stackTrace ?? "") : null,
      summary: JSON.stringify(summaryOf(result)),
      artifacts: JSON.stringify(artifacts),
    });
  }

  /** Records that there is no result. */
  async fail(backtestId: string, error: string, now: number): Promise<boolean> {
    return this.#end(backtestId, { state: "error", finished: now, progress: 1, error, stacktrace: "" });
  }

  async #end(backtestId: string, values: Partial<CloudTables["backtests"]>): Promise<boolean> {
    const done = await this.#database
      .updateTable("backtests")
      .set(values)
      .where("backtest_id", "=", backtestId)
      .where("state", "=", "running")
      .executeTakeFirst();
    return Number(done.numUpdatedRows) > 0;
  }

  /** Puts what a dead process had begun back into the queue; what died too often becomes an error. */
  async recover(now: number): Promise<void> {
    await this.#database
      .updateTable("backtests")
      .set({
        state: "error",
        finished: now,
        error: `The backtest ended the process that ran it ${MOST_ATTEMPTS} times and is not tried again.`,
        stacktrace: "",
      })
      .where("state", "=", "running")
      .where("attempts", ">=", MOST_ATTEMPTS)
      .execute();
    await this.#database
      .updateTable("backtests")
      .set({ state: "queued", progress: 0, progress_date: null })
      .where("state", "=", "running")
      .execute();
  }

  /** A large part of a result; undefined while there is none. */
  async part<Part extends ResultPart>(backtestId: string, part: Part): Promise<BacktestResult[Part] | undefined> {
    const row = await this.#database
      .selectFrom("backtests")
      .select("artifacts")
      .where("backtest_id", "=", backtestId)
      .executeTakeFirst();
    const hash = row?.artifacts === undefined || row.artifacts === null ? undefined : hashOf(row.artifacts, part);
    const text = hash === undefined ? undefined : await this.#artifacts.get(hash);
    if (text === undefined) return undefined;
    // The schema of the part is looked up by its name, which the compiler cannot follow.
    return partSchemas.shape[part].parse(JSON.parse(text)) as BacktestResult[Part];
  }
}

function hashOf(artifacts: string, part: ResultPart): string | undefined {
  return artifactsSchema.parse(JSON.parse(artifacts))[part];
}
