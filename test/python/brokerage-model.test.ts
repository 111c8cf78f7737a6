import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";

const data = writeSyntheticData();
const pool = openTestPool({ dataFolders: [data] });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

const HEAD = `from AlgorithmImports import *


class Picky(DefaultBrokerageModel):
    def can_submit_order(self, security, order, message):
        if abs(order.quantity) > 10:
            return False, BrokerageMessageEvent(BrokerageMessageType.INFORMATION, "", f"{security.symbol.value}: too many")
        return True, None

    def can_update_order(self, security, order, request, message):
        if request.quantity is not None and abs(request.quantity) > 10:
            return False, BrokerageMessageEvent(BrokerageMessageType.INFORMATION, "", "this order can not be updated")
        return True, None


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 8)
        self.set_brokerage_model(Picky())
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.done = False
`;

async function run(body: string): Promise<BacktestResult> {
  const result = await pool.backtest({ files: { "main.py": `${HEAD}${body}` } });
  expect(result.error).toBeUndefined();
  return result;
}

describe("a brokerage model of the user's own", () => {
  it("refuses orders before they go out, with LEAN's code and text", async () => {
    const result = await run(`
    def on_data(self, data):
        if self.done:
            return
        self.done = True
        ticket = self.market_order(self.spy, 11)
        assert ticket.status == OrderStatus.INVALID, ticket.status
        assert self.market_order(self.spy, 10).status == OrderStatus.FILLED
        assert self.portfolio[self.spy].quantity == 10
`);
    expect(result.orders.map(({ status }) => status)).toEqual([7, 3]);
    expect(JSON.stringify(result.orders[0]?.events)).toContain(
      "BrokerageModel declared unable to submit order: [1] Information - Code:  - SPY: too many",
    );
  });

  it("refuses changes of orders, which then stay as they were", async () => {
    const { orders } = await run(`
    def on_data(self, data):
        if not self.done:
            self.done = True
            self.ticket = self.limit_order(self.spy, 5, 1)
            self.ticket.update_quantity(11)
            self.ticket.update_limit_price(2)

    def on_end_of_algorithm(self):
        assert self.ticket.quantity == 5, self.ticket.quantity
        assert self.ticket.get(OrderField.LIMIT_PRICE) == 2
`);
    expect(orders).toMatchObject([{ quantity: 5, limitPrice: 2 }]);
  });

  it("is asked by set_holdings and liquidate, too", async () => {
    const { orders } = await run(`
    def on_data(self, data):
        if not self.done:
            self.done = True
            self.set_holdings(self.spy, 1)
            assert not self.portfolio.invested
            self.market_order(self.spy, 10)
            self.market_order(self.spy, 10)
            self.liquidate()

    def on_end_of_algorithm(self):
        assert self.portfolio[self.spy].quantity == 20, self.portfolio[self.spy].quantity
`);
    expect(orders.map(({ status }) => status)).toEqual([7, 3, 3, 7]);
  });
});
