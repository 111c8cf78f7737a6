import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** The part of a SQLite driver that kysely asks for. */
interface KyselyStatement {
  readonly reader: boolean;
  all(parameters: ReadonlyArray<unknown>): unknown[];
  run(parameters: ReadonlyArray<unknown>): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(parameters: ReadonlyArray<unknown>): IterableIterator<unknown>;
}

interface KyselyDatabase {
  close(): void;
  prepare(sql: string): KyselyStatement;
}

/** Kysely hands parameters over as `unknown`; its own query builder has made them SQL values. */
function bound(parameters: ReadonlyArray<unknown>): SQLInputValue[] {
  return parameters.map((value) => (typeof value === "boolean" ? Number(value) : value)) as SQLInputValue[];
}

function wrap(statement: StatementSync): KyselyStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bound(parameters)),
    run: (parameters) => statement.run(...bound(parameters)),
    iterate: (parameters) => statement.iterate(...bound(parameters)),
  };
}

/** SQLite ends a transaction itself when the disk is full: rolling back once more would hide that reason. */
function rollback(database: DatabaseSync): KyselyStatement {
  const statement = wrap(database.prepare("rollback"));
  const nothing = { changes: 0, lastInsertRowid: 0 };
  return { ...statement, run: (parameters) => (database.isTransaction ? statement.run(parameters) : nothing) };
}

/**
 * Opens a SQLite file for kysely: write-ahead log, every commit synced to disk, foreign keys on, statements prepared
 * once. Throws node:sqlite's error where the file cannot be opened (read-only folder, full disk, not a database).
 */
export function openSqlite(file: string): KyselyDatabase {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  } catch (error) {
    database.close();
    throw error;
  }
  const prepared = new Map<string, KyselyStatement>();
  return {
    close: () => {
      prepared.clear();
      database.close();
    },
    prepare: (sql) => {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = sql === "rollback" ? rollback(database) : wrap(database.prepare(sql));
      if (prepared.size < 500) prepared.set(sql, statement);
      return statement;
    },
  };
}
