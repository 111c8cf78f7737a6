import { sql, type Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Decimal } from "../../../src/domain/decimal.ts";
import { accepted } from "../../../src/domain/refusal.ts";
import type { Reservation } from "../../../src/gateway/risk/reservation.ts";
import { RiskBook } from "../../../src/gateway/risk/risk-book.ts";
import { newRiskState, type RiskState } from "../../../src/gateway/risk/risk-state.ts";
import type { RiskStore } from "../../../src/gateway/risk/risk-store.ts";
import { createRiskStore, writeRisk } from "../../../src/store/desk/risk-store.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { heldClock, intent, limits, memoryStore, quote, SECOND, snapshot } from "../../gateway/risk/support.ts";
import { deskDatabase, DIALECTS, testPlace } from "../support/databases.ts";

const state = (account: string): RiskState => ({
  ...newRiskState(account),
  clock: 1_700_000_000_000_001,
  day: { date: "2026-11-20", endsAt: 1_700_000_000_000_002 },
  startEquity: Decimal.parse("-12.340"),
  peakEquity: Decimal.parse("79228162514264337593543950335"),
  tradeIds: ["ä"],
  attempts: [1, 2],
  recent: [{ content: "SPY market 1 - -", intentId: null, at: 1, admitted: true }],
});
const reservation = (id: string, stage: Reservation["stage"] = { kind: "held" }): Reservation => ({
  id,
  account: "A1",
  key: `key-${id}`,
  symbol: "SPY",
  quantity: Decimal.parse("-1.50"),
  unitValue: Decimal.parse("100.01"),
  at: 1_700_000_000_000_000,
  stage,
});

/** What every store of the risk kernel does. */
function contract(open: () => RiskStore): void {
  it("gives back what was saved, the modes apart", async () => {
    const store = open();
    expect(await store.load()).toEqual([]);
    await store.save({ state: state("A1"), kept: [reservation("r1"), reservation("r2")], released: [] });
    const mode = { kind: "REDUCING" as const, since: 5, reasons: ["daily-loss" as const] };
    await store.saveMode("A1", mode);
    await store.saveMode("*", { kind: "HALTED", since: 1, reason: "asked" });
    await store.save({
      state: state("A1"),
      kept: [reservation("r2", { kind: "ended", at: 9 })],
      released: ["r1", "none"],
    });
    const loaded = (await store.load()).toSorted((a, b) => b.state.account.localeCompare(a.state.account));
    expect(loaded).toMatchObject([
      { state: { ...state("A1"), mode }, reservations: [reservation("r2", { kind: "ended", at: 9 })], unreadable: [] },
      { state: { account: "*", mode: { kind: "HALTED" } }, reservations: [] },
    ]);
    expect(loaded[0]?.fault).toBeUndefined();
  });
}

describe("a risk store in memory, as tests use it", () => {
  contract(memoryStore);
});

describe.each(DIALECTS.filter(({ missing }) => !missing))("the risk store on $name", ({ dialect }) => {
  let stack: AsyncDisposableStack;
  let database: Kysely<DeskTables>;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace(dialect));
    ({ database } = stack.use(await deskDatabase(place)));
  });
  afterEach(() => stack.disposeAsync());
  contract(() => createRiskStore(database));

  it("writes nothing where the transaction of the call fails", async () => {
    const failing = database.transaction().execute(async (transaction) => {
      await writeRisk(transaction, { state: state("A1"), kept: [reservation("r1")], released: [] });
      throw new Error("disk full");
    });
    await expect(failing).rejects.toThrow("disk full");
    expect(await createRiskStore(database).load()).toEqual([]);
  });

  it.each([
    ["risk_accounts", `update risk_accounts set state = '{"account":"A1"}'`],
    ["risk_accounts", `update risk_accounts set state = 'no json'`],
    ["risk_modes", `update risk_modes set mode = '{"kind":"OPEN"}'`],
    ["risk_reservations", `update risk_reservations set reservation = replace(reservation, '-1.50', 'many')`],
  ])("halts an account with a damaged row of %s, until an operator re-arms", async (_, damage) => {
    const store = createRiskStore(database);
    await store.save({ state: state("A1"), kept: [reservation("r1")], released: [] });
    await store.saveMode("A1", { kind: "ACTIVE" });
    await sql.raw(damage).execute(database);
    const open = (): Promise<RiskBook> =>
      RiskBook.open({ store, clock: heldClock(), newId: () => "x", log: () => undefined });
    let book = await open();
    expect(book.stateOf("A1").mode).toMatchObject({ kind: "HALTED" });
    await book.rearm("A1", "operator:ada");
    book = await open();
    expect(book.stateOf("A1").mode).toEqual({ kind: "ACTIVE" });
  });

  it("keeps reservations, counts and latches of a book through a restart", async () => {
    const store = createRiskStore(database);
    const clock = heldClock();
    let ids = 0;
    const open = (): Promise<RiskBook> =>
      RiskBook.open({ store, clock, newId: () => `r${(ids += 1)}`, log: () => undefined });
    let book = await open();
    const view = {
      limits: accepted(limits({ maxPositionNotional: "2000" })),
      snapshot: snapshot(),
      quote: quote(),
      marketOpen: true,
    };
    const reserved = await book.reserve({ intent: intent({ quantity: 15 }), view, key: "k" }, ({ write }) =>
      database.transaction().execute((transaction) => writeRisk(transaction, write)),
    );
    expect(reserved).toMatchObject({ ok: true, reservation: { id: "r1" } });
    await book.settle("A1", "r1", "unknown");
    book = await open();
    expect(book.judge({ intent: intent({ quantity: 6 }), view })).toMatchObject({
      refusals: [{ code: "RISK_POSITION" }],
    });
    expect(book.reservationsOf("A1")).toMatchObject([{ id: "r1", stage: { kind: "unknown" } }]);
    clock.at += SECOND;
    await book.observe("A1", snapshot({ at: clock.at, equity: "48999" }), limits());
    book = await open();
    expect(book.stateOf("A1")).toMatchObject({ mode: { kind: "REDUCING", reasons: ["daily-loss"] }, ordersToday: 1 });
  });
});
