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

/** The files of a project before a compile: their hash, and how often they had been edited. */
export interface BeforeCompile {
  readonly artefact: string;
  readonly edits: number;
}

/**
 * Knows what a compile contains. A deployment runs a compile, not the files that the approver could look at: only
 * where both are the same, an approval of the files is one of what will run.
 */
export class CompileBook {
  readonly #store: CompileStore;
  readonly #files: (projectId: number) => Promise<Body>;
  /** By project: edits under way, and how many began or ended. */
  readonly #edits = new Map<number, { under: number; count: number }>();

  constructor(store: CompileStore, files: (projectId: number) => Promise<Body>) {
    this.#store = store;
    this.#files = files;
  }

  /** Hash of the files of a project now. */
  async now(projectId: number): Promise<string> {
    return artefactHash(filesOf(await this.#files(projectId)), {});
  }

  /** Makes an edit of a project's files. */
  async editing<T>(projectId: unknown, work: () => Promise<T>): Promise<T> {
    if (typeof projectId !== "number") return work();
    const edits = this.#edits.get(projectId) ?? { under: 0, count: 0 };
    this.#edits.set(projectId, edits);
    edits.under += 1;
    edits.count += 1;
    try {
      return await work();
    } finally {
      edits.under -= 1;
      edits.count += 1;
    }
  }

  /** What is known before a compile is asked for; undefined where its files are being edited. */
  async before(projectId: number): Promise<BeforeCompile | undefined> {
    const edits = this.#quiet(projectId);
    return edits === undefined ? undefined : { artefact: await this.now(projectId), edits };
  }

  /**
   * Remembers a compile of which the files before and after are known to be the same. Where they were edited meanwhile
   * they may have been others in between.
   */
  async compiled(projectId: number, { artefact, edits }: BeforeCompile, body: Body): Promise<void> {
    const { compileId } = compiledSchema.parse(body);
    if ((await this.now(projectId)) !== artefact || this.#quiet(projectId) !== edits) return;
    await this.#store.add({ compileId, projectId, artefact });
  }

  #quiet(projectId: number): number | undefined {
    const { under, count } = this.#edits.get(projectId) ?? { under: 0, count: 0 };
    return under === 0 ? count : undefined;
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
