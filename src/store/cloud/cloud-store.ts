import { join } from "node:path";
import { Artifacts } from "../artifacts.ts";
import { openDatabase } from "../database.ts";
import { BacktestStore } from "./backtest-store.ts";
import { CompileStore } from "./compile-store.ts";
import { FileStore } from "./file-store.ts";
import { lockFolder } from "./folder-lock.ts";
import { cloudMigrations } from "./migrations.ts";
import { ProjectStore } from "./project-store.ts";
import type { CloudTables } from "./schema.ts";

/** Everything the local cloud keeps: `cloud.db` and content-addressed results beside it. */
export interface OpenCloudStore extends AsyncDisposable {
  readonly projects: ProjectStore;
  readonly files: FileStore;
  readonly compiles: CompileStore;
  readonly backtests: BacktestStore;
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
    const artifacts = new Artifacts(join(folder, "artifacts"));
    return {
      projects: new ProjectStore(database),
      files: new FileStore(database),
      compiles: new CompileStore(database, artifacts),
      backtests: new BacktestStore(database, artifacts),
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
