import { describe, expect, it } from "vitest";
import { Decimal } from "../../../src/domain/decimal.ts";
import { accepted } from "../../../src/domain/refusal.ts";
import { EVERY_ACCOUNT, RiskBook, type Reserved } from "../../../src/gateway/risk/risk-book.ts";
import type { RiskStore } from "../../../src/gateway/risk/risk-store.ts";
import type { RiskView } from "../../../src/gateway/risk/risk-view.ts";
import { refusalOf } from "../../store/support/refusal-of.ts";
import { heldClock, intent, limits, memoryStore, NOON, position, quote, SECOND, snapshot } from "./support.ts";

const DAY = 86_400 * SECOND;

class Desk {
  readonly store = memoryStore();
  readonly clock = heldClock();
  readonly logged: string[] = [];
  #ids = 0;
  book!: RiskBook;

  static async open(): Promise<Desk> {
    const desk = new Desk();
    await desk.restart();
    return desk;
  }

  async restart(): Promise<void> {
    this.book = await RiskBook.open({
      store: this.store,
      clock: this.clock,
      newId: () => `r${(this.#ids += 1)}`,
      log: (message) => this.logged.push(message),
    });
  }

  /** A view of this moment. */
  view(changes: Record<string, unknown> = {}, rules: Record<string, unknown> = {}): RiskView {
    return {
      limits: accepted(limits(rules)),
      snapshot: snapshot({ at: this.clock.at, ...changes }),
      quote: quote({ at: this.clock.at }),
      marketOpen: true,
    };
  }

  reserve(order: Record<string, unknown> = {}, view: RiskView = this.view()): Promise<Reserved<string>> {
    return this.book.reserve({ intent: intent(order), view, key: "k" }, async ({ write }) => {
      await this.store.save(write);
      return "sent";
    });
  }

  async codes(order: Record<string, unknown> = {}, view: RiskView = this.view()): Promise<string[]> {
    const reserved = await this.reserve(order, view);
    return reserved.ok ? [] : reserved.refusals.map(({ code }) => code);
  }

  observe(equity: string, changes: Record<string, unknown> = {}): ReturnType<RiskBook["observe"]> {
    return this.book.observe("A1", snapshot({ at: this.clock.at, equity, ...changes }), limits());
  }
}

describe("the risk book", () => {
  it("takes room for what it admits, and gives it back when the order had no effect", async () => {
    const desk = await Desk.open();
    const rules = { maxPositionNotional: "2000" };
    const first = await desk.reserve({ quantity: 15 }, desk.view({}, rules));
    expect(first).toMatchObject({ ok: true, value: "sent", reservation: { key: "k", stage: { kind: "held" } } });
    expect(await desk.codes({ quantity: 6 }, desk.view({}, rules))).toEqual(["RISK_POSITION"]);
    if (first.ok) await desk.book.settle("A1", first.reservation.id, "refused");
    expect(await desk.codes({ quantity: 20 }, desk.view({}, rules))).toEqual([]);
    expect(await refusalOf(desk.book.settle("A1", "none", "filled"))).toMatchObject({
      code: "RISK_RESERVATION_UNKNOWN",
    });
  });

  it.each(["filled", "cancelled"] as const)("keeps the room of a %s order until a later snapshot", async (end) => {
    const desk = await Desk.open();
    const rules = { maxPositionNotional: "2000" };
    const before = desk.view({}, rules);
    const first = await desk.reserve({ quantity: 15 }, before);
    desk.clock.at += SECOND;
    if (first.ok) await desk.book.settle("A1", first.reservation.id, end);
    expect(await desk.codes({ quantity: 6 }, before)).toEqual(["RISK_POSITION"]);
    await desk.restart();
    expect(await desk.codes({ quantity: 6 }, desk.view({}, rules))).toEqual(["RISK_POSITION"]);
    desk.clock.at += 1;
    await desk.observe("50000", { positions: [position("SPY", end === "filled" ? "15" : "0")] });
    expect(desk.book.reservationsOf("A1")).toEqual([]);
    // The old snapshot does not show the fill and must not be believed again.
    expect(await desk.codes({ quantity: 6 }, before)).toEqual(["SNAPSHOT_STALE"]);
  });

  it("holds an order whose end is unknown until it is looked up, also through a restart", async () => {
    const desk = await Desk.open();
    const rules = { maxPositionNotional: "2000" };
    const first = await desk.reserve({ quantity: 15 }, desk.view({}, rules));
    const id = first.ok ? first.reservation.id : "";
    await desk.book.settle("A1", id, "unknown");
    await desk.restart();
    desk.clock.at += 30 * DAY;
    expect(await desk.codes({ quantity: 6 }, desk.view({}, rules))).toEqual(["RISK_POSITION"]);
    const before = desk.view({}, rules);
    for (const end of ["filled", "unknown", "refused"] as const) await desk.book.settle("A1", id, end);
    expect(await desk.codes({ quantity: 6 }, before)).toEqual(["RISK_POSITION"]);
    desk.clock.at += 1;
    expect(await desk.codes({ quantity: 6 }, desk.view({ positions: [position("SPY", "15")] }, rules))).toEqual([
      "RISK_POSITION",
    ]);
    expect(await desk.codes({ quantity: 5 }, desk.view({ positions: [position("SPY", "15")] }, rules))).toEqual([]);
  });

  it("takes nothing where the commit fails, throws its error, and counts the order", async () => {
    const desk = await Desk.open();
    const failing = desk.book.reserve({ intent: intent(), view: desk.view(), key: "k" }, () =>
      Promise.reject(new Error("disk full")),
    );
    await expect(failing).rejects.toThrow("disk full");
    expect(desk.book.reservationsOf("A1")).toEqual([]);
    expect(desk.book.stateOf("A1")).toMatchObject({ ordersToday: 1, recent: [{ admitted: false }] });
    expect(await desk.codes()).toEqual([]);
  });

  it("never lets two parallel orders share the same room, in any order of commits", async () => {
    const desk = await Desk.open();
    const rules = {
      maxPositionNotional: "2000",
      ordersPerSecond: 100,
      repeatedOrder: { count: 100, windowSeconds: 1 },
    };
    const view = desk.view({}, rules);
    const all = Array.from({ length: 20 }, (_, index) =>
      desk.book.reserve({ intent: intent({ intentId: `i${index}` }), view, key: `k${index}` }, async () => {
        for (let turn = 0; turn < index % 5; turn += 1) await new Promise(setImmediate);
      }),
    );
    expect((await Promise.all(all)).filter(({ ok }) => ok)).toHaveLength(2);
  });

  it("counts refused orders for the rates, also through a restart, and reductions pass nevertheless", async () => {
    const desk = await Desk.open();
    for (let count = 0; count < 5; count += 1)
      expect(await desk.codes({ quantity: 200 + count })).toContain("RISK_ORDER_NOTIONAL");
    await desk.restart();
    expect(await desk.codes()).toEqual(["RISK_ORDER_RATE"]);
    expect(await desk.codes({ quantity: -1 }, desk.view({ positions: [position("SPY", "1")] }))).toEqual([]);
    desk.clock.at += SECOND;
    expect(await desk.codes()).toEqual([]);
  });

  it("refuses and counts though the count cannot be written, and says so in the log", async () => {
    const desk = await Desk.open();
    desk.store.fails = true;
    expect(await desk.codes({ quantity: 200 })).toContain("RISK_ORDER_NOTIONAL");
    expect(desk.logged).toEqual(["a refused order of A1 is not counted: disk full"]);
    expect(desk.book.stateOf("A1").ordersToday).toBe(1);
  });

  it("cannot be made to forget an admitted order by a flood of refused ones", async () => {
    const desk = await Desk.open();
    const rules = { duplicateIntentSeconds: 30 };
    expect(await desk.codes({ quantity: 1 }, desk.view({}, rules))).toEqual([]);
    for (let count = 0; count < 3000; count += 1) await desk.reserve({ quantity: 500 + count }, desk.view({}, rules));
    desk.clock.at += 29 * SECOND;
    expect(
      await desk.codes({ quantity: 1 }, desk.view({}, { ...rules, ordersPerMinute: 9999, ordersPerDay: 9999 })),
    ).toContain("RISK_DUPLICATE_INTENT");
    const { attempts, recent } = desk.book.stateOf("A1");
    expect([attempts.length <= 10_000, recent.length < 100]).toEqual([true, true]);
  });

  it("latches the loss of a day through restarts and into the next days, until an operator re-arms", async () => {
    const desk = await Desk.open();
    expect(await desk.observe("50000")).toEqual({ kind: "ACTIVE" });
    desk.clock.at += SECOND;
    expect(await desk.observe("49000.01")).toEqual({ kind: "ACTIVE" });
    desk.clock.at += SECOND;
    expect(await desk.observe("49000")).toMatchObject({ kind: "REDUCING", reasons: ["daily-loss"] });
    expect(await desk.observe("60000")).toMatchObject({ kind: "REDUCING" });
    await desk.restart();
    desk.clock.at += 3 * DAY;
    expect(await desk.codes({}, desk.view({ equity: "60000" }))).toEqual(["RISK_DAILY_LOSS"]);
    for (const by of ["host", "cli", "desk", "agent:execution-ops", "pipeline:p"]) {
      expect(await refusalOf(desk.book.rearm("A1", by))).toMatchObject({ code: "RISK_REARM_DENIED" });
    }
    await desk.book.rearm("A1", "operator:ada");
    expect(await desk.codes({}, desk.view({ equity: "48500" }))).toEqual([]);
    await desk.restart();
    desk.clock.at += SECOND;
    expect(await desk.codes({ quantity: 11 }, desk.view({ equity: "47500" }))).toEqual(["RISK_DAILY_LOSS"]);
  });

  it("begins a day at the cut-off of the account with the equity that was seen last", async () => {
    const desk = await Desk.open();
    await desk.observe("50000");
    // 17:00 in New York is 22:00 UTC.
    desk.clock.at = NOON + 2 * 3600 * SECOND - 1;
    expect(await desk.observe("49500")).toEqual({ kind: "ACTIVE" });
    desk.clock.at += 1;
    expect(await desk.observe("48600")).toEqual({ kind: "ACTIVE" });
    expect(desk.book.stateOf("A1").day?.date).toBe("2026-11-21");
    desk.clock.at += SECOND;
    expect(await desk.observe("48500")).toMatchObject({ reasons: ["daily-loss"] });
  });

  it("latches a fall from the highest equity over days, and takes transfers for neither profit nor loss", async () => {
    const desk = await Desk.open();
    const equities = [
      "50000",
      "50900",
      "50100",
      "49300",
      "48500",
      "47700",
      "46900",
      "46100",
      "45300",
      "44500",
      "43700",
    ];
    for (const equity of equities) {
      expect(await desk.observe(equity)).toEqual({ kind: "ACTIVE" });
      desk.clock.at += DAY;
    }
    // 30,000 paid in: the peak is 80,900 and the fall still 7,200.
    expect(await desk.observe("73700", { netTransfers: "30000" })).toEqual({ kind: "ACTIVE" });
    desk.clock.at += DAY;
    expect(await desk.observe("33700", { netTransfers: "-10000" })).toEqual({ kind: "ACTIVE" });
    desk.clock.at += DAY;
    expect(await desk.observe("32720", { netTransfers: "-10000" })).toMatchObject({
      kind: "REDUCING",
      reasons: ["drawdown"],
    });
  });

  it("latches by the snapshot of an order, even where nothing can be written", async () => {
    const desk = await Desk.open();
    await desk.observe("50000");
    desk.clock.at += SECOND;
    desk.store.fails = true;
    expect(await desk.codes({}, desk.view({ equity: "49000" }))).toEqual(["RISK_DAILY_LOSS"]);
    expect(await desk.codes({ quantity: 11 }, desk.view({ equity: "50000" }))).toEqual(["RISK_DAILY_LOSS"]);
    desk.store.fails = false;
    desk.clock.at += SECOND;
    await desk.observe("50000");
    await desk.restart();
    expect(desk.book.stateOf("A1").mode).toMatchObject({ kind: "REDUCING" });
  });

  it("halts at once while an order is being committed, and a late write does not open it again", async () => {
    const desk = await Desk.open();
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const sending = desk.book.reserve({ intent: intent(), view: desk.view(), key: "k" }, ({ write }) => {
      begun.resolve();
      return gate.promise.then(() => desk.store.save(write));
    });
    await begun.promise;
    await desk.book.halt("A1", "asked");
    expect(desk.book.stateOf("A1").mode).toMatchObject({ kind: "HALTED", reason: "asked" });
    gate.resolve();
    expect(await sending).toMatchObject({ ok: true });
    await desk.book.reduce("A1");
    await desk.restart();
    expect(desk.book.stateOf("A1").mode).toMatchObject({ kind: "HALTED" });
    expect(await desk.codes({ quantity: -1 }, desk.view({ positions: [position("SPY", "1")] }))).toEqual([
      "RISK_HALTED",
    ]);
  });

  it("halts all accounts, those too that it has never seen, until they are re-armed together", async () => {
    const desk = await Desk.open();
    await desk.book.reduce("A1");
    await desk.book.halt(EVERY_ACCOUNT, "asked");
    await desk.restart();
    expect(await desk.codes()).toEqual(["RISK_HALTED"]);
    expect(desk.book.stateOf("new").mode).toMatchObject({ kind: "HALTED" });
    await desk.book.rearm(EVERY_ACCOUNT, "operator:ada");
    expect(desk.book.stateOf("new").mode).toEqual({ kind: "ACTIVE" });
    expect(await desk.codes({ quantity: 11 })).toEqual(["RISK_REDUCE_ONLY"]);
    await desk.book.rearm("A1", "operator:ada");
    expect(await desk.codes({ quantity: 12 })).toEqual([]);
  });

  it("opens nothing when the clock goes back, and an operator sets it right", async () => {
    const desk = await Desk.open();
    for (let count = 0; count < 5; count += 1) await desk.reserve({ quantity: 200 + count });
    desk.clock.at -= SECOND / 2;
    expect(await desk.codes({}, desk.view({ at: NOON }))).toEqual(["RISK_ORDER_RATE"]);
    desk.clock.at -= DAY;
    expect(await desk.codes()).toEqual(["RISK_CLOCK"]);
    await desk.book.rearm("A1", "operator:ada");
    desk.clock.at += 2 * SECOND;
    expect(await desk.codes()).toEqual([]);
  });

  it("cools down after losing trades in a row, each told once, and a win ends the row", async () => {
    const desk = await Desk.open();
    const lose = (id: string, profit = "-1"): Promise<void> =>
      desk.book.tradeClosed("A1", { id, profit: Decimal.parse(profit), at: desk.clock.at });
    for (const id of ["a", "b", "c", "c", "b"]) await lose(id);
    expect(await desk.codes({ quantity: 1 })).toEqual([]);
    await lose("won", "1");
    for (const id of ["d", "e", "f"]) await lose(id);
    expect(await desk.codes({ quantity: 2 })).toEqual([]);
    await lose("g");
    await desk.restart();
    expect(await desk.codes({ quantity: 3 })).toEqual(["RISK_COOLDOWN"]);
    desk.clock.at += 3600 * SECOND;
    expect(await desk.codes({ quantity: 4 })).toEqual([]);
    await lose("h");
    expect(await desk.codes({ quantity: 5 })).toEqual(["RISK_COOLDOWN"]);
  });

  it("judges without counting or taking room", async () => {
    const desk = await Desk.open();
    const request = { intent: intent(), view: desk.view({ equity: "1" }) };
    expect(desk.book.judge(request).ok).toBe(false);
    expect(desk.book.judge({ intent: intent(), view: desk.view() }).ok).toBe(true);
    expect(desk.book.stateOf("A1")).toMatchObject({ ordersToday: 0, recent: [], mode: { kind: "ACTIVE" } });
  });

  it("halts an account whose stored state is not understood, and starts nevertheless", async () => {
    const desk = await Desk.open();
    await desk.reserve();
    const load = desk.store.load.bind(desk.store);
    const damaged: RiskStore = {
      ...desk.store,
      load: async () =>
        (await load()).map((one) => ({ ...one, reservations: [], unreadable: ["r1"], fault: "no JSON" })),
    };
    const book = await RiskBook.open({ store: damaged, clock: desk.clock, newId: () => "x", log: () => undefined });
    expect(book.stateOf("A1").mode).toMatchObject({
      kind: "HALTED",
      reason: expect.stringContaining("no JSON") as string,
    });
    await book.rearm("A1", "operator:ada");
    expect((await load())[0]?.reservations).toEqual([]);
  });
});
