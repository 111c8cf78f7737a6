import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely, PostgresDialect, SqliteDialect, type Dialect } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import { Pool, types } from "pg";
import { RefusalError } from "../domain/refusal.ts";
import { openSqlite } from "./sqlite-connection.ts";

/** Where a store lives: a SQLite file, or a Postgres database (a schema of its own keeps tests apart). */
export type DatabaseLocation =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: string; readonly schema?: string };

/** Migrations by name, applied in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>;

function dialectOf(location: DatabaseLocation): Dialect {
  if (location.kind === "sqlite") {
    mkdirSync(dirname(location.file), { recursive: true, mode: 0o700 });
    return new SqliteDialect({ database: openSqlite(location.file) });
  }
  return new PostgresDialect({
    pool: new Pool({
      connectionString: location.url,
      max: 8,
      ...(location.schema === undefined ? {} : { options: `-c search_path=${location.schema}` }),
      // Integer microseconds and counters stay far below 2^53, so they are numbers in both dialects.
      types: {
        getTypeParser: (oid, format): unknown =>
          oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
      },
    }),
  });
}

function openingFailed(location: DatabaseLocation, error: unknown): RefusalError {
  const reason = error instanceof Error ? error.message : String(error);
  const where = location.kind === "sqlite" ? location.file : "the Postgres database of DATABASE_URL";
  return new RefusalError(
    {
      code: "STORE_UNAVAILABLE",
      message: `cannot open the store ${where}: ${reason}`,
      remedy:
        location.kind === "sqlite"
          ? "make the data directory writable, free disk space, or choose another one with --data-dir"
          : "check that the database runs and that DATABASE_URL names it",
    },
    { cause: error },
  );
}

/** What Postgres says of a schema that somebody else drops while the migrator looks over all of them. */
const VANISHED = new Set(["3F000", "42703", "42P01"]);
const LOOKS = 5;

async function migrated(migrator: Migrator): Promise<void> {
  for (let look = 1; ; look += 1) {
    const { error } = await migrator.migrateToLatest().catch((thrown: unknown) => ({ error: thrown }));
    if (error === undefined) return;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (look === LOOKS || typeof code !== "string" || !VANISHED.has(code)) throw error;
  }
}

/**
 * Opens a database and brings its schema up to date. Nothing stays open when that fails.
 * @throws RefusalError `STORE_UNAVAILABLE` where the database cannot be opened or migrated.
 */
export async function openDatabase<Tables>(
  location: DatabaseLocation,
  migrations: Migrations,
): Promise<Kysely<Tables>> {
  let database: Kysely<Tables> | undefined;
  try {
    database = new Kysely<Tables>({ dialect: dialectOf(location) });
    const migrator = new Migrator({
      db: database,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
      // Without a name it looks for its tables in all schemas, and takes those of a neighbour for its own.
      ...(location.kind === "postgres" && location.schema !== undefined
        ? { migrationTableSchema: location.schema }
        : {}),
    });
    await migrated(migrator);
    return database;
  } catch (error) {
    await database?.destroy().catch(() => undefined);
    throw openingFailed(location, error);
  }
}
