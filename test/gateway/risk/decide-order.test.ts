import { describe, expect, it } from "vitest";
import { Decimal } from "../../../src/domain/decimal.ts";
import { parseLimits } from "../../../src/domain/limits.ts";
import { orderContent } from "../../../src/domain/order-intent.ts";
import { decideOrder, type RiskQuestion } from "../../../src/gateway/risk/decide-order.ts";
import type { Reservation } from "../../../src/gateway/risk/reservation.ts";
import { RISK_CODES } from "../../../src/gateway/risk/risk-codes.ts";
import { nextMode } from "../../../src/gateway/risk/risk-mode.ts";
import { intent, limits, NOON, position, question, quote, SECOND, snapshot, state, working } from "./support.ts";

function codes(order: Record<string, unknown>, changes: Parameters<typeof question>[0] = {}): string[] {
  const verdict = decideOrder(intent(order), question(changes));
  return verdict.ok ? [] : verdict.refusals.map(({ code }) => code);
}

function held(quantity: string, changes: Partial<Reservation> = {}): Reservation {
  return {
    id: "r",
    account: "A1",
    key: "k",
    symbol: "SPY",
    quantity: Decimal.parse(quantity),
    unitValue: Decimal.parse("100"),
    at: NOON - 5 * SECOND,
    stage: { kind: "held" },
    ...changes,
  };
}

const recent = (order: Record<string, unknown>, count: number, admitted: boolean, at = NOON - SECOND) =>
  Array.from({ length: count }, () => ({
    content: orderContent(intent(order)),
    intentId: intent(order).intentId ?? null,
    at,
    admitted,
  }));

type Case = readonly [code: string, order: Record<string, unknown>, changes: Parameters<typeof question>[0]];

/** For each code an order that is refused for nothing else. */
const CASES: readonly Case[] = [
  ["LIMITS_MISSING", {}, { limits: undefined }],
  ["LIMITS_INVALID", {}, { limits: refusedLimits() }],
  ["SNAPSHOT_MISSING", {}, { snapshot: undefined }],
  ["SNAPSHOT_INVALID", {}, { snapshot: snapshot({ account: "A2" }) }],
  ["SNAPSHOT_INVALID", {}, { snapshot: snapshot({ workingOrders: [working("OLD", "1", { unitValue: "0" })] }) }],
  ["SNAPSHOT_STALE", {}, { snapshot: snapshot({ at: NOON - 31 * SECOND }) }],
  ["QUOTE_UNAVAILABLE", {}, { quote: undefined }],
  ["QUOTE_INVALID", {}, { quote: quote({ symbol: "AAPL" }) }],
  ["QUOTE_SOURCE_UNKNOWN", {}, { quote: quote({ source: "the caller" }) }],
  ["QUOTE_STALE", {}, { quote: quote({ at: NOON - 11 * SECOND }) }],
  ["RISK_INPUT_INVALID", { account: "A2" }, {}],
  ["RISK_CLOCK", {}, { state: state({ clock: NOON + 60 * SECOND }) }],
  ["RISK_HALTED", {}, { state: state({ mode: { kind: "HALTED", since: NOON, reason: "asked" } }) }],
  ["RISK_REDUCE_ONLY", {}, { state: state({ mode: { kind: "REDUCING", since: NOON, reasons: ["asked"] } }) }],
  ["RISK_REDUCE_ONLY", {}, { rules: { reduceOnly: true } }],
  ["RISK_UNIVERSE", { symbol: "TSLA" }, { quote: quote({ symbol: "TSLA" }) }],
  ["RISK_UNIVERSE", {}, { rules: { universe: [] } }],
  ["RISK_SESSION", {}, { marketOpen: false }],
  ["RISK_SESSION", {}, { marketOpen: undefined }],
  ["RISK_SESSION", { type: "market-on-open" }, { marketOpen: undefined }],
  ["RISK_ORDER_RATE", {}, { state: state({ clock: NOON, attempts: Array.from({ length: 5 }, () => NOON) }) }],
  [
    "RISK_ORDER_RATE",
    {},
    { state: state({ clock: NOON, attempts: Array.from({ length: 60 }, () => NOON - 59 * SECOND) }) },
  ],
  ["RISK_ORDER_RATE", {}, { state: state({ ordersToday: 500, day: { date: "2026-11-20", endsAt: NOON + 1 } }) }],
  ["RISK_REPEATED_ORDER", {}, { state: state({ recent: recent({}, 3, false, NOON - 59 * SECOND) }) }],
  ["RISK_DUPLICATE_INTENT", {}, { state: state({ recent: recent({ intentId: "i" }, 1, true) }) }],
  [
    "RISK_DUPLICATE_INTENT",
    { intentId: "i" },
    { state: state({ recent: recent({ intentId: "i", quantity: 3 }, 1, true) }) },
  ],
  ["RISK_COOLDOWN", {}, { state: state({ lossStreak: 4, lastLossAt: NOON - 3599 * SECOND }) }],
  ["RISK_DAILY_LOSS", {}, { state: state({ mode: { kind: "REDUCING", since: 1, reasons: ["daily-loss"] } }) }],
  ["RISK_DAILY_LOSS", {}, known({ startEquity: "51000", peakEquity: "51000" })],
  ["RISK_DRAWDOWN", {}, { state: state({ mode: { kind: "REDUCING", since: 1, reasons: ["drawdown"] } }) }],
  ["RISK_DRAWDOWN", {}, known({ startEquity: "50000", peakEquity: "62500" })],
  ["RISK_CONVERSION", {}, { quote: quote({ currency: "JPY" }) }],
  ["RISK_PRICE_COLLAR", { type: "limit", limitPrice: "94.99" }, {}],
  ["RISK_PRICE_COLLAR", { type: "limit", limitPrice: "105.01" }, {}],
  ["RISK_PRICE_COLLAR", { type: "stop-market", stopPrice: "105.01" }, {}],
  ["RISK_PRICE_COLLAR", { type: "stop-limit", stopPrice: "104", limitPrice: "109.21" }, {}],
  ["RISK_ORDER_NOTIONAL", { quantity: "100.01" }, {}],
  ["RISK_ORDER_NOTIONAL", { quantity: -101 }, {}],
  ["RISK_POSITION", { quantity: 1 }, { snapshot: snapshot({ positions: [position("SPY", "200")] }) }],
  ["RISK_GROSS", { quantity: 1 }, { snapshot: snapshot({ equity: "90000", positions: [position("OLD", "-500")] }) }],
  ["RISK_LEVERAGE", { quantity: 1 }, { snapshot: snapshot({ equity: "20000", positions: [position("OLD", "400")] }) }],
  ["RISK_CONCENTRATION", { quantity: 61 }, { snapshot: snapshot({ equity: "12000" }) }],
];

function refusedLimits(): RiskQuestion["limits"] {
  const parsed = parseLimits({ version: 2 });
  return parsed.ok ? undefined : parsed;
}

function known({ startEquity, peakEquity }: { startEquity: string; peakEquity: string }): Partial<RiskQuestion> {
  const equities = { startEquity: Decimal.parse(startEquity), peakEquity: Decimal.parse(peakEquity) };
  const day = { date: "2026-11-20", endsAt: NOON + 1 };
  return { state: state({ ...equities, netTransfers: Decimal.ZERO, day }) };
}

describe("a decision of the risk kernel", () => {
  it("lets an order pass that is within all limits, and says what it leads to", () => {
    const verdict = decideOrder(intent(), question());
    expect(verdict).toMatchObject({ ok: true, reduction: false });
    const figures = verdict.ok ? verdict.figures : undefined;
    expect([figures?.orderNotional, figures?.positionNotional, figures?.grossNotional].map(String)).toEqual([
      "1000",
      "1000",
      "1000",
    ]);
  });

  it.each(CASES)("refuses with %s: %j", (code, order, changes) => {
    expect(codes(order, changes)).toEqual([code]);
  });

  it("has a test for every code, and a message and meaning for each", () => {
    const elsewhere = ["RISK_REARM_DENIED", "RISK_RESERVATION_UNKNOWN"];
    const covered = new Set([...CASES.map(([code]) => code), ...elsewhere]);
    expect([...covered].toSorted()).toEqual(Object.keys(RISK_CODES).toSorted());
    const denied = nextMode({ kind: "HALTED", since: 1, reason: "x" }, { kind: "rearm", by: "host" });
    expect(denied).toMatchObject({ ok: false, refusal: { code: "RISK_REARM_DENIED" } });
  });

  it("names all that speaks against an order, not only the first", () => {
    const many = codes({ quantity: 1000, symbol: "TSLA" }, { quote: quote({ symbol: "TSLA" }), marketOpen: false });
    const money = ["RISK_ORDER_NOTIONAL", "RISK_POSITION", "RISK_GROSS", "RISK_CONCENTRATION"];
    expect(many).toEqual(["RISK_UNIVERSE", "RISK_SESSION", ...money]);
  });

  it("takes an order that carries its bound for worth that, where nothing has a price", () => {
    const blind = { quote: undefined, marketOpen: undefined };
    expect(codes({ quantity: 3, maxNotional: "1000" }, { ...blind, rules: { maxOrderNotional: "1000" } })).toEqual([]);
    expect(codes({ quantity: 3, maxNotional: "1000.01" }, { ...blind, rules: { maxOrderNotional: "1000" } })).toEqual([
      "RISK_ORDER_NOTIONAL",
    ]);
    // Thirds are rounded up: two orders of which each has half the room do not leave a hair of it.
    const half = decideOrder(intent({ quantity: 3, maxNotional: "1000" }), question(blind));
    const unit = half.ok ? half.unitValue : Decimal.ZERO;
    expect(unit.multiply(Decimal.parse("3")).compare(Decimal.parse("1000"))).toBeGreaterThanOrEqual(0);
    // What is known counts: a price that is too old, and a market that is closed.
    expect(codes({ maxNotional: "1000" }, { quote: quote({ at: NOON - 11 * SECOND }) })).toEqual(["QUOTE_STALE"]);
    expect(codes({ maxNotional: "1000" }, { quote: undefined, marketOpen: false })).toEqual(["RISK_SESSION"]);
    // With a price the bound makes nothing cheaper.
    expect(codes({ maxNotional: "1" }, { rules: { maxOrderNotional: "999" } })).toEqual(["RISK_ORDER_NOTIONAL"]);
  });

  it("values a limit at the larger of limit and quote, and ignores prices that a market order was given", () => {
    const rules = { maxOrderNotional: "1000" };
    expect(codes({ quantity: 10, type: "limit", limitPrice: "96" }, { rules })).toEqual([]);
    expect(codes({ quantity: 10, type: "limit", limitPrice: "96" }, { rules: { maxOrderNotional: "999" } })).toEqual([
      "RISK_ORDER_NOTIONAL",
    ]);
    expect(codes({ quantity: 10, type: "limit", limitPrice: "100.01" }, { rules })).toEqual(["RISK_ORDER_NOTIONAL"]);
    for (const type of ["market", "market-on-open", "market-on-close"]) {
      expect(codes({ quantity: 11, type, limitPrice: "0.01", stopPrice: "0.01" }, { rules })).toEqual([
        "RISK_ORDER_NOTIONAL",
      ]);
    }
    expect(codes({ quantity: 10, type: "stop-market", stopPrice: "100.01" }, { rules })).toEqual([
      "RISK_ORDER_NOTIONAL",
    ]);
    expect(codes({ quantity: 10, type: "stop-market", stopPrice: "99" }, { rules })).toEqual([]);
    const far = { quantity: 10, type: "stop-limit", stopPrice: "99", limitPrice: "100.01" };
    expect(codes(far, { rules })).toEqual(["RISK_ORDER_NOTIONAL"]);
  });

  it("values at the highest of price, bid and ask, with multiplier and currency", () => {
    const rules = { maxOrderNotional: "1000" };
    expect(codes({}, { rules, quote: quote({ ask: "100.01", bid: "99" }) })).toEqual(["RISK_ORDER_NOTIONAL"]);
    expect(codes({ quantity: -10 }, { rules, quote: quote({ bid: "100.01" }) })).toEqual(["RISK_ORDER_NOTIONAL"]);
    expect(codes({}, { rules, quote: quote({ multiplier: "1.1" }) })).toEqual(["RISK_ORDER_NOTIONAL"]);
    const yen = { symbol: "7203.T", price: "15000", currency: "JPY", conversion: "0.0066" };
    expect(codes({ symbol: "7203.T" }, { rules, quote: quote(yen) })).toEqual([]);
    expect(codes({ symbol: "7203.T" }, { rules, quote: quote({ ...yen, conversion: "0.0067" }) })).toEqual([
      "RISK_ORDER_NOTIONAL",
    ]);
  });

  it("counts working orders and reservations as filled, and what reduces as not", () => {
    const rules = { maxPositionNotional: "2000" };
    const order = { quantity: 5 };
    const of = (changes: Partial<RiskQuestion>): string[] => codes(order, { rules, ...changes });
    expect(of({ snapshot: snapshot({ positions: [position("SPY", "15")] }) })).toEqual([]);
    expect(of({ snapshot: snapshot({ workingOrders: [working("SPY", "15")] }) })).toEqual([]);
    expect(of({ snapshot: snapshot({ workingOrders: [working("SPY", "16")] }) })).toEqual(["RISK_POSITION"]);
    expect(of({ snapshot: snapshot({ workingOrders: [working("SPY", "20", { filled: "5" })] }) })).toEqual([]);
    expect(of({ reservations: [held("15")] })).toEqual([]);
    expect(of({ reservations: [held("8"), held("8", { id: "r2", stage: { kind: "unknown" } })] })).toEqual([
      "RISK_POSITION",
    ]);
    const selling = snapshot({ positions: [position("SPY", "20")], workingOrders: [working("SPY", "-20")] });
    expect(of({ snapshot: selling, reservations: [held("-20")] })).toEqual(["RISK_POSITION"]);
    expect(codes({ quantity: -5 }, { rules, reservations: [held("-16")] })).toEqual(["RISK_POSITION"]);
    expect(
      codes(
        { quantity: 5, symbol: "AAPL" },
        { rules: { maxGrossNotional: "2000" }, quote: quote({ symbol: "AAPL" }), reservations: [held("16")] },
      ),
    ).toEqual(["RISK_GROSS"]);
  });

  it("drops a reservation when a later snapshot shows what it did, or lists its order whole", () => {
    const rules = { maxPositionNotional: "2000" };
    const at = NOON - SECOND;
    const of = (stage: Reservation["stage"], order?: Record<string, unknown>): string[] =>
      codes(
        { quantity: 5 },
        {
          rules,
          reservations: [held("16", { stage })],
          snapshot: snapshot({ workingOrders: order === undefined ? [] : [order] }),
        },
      );
    expect(of({ kind: "ended", at: at - 1 })).toEqual([]);
    expect(of({ kind: "ended", at })).toEqual(["RISK_POSITION"]);
    expect(of({ kind: "held" }, working("SPY", "16", { tag: "k", filled: "1" }))).toEqual([]);
    expect(of({ kind: "held" }, working("SPY", "16", { tag: "other", filled: "15" }))).toEqual(["RISK_POSITION"]);
    expect(of({ kind: "held" }, working("SPY", "1", { tag: "k" }))).toEqual(["RISK_POSITION"]);
    expect(of({ kind: "held" }, working("AAPL", "16", { tag: "k", filled: "16" }))).toEqual(["RISK_POSITION"]);
  });

  it("lets a reduction pass limits on money, pace and losses, without a quote and outside the session", () => {
    const rules = {
      maxOrderNotional: "0",
      maxPositionNotional: "0",
      maxGrossNotional: "0",
      ordersPerDay: 0,
      ordersPerSecond: 0,
      universe: [],
      reduceOnly: true,
      repeatedOrder: { count: 0, windowSeconds: 1 },
    };
    const holding = snapshot({ positions: [position("SPY", "20")], equity: "-5" });
    const reasons = ["daily-loss", "drawdown", "asked"] as const;
    const hard = state({
      mode: { kind: "REDUCING", since: 1, reasons: [...reasons] },
      lossStreak: 99,
      lastLossAt: NOON,
    });
    const changes = { rules, snapshot: holding, quote: undefined, marketOpen: undefined, state: hard };
    expect(codes({ quantity: -20 }, changes)).toEqual([]);
    expect(codes({ quantity: -1, type: "stop-market", stopPrice: "50" }, changes)).toEqual([]);
    const short = { ...changes, snapshot: snapshot({ positions: [position("SPY", "-20")] }) };
    expect(codes({ quantity: 20 }, short)).toEqual([]);
  });

  it("takes no order for a reduction that could cross zero or make the position larger", () => {
    const rules = { reduceOnly: true };
    const holding = snapshot({ positions: [position("SPY", "20")] });
    const closing = snapshot({ positions: [position("SPY", "20")], workingOrders: [working("SPY", "-15")] });
    expect(codes({ quantity: -21 }, { rules, snapshot: holding })).toEqual(["RISK_REDUCE_ONLY"]);
    expect(codes({ quantity: 1 }, { rules, snapshot: holding })).toEqual(["RISK_REDUCE_ONLY"]);
    expect(codes({ quantity: -5 }, { rules, snapshot: closing })).toEqual([]);
    expect(codes({ quantity: -6 }, { rules, snapshot: closing })).toEqual(["RISK_REDUCE_ONLY"]);
    expect(codes({ quantity: -5 }, { rules, snapshot: closing, reservations: [held("-1")] })).toEqual([
      "RISK_REDUCE_ONLY",
    ]);
    expect(codes({ quantity: -5 }, { rules })).toEqual(["RISK_REDUCE_ONLY"]);
    const other = { rules, snapshot: holding, quote: quote({ symbol: "AAPL" }) };
    expect(codes({ quantity: -5, symbol: "AAPL" }, other)).toEqual(["RISK_REDUCE_ONLY"]);
  });

  it("stops a reduction in a halt, on a stale snapshot, at a foolish price, or with a used intent id", () => {
    const holding = snapshot({ positions: [position("SPY", "20")] });
    const halted = state({ mode: { kind: "HALTED", since: 1, reason: "asked" } });
    expect(codes({ quantity: -5 }, { snapshot: holding, state: halted })).toEqual(["RISK_HALTED"]);
    const old = { ...holding, at: NOON - 31 * SECOND };
    expect(codes({ quantity: -5 }, { snapshot: old })).toEqual(["SNAPSHOT_STALE"]);
    const cheap = { quantity: -5, type: "limit", limitPrice: "90" };
    expect(codes(cheap, { snapshot: holding })).toEqual(["RISK_PRICE_COLLAR"]);
    expect(codes(cheap, { snapshot: holding, quote: undefined })).toEqual(["QUOTE_UNAVAILABLE"]);
    const used = state({ recent: recent({ intentId: "i" }, 1, true) });
    expect(codes({ quantity: -5, intentId: "i" }, { snapshot: holding, state: used })).toEqual([
      "RISK_DUPLICATE_INTENT",
    ]);
  });

  it("takes what is from the future, older than what was seen, or not a time for stale", () => {
    expect(codes({}, { quote: quote({ at: NOON + 1 }) })).toEqual(["QUOTE_STALE"]);
    expect(codes({}, { quote: { ...quote(), at: Number.NaN } })).toEqual(["QUOTE_STALE"]);
    expect(codes({}, { snapshot: snapshot({ at: NOON + 1 }) })).toEqual(["SNAPSHOT_STALE"]);
    expect(codes({}, { snapshot: { ...snapshot(), at: Number.NaN } })).toEqual(["SNAPSHOT_STALE"]);
    expect(codes({}, { state: state({ snapshotAt: NOON }) })).toEqual(["SNAPSHOT_STALE"]);
    // A clock that went back by less than a second still makes nothing younger than it was.
    const back = { state: state({ clock: NOON + SECOND / 2 }), quote: quote({ at: NOON - 9.6 * SECOND }) };
    expect(codes({}, back)).toEqual(["QUOTE_STALE"]);
    expect(codes({}, { state: state({ clock: NOON + SECOND / 2 }) })).toEqual([]);
  });

  it("refuses numbers that cannot be reckoned with instead of failing", () => {
    const huge = Decimal.parse("70000000000000000000000000000");
    expect(codes({}, { quote: { ...quote(), price: huge, multiplier: huge } })).toEqual(["RISK_INPUT_INVALID"]);
    const order = { ...intent(), quantity: Decimal.ZERO };
    expect(decideOrder(order, question())).toMatchObject({ refusals: [{ code: "RISK_INPUT_INVALID" }] });
    const negative = { ...intent(), type: "limit" as const, limitPrice: Decimal.parse("-1") };
    expect(decideOrder(negative, question())).toMatchObject({ refusals: [{ code: "RISK_INPUT_INVALID" }] });
  });

  it("lets time pass for throttles, cool-down and rates, and different orders alone", () => {
    const at = NOON - 60 * SECOND;
    const past = state({
      clock: NOON - SECOND,
      recent: recent({}, 3, true, at),
      attempts: Array.from({ length: 60 }, () => at),
      lossStreak: 4,
      lastLossAt: NOON - 3600 * SECOND,
    });
    expect(codes({}, { state: past })).toEqual([]);
    const other = state({ recent: recent({ quantity: 11 }, 3, true) });
    expect(codes({}, { state: other })).toEqual([]);
    const mine = state({ recent: recent({ intentId: "i" }, 1, true) });
    expect(codes({ intentId: "j" }, { state: mine })).toEqual([]);
    expect(codes({ limitPrice: "3", timeInForce: "day" }, { state: mine })).toEqual(["RISK_DUPLICATE_INTENT"]);
  });

  it("allows market-on-open while the market is closed, and all hours where the limits say so", () => {
    expect(codes({ type: "market-on-open" }, { marketOpen: false })).toEqual([]);
    expect(codes({}, { marketOpen: undefined, limits: { ok: true, value: limits({ sessionHours: "any" }) } })).toEqual(
      [],
    );
  });
});
