import type { Kysely } from "kysely";
import type { Artifacts } from "../artifacts.ts";
import type { CloudTables } from "./schema.ts";

/** Rows of one statement. */
const CHUNK = 400;

/**
 * The artifacts of the cloud, shared by all that are equal, and removed when nothing refers to them.
 *
 * 1. Whoever writes a content and the row that names it does both in `exclusive`.
 * 2. Whoever removes such a row notes the hash in `artifact_trash` in the same transaction, so that a crash loses none.
 * 3. `sweep` runs in `exclusive`, too: no content goes between its writing and its row.
 */
export class ArtifactShelf {
  readonly files: Artifacts;
  readonly #database: Kysely<CloudTables>;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(database: Kysely<CloudTables>, files: Artifacts) {
    this.#database = database;
    this.files = files;
  }

  /** Runs works of this kind one after the other. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Removes what was discarded and is used by nothing any more. */
  async sweep(): Promise<void> {
    for (;;) {
      const batch = await this.#database.selectFrom("artifact_trash").select("hash").limit(50).execute();
      if (batch.length === 0) return;
      await this.exclusive(async () => {
        for (const { hash } of batch) {
          if (!(await this.#isUsed(hash))) await this.files.remove(hash);
          await this.#database.deleteFrom("artifact_trash").where("hash", "=", hash).execute();
        }
      });
    }
  }

  async #isUsed(hash: string): Promise<boolean> {
    const database = this.#database;
    const uses = await database
      .selectFrom("backtest_artifacts")
      .select("hash")
      .where("hash", "=", hash)
      .union(database.selectFrom("objects").select("hash").where("hash", "=", hash))
      .union(database.selectFrom("compiles").select("files_artifact as hash").where("files_artifact", "=", hash))
      .union(database.selectFrom("backtests").select("files_artifact as hash").where("files_artifact", "=", hash))
      .execute();
    return uses.length > 0;
  }
}

/** Notes hashes whose rows the same transaction removes. */
export async function discard(database: Kysely<CloudTables>, hashes: readonly string[]): Promise<void> {
  const unique = [...new Set(hashes)];
  for (let at = 0; at < unique.length; at += CHUNK) {
    const rows = unique.slice(at, at + CHUNK).map((hash) => ({ hash }));
    const insert = database.insertInto("artifact_trash").values(rows);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
}

/** Removes backtests with what they own, and gives how many there were. Their results go with the next sweep. */
export async function deleteBacktests(database: Kysely<CloudTables>, ids: readonly string[]): Promise<number> {
  let deleted = 0;
  for (let at = 0; at < ids.length; at += CHUNK) {
    const some = ids.slice(at, at + CHUNK);
    const results = await database
      .selectFrom("backtest_artifacts")
      .select("hash")
      .where("backtest_id", "in", some)
      .execute();
    const files = await database
      .selectFrom("backtests")
      .select("files_artifact as hash")
      .where("backtest_id", "in", some)
      .execute();
    await discard(
      database,
      [...results, ...files].map(({ hash }) => hash),
    );
    await database.deleteFrom("backtest_artifacts").where("backtest_id", "in", some).execute();
    const done = await database.deleteFrom("backtests").where("backtest_id", "in", some).executeTakeFirst();
    deleted += Number(done.numDeletedRows);
  }
  return deleted;
}
