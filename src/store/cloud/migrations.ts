import { sql, type Kysely } from "kysely";
import type { Migrations } from "../database.ts";
import { digestOf } from "./backtest-digest.ts";
import { resultSummarySchema } from "./backtest-record.ts";

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

/** Collaboration, libraries, optimisations, the object store, and who uses which artifact. */
async function wholeApi(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `alter table projects add column libraries text not null default '[]'`,
    `alter table projects add column lock_holder text`,
    `alter table projects add column lean_version bigint not null default 1`,
    `alter table projects add column lean_environment bigint not null default 1`,
    `create table collaborators (project_id bigint not null references projects (project_id), user_id text not null,
       live_control bigint not null, can_write bigint not null, added bigint not null,
       primary key (project_id, user_id))`,
    `alter table backtests add column digest text`,
    `alter table backtests add column equity text`,
    `alter table backtests add column tags text not null default '[]'`,
    `alter table backtests add column optimization_id text`,
    `alter table backtests add column point_key text`,
    `create unique index backtests_point on backtests (optimization_id, point_key) where optimization_id is not null`,
    `create table optimizations (optimization_id text primary key,
       project_id bigint not null references projects (project_id), compile_id text not null, name text not null,
       status text not null, created bigint not null, finished bigint, plan text not null)`,
    `create index optimizations_project on optimizations (project_id, created)`,
    `create index optimizations_status on optimizations (status)`,
    `create table objects (organization_id text not null, key text not null, hash text not null, md5 text not null,
       mime text not null, size bigint not null, created bigint not null, modified bigint not null, primary key (organization_id, key))`,
    `create index objects_hash on objects (hash)`,
    `create table object_jobs (job_id text primary key, organization_id text not null, ticket text not null unique,
       keys text not null, created bigint not null)`,
    `create table backtest_artifacts (backtest_id text not null, hash text not null, primary key (backtest_id, hash))`,
    `create index backtest_artifacts_hash on backtest_artifacts (hash)`,
    `create table artifact_trash (hash text primary key)`,
    `create index compiles_files on compiles (files_artifact)`,
    `create index backtests_files on backtests (files_artifact)`,
    `insert or ignore into backtest_artifacts (backtest_id, hash)
       select backtest_id, parts.value from backtests, json_each(backtests.artifacts) as parts
       where artifacts is not null`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
  await addDigests(database);
}

/** Results of the first schema get the digest that lists read. */
async function addDigests(database: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ backtest_id: string; summary: string }>`
    select backtest_id, summary from backtests where summary is not null`.execute(database);
  for (const { backtest_id, summary } of rows) {
    const digest = JSON.stringify(digestOf(resultSummarySchema.parse(JSON.parse(summary))));
    await sql`update backtests set digest = ${digest} where backtest_id = ${backtest_id}`.execute(database);
  }
}

/** Lists of optimisations read no points; the best of an older one is looked for when it is listed first. */
async function bestPoints(database: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table optimizations add column best text`).execute(database);
}

export const cloudMigrations: Migrations = {
  "0001-initial": { up: initial },
  "0002-whole-api": { up: wholeApi },
  "0003-best-points": { up: bestPoints },
};
