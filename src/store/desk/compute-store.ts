import type { Kysely, Transaction } from "kysely";
import type { ComputeUse } from "../../domain/compute-use.ts";
import { Decimal } from "../../domain/decimal.ts";
import { RefusalError } from "../../domain/refusal.ts";
import type { ComputeStore, ComputeWrite, EndedCompute } from "../../gateway/compute/compute-store.ts";
import { decideCompute } from "../../gateway/compute/decide-compute.ts";
import type { DeskTables } from "./schema.ts";

/** So many backtests say how long the next one takes. */
const NEWEST = 20;

/** Reservations of computing in the desk's store. */
export function createComputeStore(database: Kysely<DeskTables>): ComputeStore {
  return {
    used: (principal, day) => usedOn(database, principal, day),
    async durations(profile, projectId) {
      const rows = await database
        .selectFrom("trials")
        .leftJoin("compute_uses", "compute_uses.call_id", "trials.call_id")
        .select(["trials.opened_at", "trials.closed_at", "compute_uses.began_at"])
        .where("trials.profile", "=", profile)
        .where("trials.project_id", "=", projectId)
        .where("trials.state", "=", "completed")
        // A point waits for the others, so its time says little.
        .where("trials.optimization_id", "is", null)
        .where("trials.source", "=", "desk")
        .orderBy("trials.opened_at", "desc")
        .limit(NEWEST)
        .execute();
      return rows.map(seenTime);
    },
    async began(callId, at) {
      await database.updateTable("compute_uses").set({ began_at: at }).where("call_id", "=", callId).execute();
    },
    async held(callId) {
      const row = await heldRows(database).where("compute_uses.call_id", "=", callId).executeTakeFirst();
      return row === undefined ? undefined : heldOf(row);
    },
    ended: (profile) => ended(database, profile),
    async settle(callId, { milliseconds, money }) {
      await database
        .updateTable("compute_uses")
        .set({ milliseconds, amount: money?.amount.toString() ?? null, state: "settled" })
        .where("call_id", "=", callId)
        .where("state", "=", "held")
        .execute();
    },
  };
}

/**
 * Takes room in a budget within the transaction of the call's intent; what others took in the same group is seen.
 * @throws RefusalError where it does not fit any more.
 */
export async function reserveCompute(transaction: Transaction<DeskTables>, write: ComputeWrite): Promise<void> {
  const { reservation, limit } = write;
  const { callId, principal, day, renewsAt, profile, tool, estimate, at } = reservation;
  const used = await usedOn(transaction, principal, day);
  const refusal = decideCompute({ principal, estimate, used, limit, renewsAt });
  if (refusal !== undefined) throw new RefusalError(refusal);
  const row = {
    call_id: callId,
    principal,
    day,
    profile,
    tool,
    backtests: estimate.backtests,
    estimated_milliseconds: estimate.milliseconds,
    milliseconds: estimate.milliseconds,
    price_per_hour: estimate.pricePerHour?.toString() ?? null,
    amount: estimate.money?.amount.toString() ?? null,
    currency: estimate.money?.currency ?? null,
    state: "held",
    at,
    began_at: null,
  };
  await transaction.insertInto("compute_uses").values(row).execute();
}

/** Money is added as decimals, so SQL only groups equal amounts: there are few of them. */
async function usedOn(database: Kysely<DeskTables>, principal: string, day: string): Promise<ComputeUse> {
  const rows = await database
    .selectFrom("compute_uses")
    .select(({ fn }) => [
      "amount",
      "currency",
      fn.countAll<number>().as("count"),
      fn.sum<number | string>("milliseconds").as("milliseconds"),
    ])
    .where("principal", "=", principal)
    .where("day", "=", day)
    .groupBy(["amount", "currency"])
    .execute();
  const money = new Map<string, Decimal>();
  for (const { amount, currency, count } of rows) {
    if (amount === null || currency === null) continue;
    const all = Decimal.parse(amount).multiply(Decimal.from(count));
    money.set(currency, (money.get(currency) ?? Decimal.ZERO).add(all));
  }
  return {
    milliseconds: rows.reduce((sum, { milliseconds }) => sum + Number(milliseconds), 0),
    money: [...money].map(([currency, amount]) => ({ amount, currency })),
  };
}

/** What an estimate that is still held says of itself. */
const HELD = [
  "compute_uses.call_id",
  "compute_uses.tool",
  "compute_uses.backtests",
  "compute_uses.estimated_milliseconds",
  "compute_uses.price_per_hour",
  "compute_uses.currency",
] as const;

function heldRows(database: Kysely<DeskTables>) {
  return database.selectFrom("compute_uses").select(HELD).where("compute_uses.state", "=", "held");
}

function heldOf(row: {
  readonly call_id: string;
  readonly tool: string;
  readonly backtests: number;
  readonly estimated_milliseconds: number;
  readonly price_per_hour: string | null;
  readonly currency: string | null;
}): Omit<EndedCompute, "began" | "seenMilliseconds"> {
  return {
    callId: row.call_id,
    tool: row.tool,
    backtests: row.backtests,
    milliseconds: row.estimated_milliseconds,
    pricePerHour: row.price_per_hour === null ? null : Decimal.parse(row.price_per_hour),
    currency: row.currency,
  };
}

async function ended(database: Kysely<DeskTables>, profile: string): Promise<EndedCompute[]> {
  const rows = await heldRows(database)
    .innerJoin("trials", "trials.call_id", "compute_uses.call_id")
    .leftJoin("optimizations", "optimizations.call_id", "compute_uses.call_id")
    .where("compute_uses.profile", "=", profile)
    .select(({ fn }) => [
      "compute_uses.began_at",
      fn.count<number>("trials.backtest_id").as("began"),
      fn.countAll<number>().as("trials"),
      fn.count<number>("trials.closed_at").as("closed"),
      fn.count<number>("optimizations.call_id").as("points"),
      fn.count<number>("optimizations.ended_at").as("over"),
      fn.min("trials.opened_at").as("opened_at"),
      fn.max("trials.closed_at").as("closed_at"),
    ])
    .groupBy([...HELD, "compute_uses.began_at"])
    .execute();
  return rows
    .filter(({ trials, closed, points, over }) => closed === trials && points === over)
    .map((row) => ({
      ...heldOf(row),
      began: row.began,
      seenMilliseconds: row.points > 0 ? null : seenTime(row),
    }));
}

/** Milliseconds from the start of a backtest to its end, as far as both were seen. */
function seenTime(row: {
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly began_at: number | null;
}): number {
  const start = row.began_at ?? row.opened_at;
  return Math.max(0, ((row.closed_at ?? start) - start) / 1000);
}
