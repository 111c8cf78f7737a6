import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { Client } from "pg";
import { openDatabase, type DatabaseLocation } from "../../../src/store/database.ts";
import { deskMigrations } from "../../../src/store/desk/migrations.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";

const POSTGRES = process.env["DATABASE_URL_TEST"] ?? "postgres://root@127.0.0.1:5432/test";

/** An empty place for a database, gone after the test. */
export interface TestPlace extends AsyncDisposable {
  readonly location: DatabaseLocation;
  readonly folder: string;
}

async function postgres(sql: string): Promise<void> {
  const client = new Client({ connectionString: POSTGRES, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const postgresAnswers = await postgres("select 1").then(
  () => true,
  () => false,
);

/** Both dialects; `missing` says why one cannot be tested here. */
export const DIALECTS = [
  { dialect: "sqlite" as const, missing: false, name: "SQLite" },
  {
    dialect: "postgres" as const,
    missing: !postgresAnswers,
    name: postgresAnswers ? "Postgres" : "Postgres (skipped: none answers at DATABASE_URL_TEST)",
  },
];

/** Makes a place: a folder, and for Postgres a schema of its own. */
export async function testPlace(dialect: "sqlite" | "postgres"): Promise<TestPlace> {
  const folder = mkdtempSync(join(tmpdir(), "quantwright-store-"));
  const schema = `test_${randomBytes(6).toString("hex")}`;
  if (dialect === "postgres") await postgres(`create schema ${schema}`);
  return {
    folder,
    location:
      dialect === "sqlite"
        ? { kind: "sqlite", file: join(folder, "desk.db") }
        : { kind: "postgres", url: POSTGRES, schema },
    async [Symbol.asyncDispose]() {
      if (dialect === "postgres") await postgres(`drop schema ${schema} cascade`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Opens the desk's store in a place and closes it with the test. */
export async function deskDatabase(
  place: TestPlace,
): Promise<AsyncDisposable & { readonly database: Kysely<DeskTables> }> {
  const database = await openDatabase<DeskTables>(place.location, deskMigrations);
  return { database, [Symbol.asyncDispose]: () => database.destroy() };
}

/** A clock that moves one second with every look. */
export function steppingClock(start = 1_700_000_000_000_000): { now(): number } {
  let at = start;
  return { now: () => (at += 1_000_000) };
}
