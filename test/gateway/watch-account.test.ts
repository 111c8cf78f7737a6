import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Decimal } from "../../src/domain/decimal.ts";
import { limitsOf, parseLimits, type Limits } from "../../src/domain/limits.ts";
import { parseJson } from "../../src/domain/parse-json.ts";
import { readFileSync } from "node:fs";
import type { AccountView } from "../../src/gateway/accounts/account-view.ts";
import { riskViewOf } from "../../src/gateway/risk-desk.ts";
import type { ReservationEnd } from "../../src/gateway/risk/reservation.ts";
import { RiskBook } from "../../src/gateway/risk/risk-book.ts";
import { watchAccount } from "../../src/gateway/watch-account.ts";
import { createRiskStore } from "../../src/store/desk/risk-store.ts";
import { deskDatabase, testPlace } from "../store/support/databases.ts";

const d = (text: string): Decimal => Decimal.parse(text);
const SECOND = 1_000_000;

function limits(): Limits {
  const file = parseLimits(parseJson(readFileSync(new URL("../../config/limits.json", import.meta.url), "utf8")));
  if (!file.ok) throw new Error(file.refusal.message);
  return limitsOf(file.value, "L-1", "paper");
}

describe("the watcher of an account", () => {
  let stack: AsyncDisposableStack;
  let book: RiskBook;
  let clock: { time: number; now(): number };
  let ends: Map<string, ReservationEnd>;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    const place = stack.use(await testPlace("sqlite"));
    const { database } = stack.use(await deskDatabase(place));
    clock = { time: 1_700_000_000 * SECOND, now: () => clock.time };
    ends = new Map();
    let id = 0;
    const newId = (): string => `r${(id += 1)}`;
    book = await RiskBook.open({ store: createRiskStore(database), clock, newId, log: () => undefined });
  });
  afterEach(() => stack.disposeAsync());

  const view = (more: Partial<AccountView> = {}): AccountView => ({
    projectId: 7,
    deployId: "L-1",
    mode: "PAPER",
    feed: "replay",
    asOf: clock.time,
    feedTime: clock.time,
    source: "a test",
    currency: "USD",
    equity: d("100000"),
    launchEquity: d("100000"),
    cash: [],
    positions: [],
    working: [],
    realized: new Map(),
    quotes: new Map([
      [
        "SPY",
        {
          symbol: "SPY",
          price: d("100"),
          bid: d("100"),
          ask: d("100"),
          rate: d("1"),
          ageSeconds: 0,
          isMarketOpen: true,
          source: "local-cloud",
        },
      ],
    ]),
    ...more,
  });
  const watch = (seen: AccountView, realized: AccountView["realized"] = new Map()) =>
    watchAccount(seen, realized, {
      book,
      limits: limits(),
      now: clock.time,
      orderEnd: (_, key) => Promise.resolve(ends.get(key)),
    });
  async function reserve(key: string, end: ReservationEnd | undefined): Promise<void> {
    const intent = { account: "L-1", symbol: "SPY", quantity: d("10"), type: "market", intentId: key } as const;
    const asked = { intent, key, view: riskViewOf(view(), "SPY", { ok: true, value: limits() }) };
    const reserved = await book.reserve(asked, () => Promise.resolve(1));
    if (!reserved.ok) throw new Error(JSON.stringify(reserved.refusals));
    if (end !== undefined) await book.settle("L-1", reserved.reservation.id, end);
  }
  const held = (): number => book.reservationsOf("L-1").filter(({ stage }) => stage.kind !== "ended").length;

  it("latches a loss though nobody places an order", async () => {
    expect((await watch(view())).mode.kind).toBe("ACTIVE");
    clock.time += SECOND;
    expect((await watch(view({ equity: d("94000") }))).mode).toMatchObject({
      kind: "REDUCING",
      reasons: ["daily-loss"],
    });
    clock.time += SECOND;
    expect((await watch(view({ equity: d("100000") }))).mode.kind).toBe("REDUCING");
  });

  it("counts losing trades in a row by what was realised", async () => {
    let realized: AccountView["realized"] = new Map([["SPY", d("0")]]);
    for (let loss = 1; loss <= 4; loss += 1) {
      clock.time += SECOND;
      ({ realized } = await watch(view({ realized: new Map([["SPY", d(String(-loss))]]) }), realized));
    }
    expect(book.stateOf("L-1").lossStreak).toBe(4);
    clock.time += SECOND;
    await watch(view({ realized: new Map([["SPY", d("5")]]) }), realized);
    expect(book.stateOf("L-1").lossStreak).toBe(0);
  });

  it("gives room back when it finds how an order ended that nobody knew of", async () => {
    await reserve("filled", "unknown");
    await watch(view());
    expect(held()).toBe(1);
    ends.set("filled", "filled");
    await watch(view());
    expect(held()).toBe(0);
  });

  it("leaves the room of a call that is still under way, and of an order that may yet come", async () => {
    await reserve("calling", undefined);
    ends.set("calling", "refused");
    await watch(view());
    expect(held()).toBe(1);
    await reserve("lost", "unknown");
    clock.time += 61 * SECOND;
    await watch(view());
    expect(held()).toBe(1);
  });

  it("gives the room of an order back that was never seen, once its command has expired", async () => {
    await reserve("lost", "unknown");
    clock.time += 181 * SECOND;
    await watch(view({ asOf: clock.time - 100 * SECOND }));
    expect(held()).toBe(1);
    await watch(view());
    expect(held()).toBe(0);
  });
});
