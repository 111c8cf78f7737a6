import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../make-folder.ts";
import type { SandboxInstallation } from "./installation.ts";
import { SandboxProcess } from "./sandbox-process.ts";
import type { SpawnSettings } from "./sandbox-process.ts";

const MAKE_TIMEOUT = 60_000;

/** Keeps the interpreter's memory snapshot in a folder, under a name that says what it was made from. */
export class SnapshotCache {
  readonly #folder: string;
  readonly #installation: SandboxInstallation;
  readonly #spawn: Omit<SpawnSettings, "program" | "paths">;
  readonly #log: (message: string) => void;
  #file: Promise<string | undefined> | undefined;
  #maker: SandboxProcess | undefined;

  constructor(options: {
    readonly folder: string;
    readonly installation: SandboxInstallation;
    readonly spawn: Omit<SpawnSettings, "program" | "paths">;
    readonly log: (message: string) => void;
  }) {
    this.#folder = options.folder;
    this.#installation = options.installation;
    this.#spawn = options.spawn;
    this.#log = options.log;
  }

  /** The snapshot's path, made first if need be; undefined where none can be made, and sandboxes start without. */
  file(): Promise<string | undefined> {
    this.#file ??= this.#find().catch((error: unknown) => {
      this.#log(
        `sandbox: no memory snapshot could be made, so each start takes seconds: ${String(error).slice(0, 500)}`,
      );
      return undefined;
    });
    return this.#file;
  }

  /** Takes away a snapshot that could not be loaded, so that the next start makes it anew. */
  discard(file: string): void {
    rmSync(file, { force: true });
    this.#file = undefined;
  }

  /** Ends the making of a snapshot, if one is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#maker?.kill();
    await this.#file;
  }

  async #find(): Promise<string> {
    makeFolder(this.#folder, 0o777);
    const file = join(realpathSync(this.#folder), `pyodide-${this.#key()}.snapshot`);
    if (!existsSync(file)) await this.#make(file);
    return file;
  }

  /** A child of its own writes to a name of its own; whoever is first gives it the final name. */
  async #make(file: string): Promise<void> {
    const target = `${file}.${randomUUID()}.tmp`;
    const { program, codePaths, pyodideFolder, pythonFolder } = this.#installation;
    const child = new SandboxProcess({ ...this.#spawn, program, paths: { read: codePaths, write: [target] } });
    this.#maker = child;
    const timer = setTimeout(() => void child.kill(), MAKE_TIMEOUT);
    try {
      await child.ask({ type: "snapshot", pyodideFolder: `${pyodideFolder}/`, pythonFolder, target }, "written");
      renameSync(target, file);
    } finally {
      clearTimeout(timer);
      await child.kill();
      rmSync(target, { force: true });
    }
  }

  /** Changes with Pyodide's version, how it is loaded, our Python sources and the Node that made it. */
  #key(): string {
    const { program, pyodideFolder, pythonFolder } = this.#installation;
    const hash = createHash("sha256").update(readFileSync(join(pyodideFolder, "package.json")));
    hash.update(readFileSync(join(pyodideFolder, "pyodide-lock.json"))).update(this.#spawn.nodePath);
    hash.update(readFileSync(join(dirname(program), "interpreter.js")));
    const sources = readdirSync(pythonFolder, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".py"),
    );
    for (const path of sources.sort()) hash.update(path).update(readFileSync(join(pythonFolder, path)));
    return hash.digest("hex").slice(0, 24);
  }
}
