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

/** Runs an algorithm on made-up minutes of SPY and IBM; `body` is the class's, from `initialize` on. */
async function run(body: string, parameters: Record<string, string> = {}): Promise<BacktestResult> {
  const main = `from AlgorithmImports import *\n\n\nclass Mine(QCAlgorithm):\n${body}`;
  return pool.backtest({ files: { "main.py": main }, parameters });
}

const SETUP = `
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 9)
        self.set_cash(100000)
        self.symbol = self.add_equity("SPY", Resolution.MINUTE).symbol
`;

async function expectClean(body: string, parameters: Record<string, string> = {}): Promise<BacktestResult> {
  const result = await run(body, parameters);
  expect(result.error).toBeUndefined();
  expect(result.dataPoints).toBeGreaterThan(1000);
  return result;
}

describe("the facade", () => {
  it("takes LEAN's two spellings of every name for the same", async () => {
    const snake = await expectClean(`${SETUP}
    def on_data(self, data):
        if not self.portfolio.invested and data.bars.contains_key(self.symbol):
            self.set_holdings(self.symbol, 0.5)
`);
    const pascal = await expectClean(`
    def Initialize(self):
        self.SetStartDate(2013, 10, 7)
        self.SetEndDate(2013, 10, 9)
        self.SetCash(100000)
        self.spy = self.AddEquity("SPY", Resolution.Minute).Symbol

    def OnData(self, data):
        if not self.Portfolio.Invested and data.Bars.ContainsKey(self.spy):
            self.SetHoldings(self.spy, 0.5)
`);
    expect(snake.orders).toHaveLength(1);
    expect(pascal.orderListHash).toBe(snake.orderListHash);
    expect(pascal.statistics).toEqual(snake.statistics);
  });

  it("hands out bars and slices that stay as they were, and lets users name attributes as they like", async () => {
    const { status } = await expectClean(`${SETUP}
        self.orders, self.tickets, self.time_of, self.kept, self.slices = [], {}, {}, [], []

    def on_data(self, data):
        if data.dividends.contains_key(self.symbol):
            assert data["SPY"] is None and self.time.hour == 0 and data.dividends["SPY"].distribution > 0
            return
        assert "SPY" in data and self.symbol in data and data.contains_key("spy") and "XYZ" not in data
        bar = data["SPY"]
        assert bar is data[self.symbol] and bar.symbol == "SPY" and bar.end_time == self.time == data.time
        assert bar.period == timedelta(minutes=1) and bar.low <= bar.open <= bar.high
        assert [k.value for k, v in data.bars.items()] == ["SPY"] and data.bars["SPY"].close == bar.price
        for pair in data.bars:
            assert pair.key == self.symbol and pair.value.volume == bar.volume
        assert data.quote_bars["SPY"].ask.close >= data.quote_bars["SPY"].bid.close
        if len(self.kept) < 50:
            self.kept.append((bar, bar.close, bar.end_time))
            self.slices.append((data, self.time))

    def on_end_of_algorithm(self):
        assert all(bar.close == close and bar.end_time == time for bar, close, time in self.kept)
        assert all(kept.time == time and kept["SPY"].end_time == time for kept, time in self.slices)
        assert len({id(kept) for kept, _ in self.slices}) == 50
`);
    expect(status).toBe("Completed");
  });

  it("raises KeyError for what is not in a slice or not subscribed", async () => {
    const { error } = await run(`${SETUP}
    def on_data(self, data):
        try:
            data["XYZ"]
        except KeyError:
            self.securities["XYZ"]
`);
    expect(error?.message).toMatch(/KeyError: .*'XYZ' is not subscribed.* \(main\.py, line 16, in on_data\)/);
  });

  it("shows an exception of a handler that an order called, through the call that placed the order", async () => {
    const { error, status } = await run(`${SETUP}
    def on_data(self, data):
        self.market_order(self.symbol, 10)

    def on_order_event(self, order_event):
        assert order_event.ticket.order_id == order_event.order_id and order_event.symbol == self.symbol
        raise ValueError("from the handler")
`);
    expect(status).toBe("RuntimeError");
    expect(error?.message).toBe("ValueError: from the handler (main.py, line 17, in on_order_event)");
    expect(error?.stackTrace).toMatch(/in on_data[\s\S]*in on_order_event/);
  });

  it("follows orders by tickets: updates, cancels, refusals", async () => {
    const result = await expectClean(`${SETUP}
        self.step = 0

    def on_data(self, data):
        self.step += 1
        price = self.securities["SPY"].price
        if self.step == 1:
            self.ticket = self.limit_order("SPY", 10, round(price / 2, 2), tag="low")
            assert self.ticket.status == OrderStatus.SUBMITTED and f"{self.ticket.status}" == "Submitted"
            assert self.ticket.get(OrderField.LIMIT_PRICE) == round(price / 2, 2)
            answer = self.ticket.update(UpdateOrderFields(quantity=20, tag="more"))
            assert answer.is_success and len(self.ticket.update_requests) == 1
        elif self.step == 2:
            assert self.ticket.quantity == 20 and self.ticket.tag == "more"
            assert [o.id for o in self.transactions.get_open_orders("SPY")] == [1]
            self.ticket.cancel("enough")
        elif self.step == 3:
            assert self.ticket.status == OrderStatus.CANCELED
            refused = self.market_order("SPY", 0)
            assert refused.status == OrderStatus.INVALID
            bought = self.buy("SPY", 5)
            assert bought.status == OrderStatus.FILLED and self.portfolio["SPY"].quantity == 5
            assert self.portfolio.invested and self.portfolio["SPY"].average_price == bought.average_fill_price
            assert abs(self.portfolio.total_portfolio_value - 100000) < 100
            closing, = self.liquidate()
            assert closing.quantity == -5 and not self.portfolio.invested
`);
    expect(result.orders.map(({ status }) => status)).toEqual([5, 3, 3]);
  });

  it("feeds indicators, consolidators and handlers", async () => {
    const { status } = await expectClean(`${SETUP}
        self.mean = self.sma(self.symbol, 5)
        self.band = self.bb(self.symbol, 10, 2)
        self.chained = IndicatorExtensions.of(SimpleMovingAverage(3), self.mean)
        self.own = SimpleMovingAverage("own", 5)
        self.window = RollingWindow[float](5)
        self.hourly, self.heard, self.custom = [], [], Halved()
        self.register_indicator(self.symbol, self.custom)
        self.mean.updated += lambda sender, point: self.heard.append(point.value)
        self.consolidate(self.symbol, timedelta(hours=1), self.hourly.append)
        self.bars = TradeBarConsolidator(30)
        self.bars.data_consolidated += self.on_thirty
        self.subscription_manager.add_consolidator(self.symbol, self.bars)
        self.thirty = 0

    def on_thirty(self, sender, bar):
        assert sender is self.bars and bar.symbol == self.symbol
        self.thirty += 1

    def on_data(self, data):
        if "SPY" not in data:
            return
        close = data["SPY"].close
        self.window.add(close)
        self.own.update(self.time, close)
        if self.window.is_ready:
            assert self.mean.is_ready and abs(self.mean.current.value - np.mean(list(self.window))) < 1e-9
            assert self.own.current.value == self.mean.current.value and not self.mean > self.own
            assert self.heard[-1] == self.mean.current.value and abs(self.mean - self.own + 1) == 1
        if self.band.is_ready:
            assert self.band.lower_band < self.band.middle_band < self.band.UpperBand.Current.Value
        assert self.custom.value == close / 2

    def on_end_of_algorithm(self):
        assert self.chained.is_ready and len(self.hourly) >= 17 and self.thirty >= 37, (len(self.hourly), self.thirty)
        assert self.hourly[0].end_time.minute == 0 and self.hourly[0].high >= self.hourly[0].close


class Halved(PythonIndicator):
    def update(self, bar):
        self.value = bar.close / 2
        return True
`);
    expect(status).toBe("Completed");
  });

  it("answers history in its overloads with a small table, and says what that has not", async () => {
    const { error } = await run(`${SETUP}
        self.step = 0

    def on_data(self, data):
        self.step += 1
        if self.step != 30:
            return
        table = self.history([self.symbol], 10, Resolution.MINUTE)
        assert table.columns == ["open", "high", "low", "close", "volume"] and len(table) == 10 and not table.empty
        assert table.loc[self.symbol].close.iloc[-1] == table.loc["SPY"]["close"].tolist()[-1] == data["SPY"].close
        assert [time for symbol, time in table.index][-1] == self.time
        assert abs(table["close"].mean() - sum(row["close"] for _, row in table.iterrows()) / 10) < 1e-9
        assert len(self.history(self.symbol, timedelta(minutes=5))) == 5
        assert len(self.history("SPY", self.time - timedelta(minutes=7), self.time)) == 7
        bars = self.history[TradeBar](self.symbol, 3)
        assert [type(bar) for bar in bars] == [TradeBar] * 3 and bars[-1].close == data["SPY"].close
        table.unstack(level=0)
`);
    expect(error?.message).toMatch(/FrameError: this table is not a pandas DataFrame and has no 'unstack': it offers /);
  });

  it("fires scheduled events by date and time rules", async () => {
    const result = await expectClean(`${SETUP}
        every = self.date_rules.every_day("SPY")
        self.schedule.on(every, self.time_rules.after_market_open("SPY", 10), lambda: self.log(f"open {self.time}"))
        self.schedule.on(every, self.time_rules.before_market_close("SPY", 5), self.closing)
        self.schedule.on("noon", self.date_rules.on(2013, 10, 8), self.time_rules.noon, self.named)

    def closing(self):
        self.log(f"close {self.time:%H:%M}")

    def named(self, name, time):
        self.log(f"{name} {time}")
`);
    expect(result.logs.map((line) => line.slice(20))).toEqual([
      "open 2013-10-07 09:40:00",
      "close 15:55",
      "open 2013-10-08 09:40:00",
      "noon 2013-10-08 16:00:00",
      "close 15:55",
      "open 2013-10-09 09:40:00",
      "close 15:55",
    ]);
  });

  it("offers np without numpy, and LEAN's small collections", async () => {
    const { status } = await expectClean(`${SETUP}
        a = np.array([1.0, 2.0, 4.0])
        assert (a * 2 - 1).tolist() == [1.0, 3.0, 7.0] and np.diff(a) == [1.0, 2.0] and a[a > 1].size == 2
        assert np.isclose(a.mean(), 7 / 3) and np.isclose(np.std(a, ddof=1), statistics.stdev(a)) and np.max(a) == 4
        assert np.log(np.exp(1)) == 1 and np.sign([-2, 0, 3]) == [-1, 0, 1] and np.arange(0, 1, 0.25).size == 4
        assert np.isnan(np.nan) and np.percentile([1, 2, 3, 4], 50) == 2.5 and np.where(a > 1, 1, 0) == [0, 1, 1]
        queue, circles = CircularQueue[OrderType](OrderType.MARKET, OrderType.LIMIT), []
        queue.circle_completed += lambda sender, _: circles.append(1)
        assert [queue.dequeue() for _ in range(3)] == [OrderType.MARKET, OrderType.LIMIT, OrderType.Market]
        assert len(circles) == 2
        window = RollingWindow[int](2)
        for n in range(3):
            window.add(n)
        assert list(window) == [2, 1] and window.most_recently_removed == 0 and window[1] == 1
`);
    expect(status).toBe("Completed");
  });

  it("reads parameters by the type of their default, and the strategy contract", async () => {
    const result = await run(
      `${SETUP}
        quantwright_contract(self)
        assert self.get_parameter("n", 1) == 7 and self.get_parameter("n") == "7" and self.get_parameter("x", 0.5) == 0.5
        assert self.start_date == datetime(2013, 10, 8) and self.end_date.date() == date(2013, 10, 8)
        assert self.portfolio.cash == 5000 and self.qw_holdings == {"SPY": 3.0}
`,
      { n: "7", "qw-start": "2013-10-08", "qw-end": "2013-10-08", "qw-cash": "5000", "qw-holdings": "SPY:3" },
    );
    expect(result.error).toBeUndefined();
    expect(result.startCash.amount).toBe("5000");
  });

  it("sets fees, slippage, leverage and settings, and knows securities that an order added", async () => {
    const result = await run(`${SETUP}
        security = self.securities[self.symbol]
        security.set_fee_model(ConstantFeeModel(7))
        security.set_slippage_model(ConstantSlippageModel(0.01))
        security.set_leverage(1)
        self.settings.free_portfolio_value_percentage = 0.1
        assert security.leverage == 1 and self.settings.FreePortfolioValuePercentage == 0.1
        assert security.exchange.hours.is_open(datetime(2013, 10, 7, 10)) and security.symbol_properties.lot_size == 1

    def on_data(self, data):
        if self.portfolio.invested:
            return
        assert self.market_order("NEW", 1).status == OrderStatus.INVALID and not self.securities["NEW"].has_data
        ticket = self.market_order(self.symbol, 10)
        asked = self.securities["SPY"].ask_price + self.securities["SPY"].price * 0.01
        assert abs(ticket.average_fill_price - asked) < 1e-4, (ticket.average_fill_price, asked)
        assert self.portfolio.total_fees == 7 and 580 > self.calculate_order_quantity("SPY", 1) > 400
        self.set_runtime_statistic("seen", 1)
        self.plot("mine", "series", 3)
        self.quit("enough")
`);
    expect(result.error).toBeUndefined();
    expect(result.runtimeStatistics["seen"]).toBe("1");
    expect(result.charts["mine"]?.series["series"]?.values[0]?.[1]).toBe(3);
  });

  it("refuses what it does not offer with the reason, as an exception of Python", async () => {
    const { error } = await run(`${SETUP}
        try:
            self.set_brokerage_model(BrokerageName.GDAX)
        except ValueError as error:
            self.add_forex("EURUSD")
`);
    expect(error?.message).toMatch(
      /AttributeError: QCAlgorithm\.add_forex is not supported: only US equities and crypto pairs/,
    );
  });
});
