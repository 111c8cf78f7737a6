import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { Decimal } from "../../domain/decimal.ts";
import { parseJson } from "../../domain/parse-json.ts";
import { reservationSchema, type Reservation } from "../../gateway/risk/reservation.ts";
import { riskModeSchema, type RiskMode } from "../../gateway/risk/risk-mode.ts";
import { newRiskState, riskStateSchema, type RiskState } from "../../gateway/risk/risk-state.ts";
import type { RiskStore, RiskWrite, StoredRisk } from "../../gateway/risk/risk-store.ts";
import type { DeskTables } from "./schema.ts";

/** Risk state in the desk's store: one row an account, one for its mode, one a reservation. */
export function createRiskStore(database: Kysely<DeskTables>): RiskStore {
  return {
    load: () => load(database),
    save: (write) => database.transaction().execute((transaction) => writeRisk(transaction, write)),
    async saveMode(account, mode) {
      const row = { account, mode: canonicalJson(mode) };
      await database
        .insertInto("risk_modes")
        .values(row)
        .onConflict((conflict) => conflict.column("account").doUpdateSet({ mode: row.mode }))
        .execute();
    },
  };
}

/** Writes the risk state of an order within the transaction of its call. */
export async function writeRisk(transaction: Transaction<DeskTables>, write: RiskWrite): Promise<void> {
  const { account } = write.state;
  const state = stored({ ...write.state, mode: undefined });
  await transaction
    .insertInto("risk_accounts")
    .values({ account, state })
    .onConflict((conflict) => conflict.column("account").doUpdateSet({ state }))
    .execute();
  for (const one of write.kept) {
    const reservation = stored(one);
    await transaction
      .insertInto("risk_reservations")
      .values({ id: one.id, account, reservation })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ reservation }))
      .execute();
  }
  if (write.released.length > 0) {
    await transaction
      .deleteFrom("risk_reservations")
      .where("id", "in", [...write.released])
      .execute();
  }
}

async function load(database: Kysely<DeskTables>): Promise<StoredRisk[]> {
  const [accounts, modes, rows] = await Promise.all([
    database.selectFrom("risk_accounts").selectAll().execute(),
    database.selectFrom("risk_modes").selectAll().execute(),
    database.selectFrom("risk_reservations").selectAll().orderBy("id").execute(),
  ]);
  const states = new Map(accounts.map(({ account, state }) => [account, state]));
  const modeOf = new Map(modes.map(({ account, mode }) => [account, mode]));
  const names = new Set([...states.keys(), ...modeOf.keys(), ...rows.map(({ account }) => account)]);
  return [...names].map((account) => {
    const mode = read(riskModeSchema, modeOf.get(account) ?? ACTIVE);
    const state = readState(account, states.get(account));
    const mine = rows.filter((row) => row.account === account);
    const own = mine.map(({ id, reservation }) => ({ id, ...read(reservationSchema, reservation) }));
    return {
      state: { ...(state.value ?? newRiskState(account)), mode: mode.value ?? { kind: "ACTIVE" } },
      reservations: own.flatMap(({ value }) => (value === undefined ? [] : [value])),
      unreadable: own.flatMap(({ id, value }) => (value === undefined ? [id] : [])),
      fault: state.fault ?? mode.fault ?? own.find(({ fault }) => fault !== undefined)?.fault,
    };
  });
}

function readState(account: string, text: string | undefined): Read<Omit<RiskState, "mode">> {
  return text === undefined ? { value: newRiskState(account) } : read(WITHOUT_MODE, text);
}

const ACTIVE = canonicalJson({ kind: "ACTIVE" } satisfies RiskMode);
const WITHOUT_MODE = riskStateSchema.omit({ mode: true });

interface Read<T> {
  readonly value?: T;
  readonly fault?: string;
}

/** A stored value, or why it is none: one bad row must not keep the desk from starting, and must not open anything. */
function read<T>(schema: z.ZodType<T>, text: string): Read<T> {
  try {
    const parsed = schema.safeParse(parseJson(text));
    return parsed.success ? { value: parsed.data } : { fault: z.prettifyError(parsed.error) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function stored(value: Reservation | (Omit<RiskState, "mode"> & { readonly mode: undefined })): string {
  return JSON.stringify(value, (_, member: unknown) => (member instanceof Decimal ? member.toString() : member));
}
