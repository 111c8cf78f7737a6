import { sql, type Kysely } from "kysely";
import type { Migrations } from "../../database.ts";

/** Tables of the live side of the local cloud. Times are integer microseconds UTC; JSON is text. */
export interface LiveTables {
  deployments: {
    deploy_id: string;
    project_id: number;
    /** What never changes of it, as JSON. */
    terms: string;
    files: string;
    status: string;
    launched: number;
    stopped: number | null;
    error: string | null;
    stacktrace: string | null;
    /** The account with its open orders, as the broker goes on with it. */
    broker_state: string | null;
    /** Value of the account when it was deployed. */
    launch_equity: string | null;
    statistics: string;
  };
  live_orders: { deploy_id: string; order_id: number; record: string };
  live_logs: { deploy_id: string; line: number; text: string };
  live_series: {
    deploy_id: string;
    chart: string;
    series: string;
    unit: string;
    position: number;
    series_type: number;
  };
  live_points: { deploy_id: string; chart: string; series: string; at: number; values: string };
  live_insights: { deploy_id: string; insight_id: string; position: number; record: string };
}

async function initial(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table deployments (deploy_id text primary key, project_id bigint not null, terms text not null,
       files text not null, status text not null, launched bigint not null, stopped bigint, error text,
       stacktrace text, broker_state text, launch_equity text, statistics text not null)`,
    `create index deployments_project on deployments (project_id, launched)`,
    `create index deployments_status on deployments (status)`,
    `create table live_orders (deploy_id text not null, order_id bigint not null, record text not null,
       primary key (deploy_id, order_id))`,
    `create table live_logs (deploy_id text not null, line bigint not null, text text not null,
       primary key (deploy_id, line))`,
    `create table live_series (deploy_id text not null, chart text not null, series text not null, unit text not null,
       position bigint not null, series_type bigint not null, primary key (deploy_id, chart, series))`,
    `create table live_points (deploy_id text not null, chart text not null, series text not null, at double precision not null,
       "values" text not null, primary key (deploy_id, chart, series, at))`,
    `create table live_insights (deploy_id text not null, insight_id text not null, position bigint not null,
       record text not null, primary key (deploy_id, insight_id))`,
    `create index live_insights_position on live_insights (deploy_id, position)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

export const liveMigrations: Migrations = { "0001-initial": { up: initial } };
