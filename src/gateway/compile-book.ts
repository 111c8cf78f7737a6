import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import { artefactHash, filesOf } from "./artefact-hash.ts";

type Body = Readonly<Record<string, unknown>>;

const compiledSchema = z.looseObject({ compileId: z.string() });

/** Keeps which files a compile was made of; both sides of a compile are read, so that a change in between shows. */
export interface CompileStore {
  add(compile: { readonly compileId: string; readonly projectId: number; readonly artefact: string }): Promise<void>;
  artefactOf(compileId: string): Promise<string | undefined>;
}

/**
 * Knows what a compile contains. A deployment runs a compile, not the files that the approver could look at: only
 * where both are the same, an approval of the files is one of what will run.
 */
export class CompileBook {
  readonly #store: CompileStore;
  readonly #files: (projectId: number) => Promise<Body>;

  constructor(store: CompileStore, files: (projectId: number) => Promise<Body>) {
    this.#store = store;
    this.#files = files;
  }

  /** Hash of the files of a project now. */
  async now(projectId: number): Promise<string> {
    return artefactHash(filesOf(await this.#files(projectId)), {});
  }

  /** Remembers a compile of which the files before and after are known to be the same. */
  async compiled(projectId: number, before: string, body: Body): Promise<void> {
    const { compileId } = compiledSchema.parse(body);
    if ((await this.now(projectId)) !== before) return;
    await this.#store.add({ compileId, projectId, artefact: before });
  }

  /**
   * Hash of what a compile contains, which is what the project's files are now.
   * @throws RefusalError `COMPILE_UNKNOWN`, `COMPILE_OUTDATED`.
   */
  async artefact(projectId: number, compileId: string): Promise<string> {
    const compiled = await this.#store.artefactOf(compileId);
    if (compiled === undefined) {
      throw new RefusalError({
        code: "COMPILE_UNKNOWN",
        message: `compile ${compileId.slice(0, 80)} was not made through this desk, so nobody can say what is in it`,
        remedy: "compile the project again (create_compile), then deploy that",
      });
    }
    if (compiled === (await this.now(projectId))) return compiled;
    throw new RefusalError({
      code: "COMPILE_OUTDATED",
      message: `the files of project ${projectId} are not those that compile ${compileId.slice(0, 80)} was made of`,
      remedy: "look at the files, compile them again, then deploy that",
    });
  }
}
