import type { Kysely } from "kysely";
import { z } from "zod";
import { type BacktestResult, backtestResultSchema } from "../../lean/backtest-result.ts";
import { type ArtifactShelf, deleteBacktests, discard } from "./artifact-shelf.ts";
import { digestOf, type EquityPoints, equityOf } from "./backtest-digest.ts";
import {
  artifactsSchema,
  backtestOf,
  type CloudBacktest,
  LIST_COLUMNS,
  type ListedBacktest,
  listedOf,
  RESULT_PARTS,
  type ResultPart,
  summaryOf,
} from "./backtest-record.ts";
import { readFiles } from "./compile-store.ts";
import { PartCache } from "./part-cache.ts";
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
  /** The optimisation that it is a point of; the same key twice is refused. */
  readonly point?: { readonly optimizationId: string; readonly key: string };
}

export interface ClaimedBacktest {
  readonly backtestId: string;
  readonly projectId: number;
  readonly optimizationId: string | undefined;
  /** Reads the files as they were compiled. */
  readonly files: () => Promise<Record<string, string>>;
  readonly parameters: Record<string, string>;
}

/** After so many starts that each ended with the death of the process, a backtest counts as failed. */
const MOST_ATTEMPTS = 3;
/** Characters of results whose parsed form is kept. */
const CACHED_CHARACTERS = 32_000_000;

const partSchemas = backtestResultSchema.pick({
  charts: true,
  orders: true,
  logs: true,
  fills: true,
  dailyReturns: true,
  insights: true,
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
  readonly #shelf: ArtifactShelf;
  readonly #parts = new PartCache(CACHED_CHARACTERS);

  constructor(database: Kysely<CloudTables>, shelf: ArtifactShelf) {
    this.#database = database;
    this.#shelf = shelf;
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
      tags: "[]",
      optimization_id: backtest.point?.optimizationId ?? null,
      point_key: backtest.point?.key ?? null,
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

  /** All of a project but the points of optimisations, newest first. */
  async list(projectId: number): Promise<ListedBacktest[]> {
    const rows = await this.#database
      .selectFrom("backtests")
      .select(LIST_COLUMNS)
      .where("project_id", "=", projectId)
      .where("optimization_id", "is", null)
      .orderBy("created", "desc")
      .execute();
    return rows.map(listedOf);
  }

  /** The points of an optimisation, oldest first. */
  async points(optimizationId: string): Promise<ListedBacktest[]> {
    const rows = await this.#database
      .selectFrom("backtests")
      .select(LIST_COLUMNS)
      .where("optimization_id", "=", optimizationId)
      .orderBy("created")
      .orderBy("backtest_id")
      .execute();
    return rows.map(listedOf);
  }

  /** A few points of the equity of each ended point of an optimisation, by backtest id. */
  async equities(optimizationId: string): Promise<Map<string, EquityPoints>> {
    const rows = await this.#database
      .selectFrom("backtests")
      .select(["backtest_id", "equity"])
      .where("optimization_id", "=", optimizationId)
      .where("equity", "is not", null)
      .execute();
    return new Map(rows.map((row) => [row.backtest_id, JSON.parse(row.equity ?? "[]") as EquityPoints]));
  }

  /** How many backtests a project has, points of optimisations included. */
  async countOf(projectId: number): Promise<number> {
    const row = await this.#database
      .selectFrom("backtests")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("project_id", "=", projectId)
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /** Seconds that the last completed backtest of a project took. */
  async lastSeconds(projectId: number): Promise<number | undefined> {
    const row = await this.#database
      .selectFrom("backtests")
      .select(["started", "finished"])
      .where("project_id", "=", projectId)
      .where("state", "=", "completed")
      .orderBy("created", "desc")
      .limit(1)
      .executeTakeFirst();
    const { started, finished } = row ?? { started: null, finished: null };
    return started === null || finished === null ? undefined : (finished - started) / 1_000_000;
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

  async update(
    backtestId: string,
    change: { readonly name?: string; readonly note?: string; readonly tags?: readonly string[] },
  ): Promise<void> {
    if (Object.keys(change).length === 0) return;
    const { tags, ...texts } = change;
    const values = { ...texts, ...(tags === undefined ? {} : { tags: JSON.stringify(tags) }) };
    await this.#database.updateTable("backtests").set(values).where("backtest_id", "=", backtestId).execute();
  }

  /** Whether there was one to delete. What only it used goes with the next sweep. */
  async delete(backtestId: string): Promise<boolean> {
    return this.#database
      .transaction()
      .execute(async (transaction) => (await deleteBacktests(transaction, [backtestId])) > 0);
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
      projectId: row.project_id,
      optimizationId: row.optimization_id ?? undefined,
      files: () => readFiles(this.#shelf.files, row.files_artifact),
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
    const failed = result.status === "RuntimeError";
    const summary = summaryOf(result);
    return this.#shelf.exclusive(async () => {
      const artifacts: Partial<Record<ResultPart, string>> = {};
      for (const part of RESULT_PARTS) {
        // Most algorithms have no insights.
        if (result[part] !== undefined) artifacts[part] = await this.#shelf.files.put(JSON.stringify(result[part]));
      }
      const hashes = Object.values(artifacts);
      const values = {
        state: failed ? "error" : "completed",
        finished: now,
        progress: 1,
        error: failed ? (result.error?.message ?? "The algorithm failed without a message.") : null,
        stacktrace: failed ? (result.error?.stackTrace ?? "") : null,
        summary: JSON.stringify(summary),
        artifacts: JSON.stringify(artifacts),
        digest: JSON.stringify(digestOf(summary)),
        equity: JSON.stringify(equityOf(result.charts)),
      };
      return this.#database.transaction().execute(async (transaction) => {
        const ended = await endBacktest(transaction, backtestId, values);
        if (!ended) await discard(transaction, hashes);
        else {
          for (const hash of new Set(hashes)) {
            const insert = transaction.insertInto("backtest_artifacts").values({ backtest_id: backtestId, hash });
            await insert.onConflict((conflict) => conflict.doNothing()).execute();
          }
        }
        return ended;
      });
    });
  }

  /** Records that there is no result. */
  async fail(backtestId: string, error: string, now: number): Promise<boolean> {
    return endBacktest(this.#database, backtestId, {
      state: "error",
      finished: now,
      progress: 1,
      error,
      stacktrace: "",
    });
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
    if (hash === undefined) return undefined;
    const known = this.#parts.get(`${part} ${hash}`);
    // The schema of the part is looked up by its name, which the compiler cannot follow.
    if (known !== undefined) return known as BacktestResult[Part];
    const text = await this.#shelf.files.get(hash);
    if (text === undefined) return undefined;
    const value = partSchemas.shape[part].parse(JSON.parse(text)) as BacktestResult[Part];
    this.#parts.set(`${part} ${hash}`, value, text.length);
    return value;
  }
}

async function endBacktest(
  database: Kysely<CloudTables>,
  backtestId: string,
  values: Partial<CloudTables["backtests"]>,
): Promise<boolean> {
  const done = await database
    .updateTable("backtests")
    .set(values)
    .where("backtest_id", "=", backtestId)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

function hashOf(artifacts: string, part: ResultPart): string | undefined {
  return artifactsSchema.parse(JSON.parse(artifacts))[part];
}
