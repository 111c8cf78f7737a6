import type { Kysely, Selectable } from "kysely";
import { parseJson } from "../../domain/parse-json.ts";
import { runSchema, type Run } from "../../domain/run.ts";
import type { DeskTables } from "../desk/schema.ts";

/** Runs as people see them: state, progress and result; every change raises the version and wakes who waits. */
export class RunStore {
  readonly #database: Kysely<DeskTables>;
  readonly #waiters = new Map<string, Set<() => void>>();

  constructor(database: Kysely<DeskTables>) {
    this.#database = database;
  }

  async add(run: Run): Promise<void> {
    await this.#database
      .insertInto("runs")
      .values({
        id: run.id,
        kind: run.kind,
        title: run.title,
        principal: run.principal,
        profile: run.profile,
        state: run.state,
        progress: run.progress,
        note: run.note,
        input: run.input,
        result_artifact: run.resultArtifact,
        error: run.error === null ? null : JSON.stringify(run.error),
        created_at: run.createdAt,
        updated_at: run.updatedAt,
        version: run.version,
      })
      .execute();
  }

  async get(id: string): Promise<Run | undefined> {
    const row = await this.#database.selectFrom("runs").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : runOf(row);
  }

  async list(limit: number): Promise<Run[]> {
    const rows = await this.#database
      .selectFrom("runs")
      .selectAll()
      .orderBy("created_at", "desc")
      .limit(limit)
      .execute();
    return rows.map(runOf);
  }

  async unfinished(): Promise<Run[]> {
    const rows = await this.#database
      .selectFrom("runs")
      .selectAll()
      .where("state", "in", ["queued", "running"])
      .orderBy("created_at")
      .execute();
    return rows.map(runOf);
  }

  /** Changes a run that has not ended; an ended one stays as it is. */
  async change(
    id: string,
    change: Partial<Pick<Run, "state" | "progress" | "note" | "resultArtifact" | "error">> & { readonly at: number },
  ): Promise<void> {
    await this.#database
      .updateTable("runs")
      .set((expression) => ({
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.progress === undefined ? {} : { progress: change.progress }),
        ...(change.note === undefined ? {} : { note: change.note }),
        ...(change.resultArtifact === undefined ? {} : { result_artifact: change.resultArtifact }),
        ...(change.error === undefined ? {} : { error: change.error === null ? null : JSON.stringify(change.error) }),
        updated_at: change.at,
        version: expression("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("state", "in", ["queued", "running"])
      .execute();
    for (const wake of this.#waiters.get(id) ?? []) wake();
  }

  async waitForChange(
    id: string,
    options: { readonly version: number; readonly milliseconds: number; readonly signal?: AbortSignal },
  ): Promise<Run | undefined> {
    const deadline = AbortSignal.timeout(options.milliseconds);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    for (;;) {
      // Listens before it looks, so that no change falls in between.
      const change = this.#listen(id, signal);
      try {
        const run = await this.get(id);
        if (run === undefined || run.version > options.version || signal.aborted) return run;
        await change.happened;
      } finally {
        change.forget();
      }
    }
  }

  #listen(id: string, signal: AbortSignal): { readonly happened: Promise<void>; readonly forget: () => void } {
    const { promise: happened, resolve } = Promise.withResolvers<void>();
    const waiters = this.#waiters.get(id) ?? new Set();
    const wake = (): void => resolve();
    this.#waiters.set(id, waiters.add(wake));
    signal.addEventListener("abort", wake, { once: true });
    const forget = (): void => {
      signal.removeEventListener("abort", wake);
      waiters.delete(wake);
      if (waiters.size === 0) this.#waiters.delete(id);
    };
    return { happened, forget };
  }
}

function runOf(row: Selectable<DeskTables["runs"]>): Run {
  return runSchema.parse({
    id: row.id,
    kind: row.kind,
    title: row.title,
    principal: row.principal,
    profile: row.profile,
    state: row.state,
    progress: row.progress,
    note: row.note,
    input: row.input,
    resultArtifact: row.result_artifact,
    error: row.error === null ? null : parseJson(row.error),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  });
}
