import type { Kysely } from "kysely";
import type { Profile } from "../../domain/profile.ts";
import { strategySchema, type Strategy } from "../../domain/strategy.ts";
import type { DeskTables } from "./schema.ts";

/** Strategies and the projects they live in. */
export class StrategyStore {
  readonly #database: Kysely<DeskTables>;

  constructor(database: Kysely<DeskTables>) {
    this.#database = database;
  }

  async add(strategy: Strategy): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const { id, name, lifecycle, createdAt } = strategy;
      await transaction.insertInto("strategies").values({ id, name, lifecycle, created_at: createdAt }).execute();
      for (const link of strategy.links) {
        const row = {
          strategy_id: id,
          profile: link.profile,
          organisation: link.organisation,
          project_id: link.projectId,
        };
        await transaction.insertInto("strategy_links").values(row).execute();
      }
    });
  }

  async list(): Promise<Strategy[]> {
    const rows = await this.#database.selectFrom("strategies").selectAll().orderBy("created_at").execute();
    const links = await this.#database.selectFrom("strategy_links").selectAll().execute();
    return rows.map((row) =>
      strategySchema.parse({
        id: row.id,
        name: row.name,
        lifecycle: row.lifecycle,
        createdAt: row.created_at,
        links: links
          .filter((link) => link.strategy_id === row.id)
          .map((link) => ({ profile: link.profile, organisation: link.organisation, projectId: link.project_id })),
      }),
    );
  }

  async byId(id: string): Promise<Strategy | undefined> {
    return (await this.list()).find((strategy) => strategy.id === id);
  }

  async byProject(profile: Profile, projectId: number): Promise<Strategy | undefined> {
    return (await this.list()).find((strategy) =>
      strategy.links.some((link) => link.profile === profile && link.projectId === projectId),
    );
  }
}
