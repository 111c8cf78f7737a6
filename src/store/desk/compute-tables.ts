import { sql, type Kysely } from "kysely";

/** What calls take from budgets of computing: the estimate until their end is known, then what they really took. */
export interface ComputeTables {
  compute_uses: {
    call_id: string;
    principal: string;
    day: string;
    profile: string;
    tool: string;
    backtests: number;
    estimated_milliseconds: number;
    /** What counts now. */
    milliseconds: number;
    price_per_hour: string | null;
    amount: string | null;
    currency: string | null;
    state: string;
    at: number;
    /** When the cloud took it on; null until that is known. */
    began_at: number | null;
  };
}

export async function computeTables(database: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table compute_uses (call_id text primary key, principal text not null, day text not null,
       profile text not null, tool text not null, backtests bigint not null, estimated_milliseconds bigint not null,
       milliseconds bigint not null, price_per_hour text, amount text, currency text, state text not null,
       at bigint not null, began_at bigint)`,
    `create index compute_uses_day on compute_uses (principal, day)`,
    `create index compute_uses_state on compute_uses (state)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}
