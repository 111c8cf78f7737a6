import { sql, type Kysely } from "kysely";
import type { Migrations } from "../database.ts";

/** First schema of the local cloud's store. */
async function initial(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table projects (project_id bigint primary key, name text not null, description text not null,
       language text not null, created bigint not null, modified bigint not null, deleted bigint, nodes text not null,
       parameters text not null)`,
    `create index projects_modified on projects (deleted, modified)`,
    `create unique index projects_name on projects (name) where deleted is null`,
    `create table files (project_id bigint not null references projects (project_id), name text not null,
       content text not null, created bigint not null, modified bigint not null, primary key (project_id, name))`,
    `create table compiles (compile_id text primary key, project_id bigint not null references projects (project_id),
       state text not null, created bigint not null, signature text not null, file_names text not null,
       files_artifact text not null, report text)`,
    `create index compiles_queue on compiles (state, created)`,
    `create table backtests (backtest_id text primary key,
       project_id bigint not null references projects (project_id), compile_id text not null,
       files_artifact text not null, name text not null, note text not null, state text not null,
       created bigint not null, started bigint, finished bigint, progress double precision not null,
       progress_date text, attempts bigint not null, parameters text not null, parameter_set text not null, error text,
       stacktrace text, summary text, artifacts text)`,
    `create index backtests_queue on backtests (state, created)`,
    `create index backtests_project on backtests (project_id, created)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

export const cloudMigrations: Migrations = { "0001-initial": { up: initial } };
