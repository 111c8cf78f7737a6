import type { Kysely, Selectable } from "kysely";
import type { CloudTables } from "./schema.ts";

export interface Collaborator {
  readonly userId: string;
  readonly liveControl: boolean;
  readonly write: boolean;
}

/** Who beside the owner has access to a project. */
export class CollaboratorStore {
  readonly #database: Kysely<CloudTables>;

  constructor(database: Kysely<CloudTables>) {
    this.#database = database;
  }

  /** In the order they were added. */
  async list(projectId: number): Promise<Collaborator[]> {
    const rows = await this.#database
      .selectFrom("collaborators")
      .selectAll()
      .where("project_id", "=", projectId)
      .orderBy("added")
      .execute();
    return rows.map(collaboratorOf);
  }

  /** Those of all projects that have any. */
  async byProject(): Promise<Map<number, Collaborator[]>> {
    const rows = await this.#database.selectFrom("collaborators").selectAll().orderBy("added").execute();
    const byProject = Map.groupBy(rows, (row) => row.project_id);
    return new Map([...byProject].map(([projectId, own]) => [projectId, own.map(collaboratorOf)]));
  }

  /** Adds a collaborator, or changes what it may do. */
  async put(projectId: number, { userId, liveControl, write }: Collaborator, now: number): Promise<void> {
    const rights = { live_control: Number(liveControl), can_write: Number(write) };
    await this.#database
      .insertInto("collaborators")
      .values({ project_id: projectId, user_id: userId, ...rights, added: now })
      .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doUpdateSet(rights))
      .execute();
  }

  /** Whether there was one to remove. */
  async remove(projectId: number, userId: string): Promise<boolean> {
    const done = await this.#database
      .deleteFrom("collaborators")
      .where("project_id", "=", projectId)
      .where("user_id", "=", userId)
      .executeTakeFirst();
    return Number(done.numDeletedRows) > 0;
  }
}

function collaboratorOf(row: Selectable<CloudTables["collaborators"]>): Collaborator {
  return { userId: row.user_id, liveControl: row.live_control === 1, write: row.can_write === 1 };
}
