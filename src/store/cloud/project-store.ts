import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { deleteBacktests, discard } from "./artifact-shelf.ts";
import type { CloudTables } from "./schema.ts";

export interface CloudProject {
  readonly projectId: number;
  readonly name: string;
  readonly description: string;
  readonly language: "Py" | "C#";
  readonly created: number;
  readonly modified: number;
  readonly nodes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Projects that it uses as libraries. */
  readonly libraries: readonly number[];
  /** The `codeSourceId` that holds the lock for editing. */
  readonly lockHolder: string | undefined;
  readonly leanVersion: number;
  readonly leanEnvironment: number;
}

export interface NewProject {
  readonly name: string;
  readonly language: "Py" | "C#";
  readonly files: Readonly<Record<string, string>>;
  readonly now: number;
}

export interface ProjectChange {
  readonly name?: string;
  readonly description?: string;
  readonly nodes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly libraries?: readonly number[];
  readonly lockHolder?: string;
  readonly leanVersion?: number;
  readonly leanEnvironment?: number;
}

const FIRST_PROJECT_ID = 10_000_001;
const languageSchema = z.enum(["Py", "C#"]);
const nodesSchema = z.array(z.string());
const librariesSchema = z.array(z.int());
const parametersSchema = z.record(z.string(), z.string());

/** Projects of the local cloud. Deleted ones are not found by any method. */
export class ProjectStore {
  readonly #database: Kysely<CloudTables>;

  constructor(database: Kysely<CloudTables>) {
    this.#database = database;
  }

  /** Adds a project with its files. A name in use gets the first free number behind it. */
  async create({ name, language, files, now }: NewProject): Promise<CloudProject> {
    return this.#database.transaction().execute(async (transaction) => {
      const { last } = await transaction
        .selectFrom("projects")
        .select(({ fn }) => fn.max("project_id").as("last"))
        .executeTakeFirstOrThrow();
      const row = {
        project_id: (last ?? FIRST_PROJECT_ID - 1) + 1,
        name: await freeName(transaction, name),
        description: "",
        language,
        created: now,
        modified: now,
        deleted: null,
        nodes: "[]",
        parameters: "{}",
        libraries: "[]",
        lock_holder: null,
        lean_version: 1,
        lean_environment: 1,
      };
      await transaction.insertInto("projects").values(row).execute();
      for (const [file, content] of Object.entries(files)) {
        const values = { project_id: row.project_id, name: file, content, created: now, modified: now };
        await transaction.insertInto("files").values(values).execute();
      }
      return projectOf(row);
    });
  }

  async byId(projectId: number): Promise<CloudProject | undefined> {
    const row = await this.#database
      .selectFrom("projects")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("deleted", "is", null)
      .executeTakeFirst();
    return row === undefined ? undefined : projectOf(row);
  }

  async byName(name: string): Promise<CloudProject | undefined> {
    const row = await this.#database
      .selectFrom("projects")
      .selectAll()
      .where("name", "=", name)
      .where("deleted", "is", null)
      .executeTakeFirst();
    return row === undefined ? undefined : projectOf(row);
  }

  /** Newest change first; `start` inclusive, `end` exclusive. */
  async list(range: { readonly start: number; readonly end?: number }): Promise<CloudProject[]> {
    const rows = await this.#database
      .selectFrom("projects")
      .selectAll()
      .where("deleted", "is", null)
      .orderBy("modified", "desc")
      .orderBy("project_id", "desc")
      .limit(range.end === undefined ? Number.MAX_SAFE_INTEGER : range.end - range.start)
      .offset(range.start)
      .execute();
    return rows.map(projectOf);
  }

  async update(projectId: number, change: ProjectChange, now: number): Promise<void> {
    const { name, description, nodes, parameters, libraries, lockHolder, leanVersion, leanEnvironment } = change;
    await this.#database
      .updateTable("projects")
      .set({
        modified: now,
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(nodes === undefined ? {} : { nodes: JSON.stringify(nodes) }),
        ...(parameters === undefined ? {} : { parameters: JSON.stringify(parameters) }),
        ...(libraries === undefined ? {} : { libraries: JSON.stringify(libraries) }),
        ...(lockHolder === undefined ? {} : { lock_holder: lockHolder }),
        ...(leanVersion === undefined ? {} : { lean_version: leanVersion }),
        ...(leanEnvironment === undefined ? {} : { lean_environment: leanEnvironment }),
      })
      .where("project_id", "=", projectId)
      .execute();
  }

  /**
   * Hides the project and removes its compiles, backtests and optimisations; gives the ids of the backtests that were
   * waiting or running.
   */
  async delete(projectId: number, now: number): Promise<string[]> {
    return this.#database.transaction().execute(async (transaction) => {
      await transaction.updateTable("projects").set({ deleted: now }).where("project_id", "=", projectId).execute();
      const all = await transaction
        .selectFrom("backtests")
        .select(["backtest_id", "state"])
        .where("project_id", "=", projectId)
        .execute();
      const ids = all.map(({ backtest_id }) => backtest_id);
      await deleteBacktests(transaction, ids);
      await transaction.deleteFrom("optimizations").where("project_id", "=", projectId).execute();
      const compiles = await transaction
        .selectFrom("compiles")
        .select("files_artifact")
        .distinct()
        .where("project_id", "=", projectId)
        .execute();
      await discard(
        transaction,
        compiles.map(({ files_artifact }) => files_artifact),
      );
      await transaction.deleteFrom("compiles").where("project_id", "=", projectId).execute();
      const isOpen = ({ state }: { readonly state: string }): boolean => state === "queued" || state === "running";
      return all.filter(isOpen).map(({ backtest_id }) => backtest_id);
    });
  }
}

async function freeName(database: Kysely<CloudTables>, wanted: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const name = number === 0 ? wanted : `${wanted} ${number}`;
    const taken = await database
      .selectFrom("projects")
      .select("project_id")
      .where("name", "=", name)
      .where("deleted", "is", null)
      .executeTakeFirst();
    if (taken === undefined) return name;
  }
}

function projectOf(row: Selectable<CloudTables["projects"]>): CloudProject {
  return {
    projectId: row.project_id,
    name: row.name,
    description: row.description,
    language: languageSchema.parse(row.language),
    created: row.created,
    modified: row.modified,
    nodes: nodesSchema.parse(JSON.parse(row.nodes)),
    parameters: parametersSchema.parse(JSON.parse(row.parameters)),
    libraries: librariesSchema.parse(JSON.parse(row.libraries)),
    lockHolder: row.lock_holder ?? undefined,
    leanVersion: row.lean_version,
    leanEnvironment: row.lean_environment,
  };
}
