import { sql, type Kysely } from "kysely";
import type { Migrations } from "../database.ts";
import { APPROVAL_STATEMENTS } from "./approval-tables.ts";
import { compileTables } from "./compile-store.ts";
import { computeTables } from "./compute-tables.ts";
import { taintTables } from "./taint-store.ts";

/** First schema of the desk's store. */
async function initial(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table meta (key text primary key, value text not null)`,
    `create table audit (seq bigint primary key, at bigint not null, kind text not null, call_id text not null,
       parent_call_id text, principal text not null, tool text not null, class text, profile text not null, run_id text,
       arguments_hash text not null, arguments text not null, result text not null, detail text not null,
       previous_hash text not null, hash text not null)`,
    `create index audit_call on audit (call_id)`,
    `create table intents (key text primary key, call_id text not null, tool text not null, arguments_hash text not null,
       outcome text, at bigint not null)`,
    `create table strategies (id text primary key, name text not null, lifecycle text not null, created_at bigint not null)`,
    `create table strategy_links (strategy_id text not null references strategies (id), profile text not null,
       organisation text not null, project_id bigint not null, primary key (profile, organisation, project_id))`,
    `create table trials (id text primary key, call_id text not null, strategy_id text, profile text not null,
       project_id bigint, backtest_id text, name text not null, principal text not null, source text not null,
       parameters text not null, artefact_hash text not null, state text not null, opened_at bigint not null,
       closed_at bigint, result text, raw_artifact text)`,
    `create index trials_backtest on trials (profile, backtest_id)`,
    `create index trials_project on trials (profile, project_id)`,
    `create table runs (id text primary key, kind text not null, title text not null, principal text not null,
       profile text not null, state text not null, progress double precision not null, note text not null,
       input text not null, result_artifact text, error text, created_at bigint not null, updated_at bigint not null,
       version bigint not null)`,
    `create table pins (upstream text not null, tool text not null, hash text not null, definition text not null,
       first_seen bigint not null, quarantined text, primary key (upstream, tool))`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

/** Optimisations, whose points are trials. */
async function optimizations(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `alter table trials add column optimization_id text`,
    `create index trials_call on trials (call_id)`,
    `create table optimizations (call_id text primary key, profile text not null, project_id bigint not null,
       optimization_id text, name text not null, principal text not null, strategy_id text, files text not null,
       opened_at bigint not null, ended_at bigint)`,
    `create index optimizations_id on optimizations (profile, optimization_id)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

/** What a call was about and by whose leave it was made, beside its record. */
async function auditFields(database: Kysely<unknown>): Promise<void> {
  for (const column of ["account", "approval_id", "policy_version"]) {
    await sql.raw(`alter table audit add column ${column} text`).execute(database);
  }
}

/** Calls that wait for operators. */
async function approvals(database: Kysely<unknown>): Promise<void> {
  for (const statement of APPROVAL_STATEMENTS) await sql.raw(statement).execute(database);
}

/** State of the risk kernel and the room that admitted orders take. */
async function risk(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table risk_accounts (account text primary key, state text not null)`,
    `create table risk_modes (account text primary key, mode text not null)`,
    `create table risk_reservations (id text primary key, account text not null, reservation text not null)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

export const deskMigrations: Migrations = {
  "0001-initial": { up: initial },
  "0002-optimizations": { up: optimizations },
  "0003-approvals": { up: approvals },
  "0004-risk": { up: risk },
  "0005-audit-fields": { up: auditFields },
  "0006-compiles": { up: compileTables },
  "0007-taints": { up: taintTables },
  "0008-compute": { up: computeTables },
};
