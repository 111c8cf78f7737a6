import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import { compileReportSchema, type CompileReport } from "../../lean/compile-report.ts";
import type { Artifacts } from "../artifacts.ts";
import type { ArtifactShelf } from "./artifact-shelf.ts";
import type { CloudTables } from "./schema.ts";

const stateSchema = z.enum(["queued", "running", "success", "error"]);
const filesSchema = z.record(z.string(), z.string());

export interface CloudCompile {
  readonly compileId: string;
  readonly projectId: number;
  readonly state: z.infer<typeof stateSchema>;
  readonly created: number;
  readonly signature: string;
  readonly fileNames: readonly string[];
  readonly report: CompileReport | undefined;
}

export interface NewCompile {
  readonly compileId: string;
  readonly projectId: number;
  readonly signature: string;
  readonly files: Readonly<Record<string, string>>;
  readonly now: number;
  /** What is known without a compiler; such a compile never waits. */
  readonly report?: CompileReport;
}

/** Compiles, which keep the files they were made of, and the queue of those to be done. */
export class CompileStore {
  readonly #database: Kysely<CloudTables>;
  readonly #shelf: ArtifactShelf;

  constructor(database: Kysely<CloudTables>, shelf: ArtifactShelf) {
    this.#database = database;
    this.#shelf = shelf;
  }

  async create({ compileId, projectId, signature, files, now, report }: NewCompile): Promise<void> {
    await this.#shelf.exclusive(async () => {
      const row = {
        compile_id: compileId,
        project_id: projectId,
        state: report === undefined ? "queued" : report.ok ? "success" : "error",
        created: now,
        signature,
        file_names: JSON.stringify(Object.keys(files)),
        files_artifact: await this.#shelf.files.put(JSON.stringify(files)),
        report: report === undefined ? null : JSON.stringify(report),
      };
      await this.#database.insertInto("compiles").values(row).execute();
    });
  }

  async byId(projectId: number, compileId: string): Promise<CloudCompile | undefined> {
    const row = await this.#database
      .selectFrom("compiles")
      .selectAll()
      .where("compile_id", "=", compileId)
      .where("project_id", "=", projectId)
      .executeTakeFirst();
    return row === undefined ? undefined : compileOf(row);
  }

  /** Takes the oldest waiting compile. */
  async claimNext(): Promise<
    { compileId: string; projectId: number; files: () => Promise<Record<string, string>> } | undefined
  > {
    const row = await this.#database
      .updateTable("compiles")
      .set({ state: "running" })
      .where("compile_id", "=", (query) =>
        query.selectFrom("compiles").select("compile_id").where("state", "=", "queued").orderBy("created").limit(1),
      )
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      compileId: row.compile_id,
      projectId: row.project_id,
      files: () => readFiles(this.#shelf.files, row.files_artifact),
    };
  }

  async files(compileId: string): Promise<Record<string, string>> {
    const row = await this.#database
      .selectFrom("compiles")
      .select("files_artifact")
      .where("compile_id", "=", compileId)
      .executeTakeFirstOrThrow();
    return readFiles(this.#shelf.files, row.files_artifact);
  }

  async finish(compileId: string, report: CompileReport): Promise<void> {
    await this.#database
      .updateTable("compiles")
      .set({ state: report.ok ? "success" : "error", report: JSON.stringify(report) })
      .where("compile_id", "=", compileId)
      .where("state", "=", "running")
      .execute();
  }

  /** Puts what a dead process had begun back into the queue. */
  async recover(): Promise<void> {
    await this.#database.updateTable("compiles").set({ state: "queued" }).where("state", "=", "running").execute();
  }
}

/** The files behind a compile. They are written before anything refers to them, so a missing one is a fault. */
export async function readFiles(artifacts: Artifacts, hash: string): Promise<Record<string, string>> {
  const text = await artifacts.get(hash);
  if (text === undefined) throw new Error(`the files of a compile are gone: artifact ${hash}`);
  return filesSchema.parse(JSON.parse(text));
}

function compileOf(row: Selectable<CloudTables["compiles"]>): CloudCompile {
  return {
    compileId: row.compile_id,
    projectId: row.project_id,
    state: stateSchema.parse(row.state),
    created: row.created,
    signature: row.signature,
    fileNames: z.array(z.string()).parse(JSON.parse(row.file_names)),
    report: row.report === null ? undefined : compileReportSchema.parse(JSON.parse(row.report)),
  };
}
