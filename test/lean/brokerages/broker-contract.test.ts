import { describe, expect, it } from "vitest";
import type { BrokerEvent, NewOrder } from "../../../src/lean/brokerages/broker-event.ts";
import { brokerStateSchema, type BrokerState } from "../../../src/lean/brokerages/broker-protocol.ts";
import { PaperBroker, type PaperBrokerOptions } from "../../../src/lean/brokerages/paper-broker.ts";
import { simulationSettingsSchema } from "../../../src/lean/brokerages/simulated-brokerage.ts";
import { ORDER_STATUS, ORDER_TYPE } from "../../../src/lean/orders/order.ts";
import { dataSourceOf, syntheticFiles } from "../../support/lean-synthetic.ts";

const DATA = dataSourceOf(syntheticFiles());
const SPY = { value: "SPY", market: "usa", securityType: 1 } as const;
const MINUTE = { symbol: SPY, resolution: 2, fillForward: true, extendedHours: false };
const DAILY = { ...MINUTE, resolution: 4 };

function utc(iso: string): number {
  return Date.parse(iso) * 1000;
}

const START = utc("2013-10-07T04:00:00Z");
const END = utc("2013-10-12T03:59:59Z");
const OPEN = utc("2013-10-07T14:00:00Z");

const BROKERS: readonly (readonly [string, Partial<PaperBrokerOptions>])[] = [
  ["the paper broker", {}],
  ["the simulated broker without a fault", { simulation: simulationSettingsSchema.parse({ seed: 5 }) }],
];

function order(id: number, parts: Partial<NewOrder> = {}): { op: "place"; order: NewOrder } {
  return {
    op: "place",
    order: {
      id,
      symbol: SPY,
      type: ORDER_TYPE.MARKET,
      quantity: "10",
      time: 0,
      tag: "",
      timeInForce: { kind: "gtc" },
      limitPrice: "0",
      stopPrice: "0",
      triggerPrice: "0",
      trailingAmount: "0",
      trailingAsPercentage: false,
      ...parts,
    },
  };
}

function open(options: Partial<PaperBrokerOptions> = {}): PaperBroker {
  return new PaperBroker({ data: DATA, startUtc: START, endUtc: END, ...options });
}

function statuses(events: readonly BrokerEvent[]): (readonly [number, number])[] {
  return events.flatMap((event) => (event.kind === "status" ? [[event.orderId, event.status] as const] : []));
}

function eventsOf(broker: PaperBroker, request: unknown): BrokerEvent[] {
  const answer = broker.handle(request);
  if (!answer.ok) throw new Error(answer.message);
  return answer.events;
}

function refusalOf(broker: PaperBroker, request: unknown): string {
  const answer = broker.handle(request);
  if (answer.ok) throw new Error("expected a refusal");
  return answer.message;
}

function throughText(state: BrokerState): BrokerState {
  return brokerStateSchema.parse(JSON.parse(JSON.stringify(state)));
}

describe.each(BROKERS)("%s", (_name, options) => {
  const { SUBMITTED, FILLED, CANCEL_PENDING, CANCELED, UPDATE_SUBMITTED } = ORDER_STATUS;

  function trading(): PaperBroker {
    const broker = open(options);
    eventsOf(broker, { op: "subscribe", subscriptions: [MINUTE] });
    broker.advance(OPEN);
    return broker;
  }

  it("fills a market order at once and books it with its fee", () => {
    const broker = trading();
    const events = eventsOf(broker, order(1));
    expect(statuses(events)).toEqual([
      [1, SUBMITTED],
      [1, FILLED],
    ]);
    const fill = events[1];
    if (fill?.kind !== "status") throw new Error("no fill");
    const { cash, positions } = broker.portfolio();
    expect(fill.fee).toBe("1");
    expect(positions).toMatchObject([{ quantity: 10, averagePrice: Number(fill.fillPrice) }]);
    expect(cash[0]?.amount).toBeCloseTo(100_000 - 10 * Number(fill.fillPrice) - 1, 8);
    expect(broker.takeChangedOrders()).toMatchObject([{ id: 1, status: FILLED, events: [{}, {}] }]);
    expect(broker.takeChangedOrders()).toEqual([]);
  });

  it("works on a limit order, changes it, and cancels it", () => {
    const broker = trading();
    expect(statuses(eventsOf(broker, order(1, { type: ORDER_TYPE.LIMIT, limitPrice: "1.004" })))).toEqual([
      [1, SUBMITTED],
    ]);
    const changed = eventsOf(broker, { op: "update", orderId: 1, changes: { limitPrice: "1.526", quantity: "7" } });
    expect(changed).toMatchObject([{ status: UPDATE_SUBMITTED, order: { limitPrice: "1.53", quantity: "7" } }]);
    expect(statuses(eventsOf(broker, { op: "cancel", orderId: 1, tag: "enough" }))).toEqual([
      [1, CANCEL_PENDING],
      [1, CANCELED],
    ]);
    expect(broker.account().orders).toEqual([]);
    expect(refusalOf(broker, { op: "cancel", orderId: 1, tag: "" })).toContain("order 1 is not open");
  });

  it("refuses what is no order, with what it expected", () => {
    const broker = trading();
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [order(1, { quantity: "0" }), /other than 0/],
      [order(1, { quantity: "NaN" }), /not a request/],
      [order(1, { quantity: "1e400" }), /not a request/],
      [order(1, { quantity: "0.5" }), /multiple of 1 of SPY/],
      [order(1, { quantity: "999999999999999999" }), /too large/],
      [order(1, { symbol: { ...SPY, value: "NOPE" } }), /NOPE is not subscribed/],
      [order(1, { type: ORDER_TYPE.LIMIT, limitPrice: "-3" }), /limitPrice above 0/],
      [order(1, { type: 6 }), /order type 6/],
      [{ op: "place" }, /not a request/],
      [{ op: "rob" }, /not a request/],
      [null, /not a request/],
      [{ op: "update", orderId: 9, changes: {} }, /order 9 is not open/],
    ];
    for (const [request, message] of cases) expect(refusalOf(broker, request)).toMatch(message);
    expect(broker.state()).toMatchObject({ cash: { USD: "100000" }, orders: [], holdings: [] });
    eventsOf(broker, order(5));
    expect(refusalOf(broker, order(5))).toMatch(/order id 5 is taken, the next one is 6/);
    expect(refusalOf(broker, order(2))).toMatch(/order id 2 is taken/);
  });

  it("makes an order invalid that the account cannot carry", () => {
    const events = eventsOf(trading(), order(1, { quantity: "100000" }));
    expect(events).toMatchObject([
      { status: ORDER_STATUS.INVALID, message: expect.stringContaining("buying power") as unknown },
    ]);
  });

  it("splits holdings and open orders, pays fractions and dividends in cash", () => {
    const start = utc("2010-04-14T04:00:00Z");
    const broker = open({ ...options, startUtc: start, endUtc: utc("2010-04-30T04:00:00Z") });
    eventsOf(broker, { op: "subscribe", subscriptions: [DAILY] });
    broker.advance(utc("2010-04-15T21:00:00Z"));
    eventsOf(broker, order(1, { quantity: "11", type: ORDER_TYPE.MARKET_ON_OPEN }));
    broker.advance(utc("2010-04-16T21:00:00Z"));
    eventsOf(broker, order(2, { quantity: "-5", type: ORDER_TYPE.LIMIT, limitPrice: "1000" }));
    const before = broker.account();
    expect(before.holdings).toMatchObject([{ quantity: "11" }]);
    broker.advance(utc("2010-04-19T12:00:00Z"));
    const after = broker.account();
    expect(after.holdings).toMatchObject([{ quantity: "22" }]);
    expect(Number(after.holdings[0]?.averagePrice)).toBeCloseTo(Number(before.holdings[0]?.averagePrice) / 2, 8);
    expect(after.orders).toMatchObject([{ quantity: "-10", limitPrice: "500.000" }]);
    // The same factor row holds a dividend of 118.7 x (1 - 0.86 / 0.9912345) a share.
    const paid = Number(after.cash["USD"]) - Number(before.cash["USD"]);
    expect([11 * 15.72, 22 * 15.72].some((amount) => Math.abs(paid - amount) < 1e-6)).toBe(true);
  });

  it("goes on from its state as if nothing had been", () => {
    const script: readonly (readonly [number, unknown])[] = [
      [0, order(1, { quantity: "100" })],
      [3, order(2, { type: ORDER_TYPE.TRAILING_STOP, quantity: "-50", stopPrice: "160", trailingAmount: "0.4" })],
      [5, order(3, { type: ORDER_TYPE.LIMIT, quantity: "20", limitPrice: "165", timeInForce: { kind: "day" } })],
      [40, order(4, { type: ORDER_TYPE.STOP_LIMIT, quantity: "30", stopPrice: "167", limitPrice: "169" })],
      [60, { op: "update", orderId: 3, changes: { quantity: "25" } }],
      [420, order(5, { type: ORDER_TYPE.MARKET_ON_OPEN, quantity: "-10" })],
      [500, order(6, { type: ORDER_TYPE.LIMIT_IF_TOUCHED, quantity: "5", triggerPrice: "166", limitPrice: "170" })],
    ];
    const run = (restarts: boolean): { events: BrokerEvent[]; state: BrokerState } => {
      let broker = trading();
      const events: BrokerEvent[] = [];
      for (let minute = 0; minute <= 4 * 1440; minute += 1) {
        events.push(...broker.advance(OPEN + minute * 60_000_000));
        for (const [at, request] of script) {
          const answer = at === minute ? broker.handle(request) : undefined;
          if (answer?.ok === true) events.push(...answer.events);
        }
        if (restarts && minute % 37 === 0) broker = open({ ...options, state: throughText(broker.state()) });
      }
      return { events, state: broker.state() };
    };
    const whole = run(false);
    expect(whole.events.filter(({ kind }) => kind === "moved").length).toBeGreaterThan(3);
    expect(statuses(whole.events).filter(([, status]) => status === FILLED).length).toBeGreaterThan(3);
    expect(run(true)).toEqual(whole);
  });

  it("is flat after a liquidation, also while the market is closed", () => {
    const broker = trading();
    eventsOf(broker, order(1, { quantity: "-100" }));
    eventsOf(broker, order(2, { type: ORDER_TYPE.LIMIT, limitPrice: "1" }));
    broker.advance(utc("2013-10-08T02:00:00Z"));
    const events = broker.liquidate("Liquidated");
    expect(statuses(events)).toEqual([
      [2, CANCELED],
      [3, FILLED],
    ]);
    expect(events[1]).toMatchObject({ order: { id: 3, quantity: "100", tag: "Liquidated" } });
    expect(broker.portfolio().positions).toEqual([]);
    expect(broker.account()).toMatchObject({ orders: [], nextOrderId: 4 });
    expect(broker.advance(utc("2013-10-08T15:00:00Z"))).toEqual([]);
  });
});

describe("the simulated broker", () => {
  function simulated(settings: object): PaperBroker {
    const broker = open({ simulation: simulationSettingsSchema.parse(settings) });
    eventsOf(broker, { op: "subscribe", subscriptions: [MINUTE] });
    broker.advance(OPEN);
    return broker;
  }
  const HALF_MINUTE = 30_000_000;

  it("lets orders, changes and cancels take effect after its latency", () => {
    const broker = simulated({ latencyMilliseconds: { least: 30_000, most: 30_000 } });
    expect(statuses(eventsOf(broker, order(1)))).toEqual([[1, ORDER_STATUS.SUBMITTED]]);
    expect(broker.nextTime()).toBe(OPEN + HALF_MINUTE);
    expect(statuses(broker.advance(OPEN + HALF_MINUTE))).toEqual([[1, ORDER_STATUS.FILLED]]);
    eventsOf(broker, order(2, { type: ORDER_TYPE.LIMIT, limitPrice: "1" }));
    broker.advance(OPEN + 4 * HALF_MINUTE);
    expect(eventsOf(broker, { op: "update", orderId: 2, changes: { quantity: "3" } })).toEqual([]);
    expect(broker.advance(OPEN + 5 * HALF_MINUTE)).toMatchObject([{ orderId: 2, order: { quantity: "3" } }]);
    expect(statuses(eventsOf(broker, { op: "cancel", orderId: 2, tag: "" }))).toEqual([
      [2, ORDER_STATUS.CANCEL_PENDING],
    ]);
    expect(statuses(broker.advance(OPEN + 6 * HALF_MINUTE))).toEqual([[2, ORDER_STATUS.CANCELED]]);
  });

  it("fills in parts that add up, and pays the fee of the whole", () => {
    const broker = simulated({ partialFillProbability: 0.9, seed: 3 });
    const events = eventsOf(broker, order(1, { quantity: "500" }));
    for (let minute = 1; minute < 120; minute += 1) events.push(...broker.advance(OPEN + minute * 60_000_000));
    const fills = events.filter((event) => event.kind === "status" && event.fillQuantity !== "0");
    expect(fills.length).toBeGreaterThan(2);
    expect(statuses(fills).map(([, status]) => status)).toEqual([
      ...fills.slice(1).map(() => ORDER_STATUS.PARTIALLY_FILLED),
      ORDER_STATUS.FILLED,
    ]);
    const sum = (field: "fillQuantity" | "fee"): number =>
      fills.reduce((total, event) => total + (event.kind === "status" ? Number(event[field]) : 0), 0);
    expect(sum("fillQuantity")).toBe(500);
    expect(sum("fee")).toBeCloseTo(2.5, 3);
    expect(broker.portfolio().positions).toMatchObject([{ quantity: 500 }]);
  });

  it("rejects by chance, the same orders for the same seed", () => {
    const outcomes = (seed: number): number[] => {
      const broker = simulated({ rejectProbability: 0.5, seed });
      return Array.from({ length: 20 }, (_, index) => statuses(eventsOf(broker, order(index + 1)))[0]?.[1] ?? -1);
    };
    expect(new Set(outcomes(1))).toEqual(new Set([ORDER_STATUS.SUBMITTED, ORDER_STATUS.INVALID]));
    expect(outcomes(1)).toEqual(outcomes(1));
    expect(outcomes(1)).not.toEqual(outcomes(2));
  });

  it("takes nothing and fills nothing while it is not connected", () => {
    const broker = simulated({ disconnects: [{ fromUtc: OPEN + 60_000_000, toUtc: OPEN + 600_000_000 }] });
    eventsOf(broker, order(1, { type: ORDER_TYPE.LIMIT, limitPrice: "500" }));
    expect(broker.advance(OPEN + 540_000_000)).toEqual([]);
    expect(refusalOf(broker, order(2))).toMatch(/not connected/);
    expect(statuses(broker.advance(OPEN + 660_000_000))).toEqual([[1, ORDER_STATUS.FILLED]]);
    expect(statuses(eventsOf(broker, order(2)))).toHaveLength(2);
  });

  it("keeps its dice and what is delayed across a restart", () => {
    const settings = { latencyMilliseconds: { least: 1000, most: 90_000 }, partialFillProbability: 0.5, seed: 9 };
    const run = (restarts: boolean): BrokerEvent[] => {
      let broker = simulated(settings);
      const events: BrokerEvent[] = [];
      for (let step = 1; step <= 120; step += 1) {
        const answer = step % 5 === 0 ? broker.handle(order(step)) : undefined;
        if (answer?.ok === true) events.push(...answer.events);
        events.push(...broker.advance(OPEN + step * 20_000_000));
        const simulation = simulationSettingsSchema.parse(settings);
        if (restarts) broker = open({ simulation, state: throughText(broker.state()) });
      }
      return events;
    };
    const whole = run(false);
    expect(whole.length).toBeGreaterThan(40);
    expect(run(true)).toEqual(whole);
  });
});
