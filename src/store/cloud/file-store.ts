import type { Kysely, Transaction } from "kysely";
import type { CloudTables } from "./schema.ts";

export interface CloudFile {
  readonly name: string;
  readonly content: string;
  readonly modified: number;
}

/** What happens to one file: a text makes or replaces it, null removes it. */
export type FileChanges = Readonly<Record<string, string | null>>;

/** Files of the projects. */
export class FileStore {
  readonly #database: Kysely<CloudTables>;

  constructor(database: Kysely<CloudTables>) {
    this.#database = database;
  }

  /** All files of a project by name. */
  async list(projectId: number): Promise<CloudFile[]> {
    return this.#database
      .selectFrom("files")
      .select(["name", "content", "modified"])
      .where("project_id", "=", projectId)
      .orderBy("name")
      .execute();
  }

  async read(projectId: number, name: string): Promise<CloudFile | undefined> {
    return this.#database
      .selectFrom("files")
      .select(["name", "content", "modified"])
      .where("project_id", "=", projectId)
      .where("name", "=", name)
      .executeTakeFirst();
  }

  /** Carries out all changes or none. */
  async change(projectId: number, changes: FileChanges, now: number): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      for (const [name, content] of Object.entries(changes)) {
        await changeOne(transaction, { projectId, name, content, now });
      }
      await transaction.updateTable("projects").set({ modified: now }).where("project_id", "=", projectId).execute();
    });
  }
}

interface OneChange {
  readonly projectId: number;
  readonly name: string;
  readonly content: string | null;
  readonly now: number;
}

async function changeOne(transaction: Transaction<CloudTables>, change: OneChange): Promise<void> {
  const { projectId, name, content, now } = change;
  if (content === null) {
    await transaction.deleteFrom("files").where("project_id", "=", projectId).where("name", "=", name).execute();
    return;
  }
  await transaction
    .insertInto("files")
    .values({ project_id: projectId, name, content, created: now, modified: now })
    .onConflict((conflict) => conflict.columns(["project_id", "name"]).doUpdateSet({ content, modified: now }))
    .execute();
}
