import { afterAll, describe, expect, it } from "vitest";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { openTestPool } from "../support/sandbox-pool.ts";

const pool = openTestPool({ syntheticSeed: 3 });
afterAll(() => pool[Symbol.asyncDispose]());

/** A day of made-up prices; `body` is the class's, after `initialize` has begun. */
async function run(body: string): Promise<BacktestResult> {
  const main = `from AlgorithmImports import *


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 3, 5)
        self.set_end_date(2024, 3, 5)
        self.done = False
${body}`;
  return pool.backtest({ files: { "main.py": main } });
}

describe("crypto through the facade", () => {
  it("has a cash book, symbol properties and balances in both spellings", async () => {
    const result = await run(`
        self.set_cash(50000)
        self.set_cash("EUR", 1000, 1.1)
        self.set_cash("BTC", 2)
        self.set_brokerage_model(BrokerageName.COINBASE, AccountType.CASH)
        self.btc = self.add_crypto("BTCUSD", Resolution.MINUTE).symbol

    def on_data(self, data):
        if self.done or self.btc not in data.quote_bars:
            return
        self.done = True
        security, book = self.securities[self.btc], self.portfolio.cash_book
        assert self.btc.security_type == SecurityType.CRYPTO and self.btc.id.market == Market.COINBASE
        assert self.symbol("BTCUSD") == self.btc and self.securities["BTCUSD"] is security
        properties = security.symbol_properties
        assert (properties.lot_size, properties.minimum_price_variation) == (0.00000001, 0.01)
        assert (properties.quote_currency, security.base_currency.symbol) == ("USD", "BTC")
        assert security.exchange.hours.is_open(self.time) and self.is_market_open(self.btc)
        assert sorted(book.keys()) == ["BTC", "EUR", "USD"] and book["USD"].amount == 50000
        assert book["BTC"].conversion_rate == security.price and self.Portfolio.CashBook["BTC"].Amount == 2
        total = 50000 + 1000 * book["EUR"].conversion_rate + 2 * security.price
        assert abs(self.portfolio.cash - total) < 0.01 and self.portfolio.cash == self.portfolio.total_portfolio_value
        assert abs(book.convert(1, "BTC", "USD") - security.price) < 0.01
        ticket = self.limit_order(self.btc, -1, round(security.price * 0.9, 2), tag="marketable")
        assert ticket.status == OrderStatus.SUBMITTED
        self.kept = ticket

    def on_order_event(self, order_event):
        if order_event.status == OrderStatus.FILLED:
            assert order_event.order_fee.value.currency == "USD" and order_event.order_fee.value.amount > 0

    def on_end_of_algorithm(self):
        assert self.done and self.kept.status == OrderStatus.FILLED
        assert self.portfolio.cash_book["BTC"].amount == 1
        assert self.portfolio[self.btc].quantity == -1
`);
    expect(result.error).toBeUndefined();
    expect(result.synthetic).toBe(true);
    expect(result.fills).toHaveLength(1);
  });

  it("refuses a margin account where the exchange has none, and unknown pairs, as exceptions of Python", async () => {
    const margin = await run("        self.set_brokerage_model(BrokerageName.COINBASE)\n");
    expect(margin.error).toMatchObject({ phase: "initialize" });
    expect(margin.error?.message).toContain("COINBASE has cash accounts only");
    const pair = await run('        self.add_crypto("NOPAIR")\n');
    expect(pair.error?.message).toContain('expected a pair of currencies such as "BTCUSD", got "NOPAIR"');
  });

  it("is known to the compile check, with models, markets and framework folders", async () => {
    const main = `from AlgorithmImports import *
from Execution.ImmediateExecutionModel import ImmediateExecutionModel
from Alphas.ConstantAlphaModel import ConstantAlphaModel


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_brokerage_model(KrakenBrokerageModel(AccountType.CASH))
        self.add_crypto("BTCUSD", Resolution.SECOND, Market.KRAKEN).set_fee_model(KrakenFeeModel())
        self.object_store.save("key", "text")
        self.set_execution(ImmediateExecutionModel())
        self.set_alpha(ConstantAlphaModel(InsightType.PRICE, InsightDirection.UP, timedelta(1)))
        self.quit()
`;
    expect(await pool.compile({ "main.py": main })).toEqual({ ok: true, diagnostics: [] });
    const result = await pool.backtest({ files: { "main.py": main } });
    expect(result.error).toBeUndefined();
  });
});
