import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";
import { testPython } from "../support/test-python.ts";
import { twinProject } from "./twin-project.ts";

const data = writeSyntheticData();
const pool = openTestPool({
  dataFolders: [data],
  trustedPython: { path: testPython(), environment: { PATH: "/usr/bin:/bin" } },
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

const HEAD = `from AlgorithmImports import *


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 9)
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.ibm = self.add_equity("IBM", Resolution.MINUTE).symbol
        self.securities[self.spy].set_fee_model(ConstantFeeModel(3))
        self.done = False

    def once(self):
        first, self.done = not self.done, True
        return first

    def codes(self):
        return [event.message.split("Code: ")[1].split(" ")[0] for event in self.told]
`;
const TELLS = `
    told = []

    def on_order_event(self, order_event):
        if order_event.status == OrderStatus.INVALID:
            self.told.append(order_event)
`;

type Options = readonly [limits?: Record<string, unknown>, more?: Record<string, unknown>];

async function run(body: string, ...options: Options): Promise<BacktestResult> {
  const result = await pool.backtest({ files: twinProject(`${HEAD}${TELLS}${body}`, ...options) });
  expect(result.error).toBeUndefined();
  return result;
}

/** What became of the orders that the body places when data comes first: \`filled\`, or the code of the refusal. */
async function outcomes(body: string, ...options: Options): Promise<string[]> {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => `            ${line.trim()}`);
  const { orders } = await run(
    `\n    def on_data(self, data):\n        if data.bars.contains_key(self.ibm) and self.once():\n${lines.join("\n")}\n`,
    ...options,
  );
  return orders.map(({ status, events }) => {
    const refusal = /Code: (\w+)/.exec(JSON.stringify(events))?.[1];
    return refusal ?? (status === 3 ? "filled" : `status ${status}`);
  });
}

describe("the twin", () => {
  it("changes no order, fee or statistic of a backtest while no limit binds", { timeout: 120_000 }, async () => {
    const trades = `
    def on_data(self, data):
        minute = self.time.minute
        if minute == 45:
            self.set_holdings(self.spy, 0.4)
        if minute == 50:
            self.limit_order(self.ibm, 10, self.securities[self.ibm].price * 0.999).update_quantity(12)
        if minute == 10:
            self.liquidate()
        if minute == 20:
            self.stop_market_order(self.spy, -5, self.securities[self.spy].price * 0.999)
`;
    const wide = {
      maxOrderNotional: "1e9",
      maxGrossNotional: "1e9",
      maxLeverage: "9",
      maxConcentration: "9",
      priceCollar: "0.9",
      dailyLoss: "1e9",
      maxDrawdown: "1",
      ordersPerDay: 1e6,
      universe: ["SPY", "IBM"],
    };
    const plain = await pool.backtest({ files: { "main.py": `${HEAD}${trades}` } });
    const guarded = await pool.backtest({ files: twinProject(`${HEAD}${trades}`, wide) });
    expect(guarded.error).toBeUndefined();
    expect(plain.orders.length).toBeGreaterThan(20);
    expect(guarded.orderListHash).toBe(plain.orderListHash);
    expect(guarded.statistics).toEqual(plain.statistics);
  });

  it.each<readonly [string, string, Record<string, unknown>, readonly string[]]>([
    ["a market order", "self.market_order(self.spy, 100)", { maxOrderNotional: "500" }, ["RISK_ORDER_NOTIONAL"]],
    ["set_holdings", "self.set_holdings(self.spy, 0.9)", { maxPositionNotional: "5000" }, ["RISK_POSITION"]],
    ["a limit order far away", "self.limit_order(self.spy, 1, 1)", { priceCollar: "0.05" }, ["RISK_PRICE_COLLAR"]],
    ["a symbol of no list", "self.market_order(self.spy, 1)", { universe: ["IBM"] }, ["RISK_UNIVERSE"]],
    ["a short sale", "self.market_order(self.spy, -100)", { maxPositionNotional: "500" }, ["RISK_POSITION"]],
    ["an empty list of symbols", "self.market_order(self.spy, 1)", { universe: [] }, ["RISK_UNIVERSE"]],
    [
      "several orders a minute",
      "self.market_order(self.spy, 1)\nself.market_order(self.spy, 1)",
      { ordersPerMinute: 1 },
      ["filled", "RISK_ORDER_RATE"],
    ],
    [
      "leverage over two symbols",
      "self.market_order(self.spy, 300)\nself.market_order(self.ibm, 300)",
      { maxLeverage: "0.6" },
      ["filled", "RISK_LEVERAGE"],
    ],
    ["one symbol too large", "self.market_order(self.spy, 400)", { maxConcentration: "0.25" }, ["RISK_CONCENTRATION"]],
    [
      "pending orders",
      "price = self.securities[self.spy].price\nself.limit_order(self.spy, 10, price * 0.99)\nself.limit_order(self.spy, 10, price * 0.99)",
      { maxPositionNotional: "2200" },
      ["status 1", "RISK_POSITION"],
    ],
  ])("refuses %s", { timeout: 60_000 }, async (_, body, limits, expected) => {
    expect(await outcomes(body, limits)).toEqual(expected);
  });

  it("says the same in an ordinary Python", { timeout: 60_000 }, async () => {
    const body = `
    def on_data(self, data):
        if data.bars.contains_key(self.ibm) and self.once():
            self.market_order(self.spy, 10)
            self.market_order(self.spy, 10)
            self.limit_order(self.ibm, 1, 1).update_quantity(100)
            self.liquidate()
`;
    const files = twinProject(`${HEAD}${TELLS}${body}`, { maxPositionNotional: "2500" });
    const [sandboxed, trusted] = [await pool.backtest({ files }), await pool.backtest({ files }, { isTrusted: true })];
    expect(sandboxed.error).toBeUndefined();
    expect(trusted.error).toBeUndefined();
    expect(trusted.orders).toEqual(sandboxed.orders);
    expect(sandboxed.orders.map(({ status }) => status)).toEqual([3, 7, 5, 3]);
  });

  it("lets reductions pass, liquidate too, and nothing that crosses zero", { timeout: 60_000 }, async () => {
    const body = `
      self.market_order(self.spy, 10)
      self.market_order(self.ibm, -10)
      self.market_order(self.spy, -11)
      self.market_order(self.spy, -4)
      self.liquidate()
      self.market_order(self.spy, 1)
    `;
    const limits = { ordersPerDay: 2 };
    expect(await outcomes(body, limits)).toEqual([
      "filled",
      "filled",
      "RISK_ORDER_RATE",
      "filled",
      "filled",
      "filled",
      "RISK_ORDER_RATE",
    ]);
  });

  it("judges an order as its change would make it", { timeout: 60_000 }, async () => {
    const { orders } = await run(
      `
    def on_data(self, data):
        if data.bars.contains_key(self.ibm) and self.once():
            self.ticket = self.limit_order(self.spy, 1, 1)
            self.ticket.update_quantity(10000)
            self.ticket.update_limit_price(2)
`,
      { maxPositionNotional: "5000" },
    );
    expect(orders).toMatchObject([{ quantity: 1, limitPrice: 2 }]);
  });

  it("is passed by the framework's targets", { timeout: 60_000 }, async () => {
    const main = `${HEAD.replace(
      "        self.done = False",
      `        self.done = False
        self.set_universe_selection(ManualUniverseSelectionModel([self.spy, self.ibm]))
        self.set_alpha(ConstantAlphaModel(InsightType.PRICE, InsightDirection.UP, timedelta(hours=1), 0.01, None))
        self.set_portfolio_construction(EqualWeightingPortfolioConstructionModel())`,
    )}${TELLS}`;
    const result = await pool.backtest({ files: twinProject(main, { universe: ["IBM"] }) });
    expect(result.error).toBeUndefined();
    expect(new Set(result.orders.filter(({ status }) => status === 3).map(({ symbol }) => symbol.value))).toEqual(
      new Set(["IBM"]),
    );
    expect(
      result.orders.filter(({ events }) => JSON.stringify(events).includes("RISK_UNIVERSE")).length,
    ).toBeGreaterThan(0);
  });

  it("latches a loss and goes on reducing", { timeout: 60_000 }, async () => {
    const body = `
      self.market_order(self.spy, 100)
      self.market_order(self.spy, 1)
      self.liquidate()
    `;
    expect(await outcomes(body, { dailyLoss: "0.01" })).toEqual(["filled", "RISK_DAILY_LOSS", "filled"]);
    expect(await outcomes(body, { maxDrawdown: "0.00000001" })).toEqual(["filled", "RISK_DRAWDOWN", "filled"]);
  });

  it("scales down what sizing may use by the capital fraction, and what may be held", { timeout: 60_000 }, async () => {
    const half = await run(
      `
    def on_data(self, data):
        if data.bars.contains_key(self.ibm) and self.once():
            self.set_holdings(self.spy, 1)
            share = self.portfolio[self.spy].holdings_value / self.portfolio.total_portfolio_value
            assert 0.45 < share < 0.5, share
            self.market_order(self.ibm, 200)
`,
      {},
      { capitalFraction: 0.5 },
    );
    expect(half.orders.map(({ status }) => status)).toEqual([3, 7]);
  });

  it("does not start with limits that it does not understand", { timeout: 60_000 }, async () => {
    for (const limits of [{ maxOrderNotonal: "1" }, { maxOrderNotional: "NaN" }, { maxOrderNotional: "-1" }]) {
      const result = await pool.backtest({ files: twinProject(HEAD, limits) });
      expect(result.error?.message).toMatch(/limit/);
    }
  });
});
