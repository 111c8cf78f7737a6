import { join } from "node:path";
import { Artifacts } from "../artifacts.ts";
import { openDatabase } from "../database.ts";
import { ArtifactShelf } from "./artifact-shelf.ts";
import { BacktestStore } from "./backtest-store.ts";
import { CollaboratorStore } from "./collaborator-store.ts";
import { CompileStore } from "./compile-store.ts";
import { FileStore } from "./file-store.ts";
import { lockFolder } from "./folder-lock.ts";
import { cloudMigrations } from "./migrations.ts";
import { ObjectStore } from "./object-store.ts";
import { OptimizationStore } from "./optimization-store.ts";
import { ProjectStore } from "./project-store.ts";
import type { CloudTables } from "./schema.ts";

/** Everything the local cloud keeps: `cloud.db` and content-addressed results beside it. */
export interface OpenCloudStore extends AsyncDisposable {
  readonly projects: ProjectStore;
  readonly files: FileStore;
  readonly compiles: CompileStore;
  readonly backtests: BacktestStore;
  readonly collaborators: CollaboratorStore;
  readonly optimizations: OptimizationStore;
  readonly objects: ObjectStore;
  /** Removes contents that nothing refers to any more. */
  sweep(): Promise<void>;
}

/**
 * Opens the store of the local cloud in a folder, for this process alone.
 * @throws RefusalError `CLOUD_ALREADY_RUNNING` or `STORE_UNAVAILABLE`.
 */
export async function openCloudStore(folder: string): Promise<OpenCloudStore> {
  const lock = lockFolder(folder);
  try {
    const database = await openDatabase<CloudTables>(
      { kind: "sqlite", file: join(folder, "cloud.db") },
      cloudMigrations,
    );
    const shelf = new ArtifactShelf(database, new Artifacts(join(folder, "artifacts")));
    return {
      projects: new ProjectStore(database),
      files: new FileStore(database),
      compiles: new CompileStore(database, shelf),
      backtests: new BacktestStore(database, shelf),
      collaborators: new CollaboratorStore(database),
      optimizations: new OptimizationStore(database),
      objects: new ObjectStore(database, shelf),
      sweep: () => shelf.sweep(),
      async [Symbol.asyncDispose]() {
        try {
          await database.destroy();
        } finally {
          lock[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}
