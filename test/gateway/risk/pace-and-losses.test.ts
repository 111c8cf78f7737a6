import { array, assert, asyncProperty, boolean, constantFrom, integer, record, type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted } from "../../../src/domain/refusal.ts";
import { RiskBook } from "../../../src/gateway/risk/risk-book.ts";
import { heldClock, intent, limits, memoryStore, quote, SECOND, snapshot } from "./support.ts";

interface Moment {
  /** Seconds since the moment before; the clock may go back. */
  readonly pass: number;
  readonly quantity: number;
  readonly restart: boolean;
  readonly equityChange: number;
}

const moments = (most: number): Arbitrary<readonly Moment[]> =>
  array(
    record({
      pass: constantFrom(-30, -1, -0.2, 0, 0, 0.1, 0.4, 0.5, 1, 10, 30, 60, 3600, 40_000),
      quantity: constantFrom(1, 2, 3, 100_000),
      restart: boolean(),
      equityChange: integer({ min: -400, max: 300 }),
    }),
    { minLength: 5, maxLength: most },
  );

/** Plays moments against a book that is opened again where they say so, and tells which orders passed. */
async function play(
  script: readonly Moment[],
  rules: Record<string, unknown>,
  onOrder: (order: {
    readonly at: number;
    readonly passed: boolean;
    readonly equity: number;
    readonly book: RiskBook;
    readonly quantity: number;
  }) => void,
): Promise<void> {
  const store = memoryStore();
  const clock = heldClock();
  let ids = 0;
  const open = (): Promise<RiskBook> =>
    RiskBook.open({ store, clock, newId: () => `r${(ids += 1)}`, log: () => undefined });
  let book = await open();
  let equity = 50_000;
  for (const { pass, quantity, restart, equityChange } of script) {
    clock.at += Math.round(pass * SECOND);
    equity += equityChange;
    if (restart) book = await open();
    const view = {
      limits: accepted(limits(rules)),
      snapshot: snapshot({ at: clock.at, equity: String(equity) }),
      quote: quote({ at: clock.at, price: "1" }),
      marketOpen: true,
    };
    const reserved = await book.reserve({ intent: intent({ quantity }), view, key: "k" }, ({ write }) =>
      store.save(write),
    );
    if (reserved.ok) await book.settle("A1", reserved.reservation.id, "refused");
    onOrder({ at: clock.at, passed: reserved.ok, equity, book, quantity });
  }
}

const FREE = {
  repeatedOrder: { count: 1e6, windowSeconds: 1 },
  duplicateIntentSeconds: 0.000_001,
  maxDrawdown: "1",
  dailyLoss: "1000000",
};

describe("whatever comes, with restarts and a clock that goes back", () => {
  it("no more orders pass in a second, a minute or a day than may, counting refused ones", async () => {
    let passes = 0;
    const paced = asyncProperty(moments(60), async (script) => {
      // The day of the account ends at 22:00 UTC; what passed is counted by the clock at its latest.
      const tried: number[] = [];
      let latest = 0;
      await play(script, { ...FREE, ordersPerSecond: 2, ordersPerMinute: 6, ordersPerDay: 15 }, ({ at, passed }) => {
        latest = Math.max(latest, at);
        const dayOf = (time: number): number => Math.floor((time / SECOND - 22 * 3600) / 86_400);
        const full =
          tried.filter((time) => time > latest - SECOND).length >= 2 ||
          tried.filter((time) => time > latest - 60 * SECOND).length >= 6 ||
          tried.filter((time) => dayOf(time) === dayOf(latest)).length >= 15;
        expect(passed && full).toBe(false);
        passes += passed ? 1 : 0;
        tried.push(latest);
      });
    });
    await assert(paced, { numRuns: 1500 });
    expect(passes).toBeGreaterThan(3000);
  }, 120_000);

  it("no equal order passes again too soon, and none a fourth time in a minute", async () => {
    const rules = {
      ...FREE,
      repeatedOrder: { count: 3, windowSeconds: 60 },
      duplicateIntentSeconds: 10,
      ordersPerSecond: 1e6,
      ordersPerMinute: 1e6,
      ordersPerDay: 1e6,
    };
    const repeated = asyncProperty(moments(40), async (script) => {
      const tried: { time: number; quantity: number; passed: boolean }[] = [];
      let latest = 0;
      await play(script, rules, ({ at, passed, quantity }) => {
        latest = Math.max(latest, at);
        const equal = tried.filter((one) => one.quantity === quantity);
        const again =
          equal.filter(({ time }) => time > latest - 60 * SECOND).length >= 3 ||
          equal.some((one) => one.passed && one.time > latest - 10 * SECOND);
        expect(passed && again).toBe(false);
        tried.push({ time: latest, quantity, passed });
      });
    });
    await assert(repeated, { numRuns: 1000 });
  }, 120_000);

  it("nothing opens any more once a day's loss or the fall from the peak reached its limit", async () => {
    let latched = 0;
    const rules = {
      ...FREE,
      dailyLoss: "1000",
      maxDrawdown: "0.03",
      ordersPerSecond: 1e6,
      ordersPerMinute: 1e6,
      ordersPerDay: 1e6,
    };
    const lost = asyncProperty(moments(60), async (script) => {
      const forward = script.map((one) => ({ ...one, pass: Math.abs(one.pass) + 0.001 }));
      let peak = 0;
      let start = Number.NaN;
      let last = Number.NaN;
      let day = Number.NaN;
      let broken = false;
      await play(forward, rules, ({ at, passed, equity, quantity }) => {
        const today = Math.floor((at / SECOND - 22 * 3600) / 86_400);
        if (today !== day) start = Number.isNaN(last) ? equity : last;
        day = today;
        last = equity;
        peak = Math.max(peak, equity);
        broken ||= start - equity >= 1000 || peak - equity >= peak * 0.03;
        expect(passed).toBe(!broken && quantity < 100);
      });
      latched += broken ? 1 : 0;
    });
    await assert(lost, { numRuns: 1500 });
    expect(latched).toBeGreaterThan(200);
  }, 120_000);
});
