import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import type { BrokerAnswer } from "../../src/lean/brokerages/broker-protocol.ts";
import type { LiveEnd, ObjectStoreAnswer, ObjectStoreRequest } from "../../src/lean/live/live-protocol.ts";
import { openTestPool } from "../support/sandbox-pool.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { LiveDeployment, serveObjects, utc } from "./live-deployment.ts";

const folder = writeSyntheticData();
const pool = openTestPool({ dataFolders: [folder], liveLimits: { messageSeconds: 3, startSeconds: 30 } });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const START = utc("2013-10-07T04:00:00Z");
const END = utc("2013-10-12T03:59:59Z");

function deploy(body: string, options: { readonly startUtc?: number } = {}): LiveDeployment {
  const head = "from AlgorithmImports import *\n\n\nclass Probe(QCAlgorithm):\n";
  return new LiveDeployment({
    pool,
    data: openDataFolder([folder]),
    startUtc: options.startUtc ?? START,
    endUtc: END,
    files: { "main.py": `${head}${body}` },
  });
}

const TRADER = `
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 11)
        self.set_cash(1)
        self.spy = self.add_equity("SPY", Resolution.MINUTE, data_normalization_mode=DataNormalizationMode.RAW).symbol
        self.average = self.sma(self.spy, 30)
        self.schedule.on(self.date_rules.every_day(), self.time_rules.after_market_open(self.spy, 90), self.turn)
        self.bars = 0

    def turn(self):
        self.set_holdings(self.spy, 0.9 if self.average.current.value > self.securities[self.spy].price else -0.5)

    def on_data(self, data):
        self.bars += 1
        if self.bars % 200 == 50:
            price = self.securities[self.spy].price
            self.limit_order(self.spy, 10, round(price * 0.9995, 2))
            self.stop_market_order(self.spy, -7, round(price * 0.9993, 2), tag="protect")
        if self.bars % 200 == 150:
            self.transactions.cancel_open_orders(self.spy)
        self.plot("Mine", "average", self.average.current.value)

    def on_order_event(self, order_event):
        self.log(f"{order_event}")
`;

const HANGS = `
from AlgorithmImports import *


class Probe(QCAlgorithm):
    def initialize(self):
        while True:
            pass
`;

const KEEPER = `
    def initialize(self):
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.set_warm_up(10)
        self.first = not self.live_mode

    def on_warmup_finished(self):
        orders = self.transactions.get_open_orders()
        held = self.portfolio[self.spy].quantity
        self.log(f"holding {held} open {[order.id for order in orders]} next {self.transactions.orders_count + 1} cash {self.portfolio.cash == 1e5}")

    def on_data(self, data):
        if self.is_warming_up:
            return
        orders = self.transactions.get_open_orders()
        if not self.portfolio.invested:
            self.market_order(self.spy, 100)
            self.limit_order(self.spy, 50, 1)
            self.limit_order(self.spy, 10, self.securities[self.spy].price - 0.3)
        elif self.portfolio[self.spy].quantity == 110:
            ticket = self.transactions.get_order_ticket(2)
            ticket.update_limit_price(2)
            ticket.cancel()
            self.market_order(self.spy, -10)

    def on_order_event(self, order_event):
        self.log(f"order event {order_event.order_id} {order_event.status}")
`;

const COMMANDED = `
    def initialize(self):
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.add_command(Mine)
        self.add_command(Broken)

    def on_command(self, data):
        self.log(f"Generic command. data.text: {data.Text} {data.missing} {data.nested['a']}")


class Mine(Command):
    text = None
    number = None
    parameters = {}

    def run(self, algorithm):
        parameters = {pair.key: pair.value for pair in self.parameters}
        algorithm.log(f"Encapsulated command. text: {self.text}; number: {self.number}; parameters: {parameters}")
        other = Mine()
        other.text = "all"
        algorithm.broadcast_command(other)
        return True


class Broken(Command):
    def run(self, algorithm):
        raise ValueError("boom")
`;

const STORING = `
    def initialize(self):
        before = self.object_store.read("mine/state") if self.object_store.contains_key("mine/state") else None
        self.object_store.save("mine/state", "boo")
        self.log(f"stored {before} then {self.object_store.read('mine/state')} {list(self.object_store.keys)}")
        try:
            self.object_store.save("full/x", "y")
        except ValueError as error:
            self.log(f"refused: {error}")
`;

const LATE = `
    def initialize(self):
        self.add_equity("SPY", Resolution.MINUTE)

    def on_data(self, data):
        BODY
`;

describe("a live sandbox", () => {
  it("fills as the backtest of the same days with raw prices, and says what it does on the way", async () => {
    const live = deploy(TRADER);
    const { fills, error } = await pool.backtest({
      files: { "main.py": live.files["main.py"]?.replace("set_cash(1)", "set_cash(100000)") ?? "" },
    });
    expect(error).toBeUndefined();
    expect(fills.length).toBeGreaterThan(10);
    await live.start();
    await live.session.advance(END);
    expect(live.end).toBeUndefined();
    expect(live.fills()).toEqual(fills.map(({ orderId, quantity, price, fee }) => ({ orderId, quantity, price, fee })));
    expect(live.logs[0]).toContain("Launching analysis for L-0123 with LEAN Engine v");
    expect(live.logs.length).toBeGreaterThan(20);
    expect(live.points("Strategy Equity", "Equity")).toBeGreaterThan(200);
    expect(live.points("Mine", "average")).toBeGreaterThan(1000);
    await live.session.stop({ liquidate: true });
    expect(live.end).toEqual({ status: "Stopped" });
    expect(live.broker.portfolio().positions).toEqual([]);
  });

  it("goes on after its death where the broker is: no order is lost or doubled, and the log says what was", async () => {
    const live = deploy(KEEPER);
    await live.start();
    await live.session.advance(utc("2013-10-07T13:32:00Z"));
    expect(live.orders.map(({ id, status }) => [id, status])).toEqual([
      [1, 3],
      [2, 1],
      [3, 1],
    ]);
    process.kill(live.session.pid ?? 0, "SIGKILL");
    await expect.poll(() => live.end).toMatchObject({ status: "RuntimeError", error: { code: "SANDBOX_CRASHED" } });
    expect(live.session.hasEnded).toBe(true);
    // Without the algorithm the broker goes on: one of the orders fills.
    live.recoverBroker();
    const missed = live.broker.advance(utc("2013-10-08T15:00:00Z"));
    expect(missed.length).toBeGreaterThan(0);
    const logged = live.logs.length;
    await live.start({ missed });
    const lines = live.logs.slice(logged);
    expect(lines[0]).toContain("Launching analysis for L-0123");
    expect(lines.filter((line) => line.includes("Python variables are lost"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("While the algorithm was down: order 3"))).toHaveLength(missed.length);
    expect(lines.filter((line) => line.includes("order event"))).toEqual([]);
    expect(lines.at(-1)).toContain("holding 110.0 open [2] next 4 cash False");
    await live.session.advance(utc("2013-10-08T16:00:00Z"));
    expect(live.logs.slice(logged).filter((line) => line.includes("order event"))).toEqual([
      expect.stringContaining("order event 2 CancelPending"),
      expect.stringContaining("order event 2 UpdateSubmitted"),
      expect.stringContaining("order event 2 Canceled"),
      expect.stringContaining("order event 4 Submitted"),
      expect.stringContaining("order event 4 Filled"),
    ]);
    expect(live.broker.portfolio().positions).toMatchObject([{ quantity: 100 }]);
    await live.session.kill();
  });

  it("runs commands between its steps: generic ones, the user's classes, and LEAN's", async () => {
    const live = deploy(COMMANDED);
    await live.start();
    await live.session.advance(utc("2013-10-07T15:00:00Z"));
    const run = (payload: Record<string, unknown>): Promise<unknown> => live.session.command("c1", payload);
    expect(await run({ text: "foo", Nested: { a: 1 } })).toMatchObject({ name: "Command", success: true });
    const own = { $type: "Mine", text: "boo", number: 1, parameters: { hello: "world" } };
    expect(await run(own)).toMatchObject({ name: "Mine", success: true });
    for (let count = 0; count < 2; count += 1) {
      expect(await run({ $type: "Unknown" })).toMatchObject({ success: false });
      expect(await run({ $type: "Broken" })).toMatchObject({
        success: false,
        message: expect.stringContaining("boom") as unknown,
      });
    }
    const limit = {
      $type: "OrderCommand",
      symbol: { id: "", value: "SPY" },
      order_type: "limit",
      quantity: "5",
      limit_price: "2",
    };
    expect(await run(limit)).toMatchObject({ success: true, message: "Limit for 5 units of SPY: Success" });
    const long = { $type: "QuantConnect.Commands.UpdateOrderCommand, QuantConnect.Common", OrderId: 1, LimitPrice: 3 };
    expect(await run(long)).toMatchObject({ name: "UpdateOrderCommand", success: true });
    expect(live.broker.account().orders).toMatchObject([{ id: 1, limitPrice: "3.00", quantity: "5" }]);
    expect(await run({ $type: "CancelOrderCommand", order_id: 1 })).toMatchObject({ success: true });
    expect(live.broker.account().orders).toEqual([]);
    expect(await run({ $type: "OrderCommand", Ticker: "IBM", Quantity: 5 })).toMatchObject({ success: false });
    expect(await run({ $type: "AddSecurityCommand", symbol: "IBM", resolution: "Minute" })).toMatchObject({
      success: true,
    });
    await live.session.advance(utc("2013-10-07T15:02:00Z"));
    expect(await run({ $type: "OrderCommand", Ticker: "IBM", Quantity: 5 })).toMatchObject({ success: true });
    expect(live.broker.portfolio().positions).toMatchObject([{ quantity: 5 }]);
    expect(await run({ $type: "LiquidateCommand" })).toMatchObject({ success: true });
    expect(live.broker.portfolio().positions).toEqual([]);
    expect(await run({ $type: "OrderCommand", Ticker: "SPY", Quantity: "many" })).toMatchObject({ success: false });
    expect(await run({ $type: "QuitCommand" })).toMatchObject({ name: "QuitCommand", success: true });
    await expect.poll(() => live.end).toEqual({ status: "Stopped" });
    expect(await run({ text: "late" })).toBeUndefined();
    expect(live.logs.filter((line) => line.includes("Generic command. data.text: foo None 1"))).toHaveLength(1);
    expect(live.logs).toContainEqual(
      expect.stringContaining("Encapsulated command. text: boo; number: 1; parameters: {'hello': 'world'}"),
    );
    expect(live.logs.filter((line) => line.includes("Detected unregistered command type 'Unknown'"))).toHaveLength(1);
    expect(live.logs.filter((line) => line.includes("Broken failed"))).toHaveLength(1);
    expect(live.outputs.flatMap(({ broadcasts }) => broadcasts ?? [])).toEqual([{ $type: "Mine", text: "all" }]);
  });

  it("is ended by its signal while initialize hangs, and before it has begun", async () => {
    const files = { "main.py": HANGS };
    const account = { cash: { USD: "1" }, holdings: [], orders: [], nextOrderId: 1 };
    const ends: LiveEnd[] = [];
    const startedIn = async (signal: AbortSignal): Promise<number> => {
      const from = performance.now();
      const handlers = {
        signal,
        broker: () => Promise.resolve<BrokerAnswer>({ ok: true, events: [] }),
        objectStore: () => Promise.resolve({ ok: false }),
        output: () => undefined,
        ended: (end: LiveEnd) => void ends.push(end),
      };
      const started = await pool.live({ deployId: "L-1", files, startUtc: START, endUtc: END, account }, handlers);
      expect(started.sandbox.hasEnded).toBe(true);
      return performance.now() - from;
    };
    expect(await startedIn(AbortSignal.timeout(1500))).toBeLessThan(15_000);
    expect(await startedIn(AbortSignal.abort())).toBeLessThan(15_000);
    expect(ends).toEqual([{ status: "Stopped" }, { status: "Stopped" }]);
  });

  it("keeps objects with its supervisor, in backtests too where that serves them", async () => {
    const live = deploy(STORING);
    await live.start();
    expect(live.end).toBeUndefined();
    expect(live.logs.filter((line) => line.includes("stored"))).toEqual([
      expect.stringContaining("stored None then boo"),
    ]);
    expect(live.logs).toContainEqual(expect.stringContaining("refused: the object store did not take full/x"));
    await live.session.kill();
    await live.start();
    expect(live.logs).toContainEqual(expect.stringContaining("stored boo then boo"));
    await live.session.kill();
    const objectStore = async (request: ObjectStoreRequest): Promise<ObjectStoreAnswer> =>
      serveObjects(live.objects, request);
    const files = { "main.py": `${live.files["main.py"] ?? ""}        self.quit()\n` };
    const served = await pool.backtest({ files }, { objectStore });
    expect(served.logs).toContainEqual(expect.stringContaining("stored boo then boo"));
    const alone = await pool.backtest({ files });
    expect(alone.logs).toContainEqual(expect.stringContaining("stored None then boo"));
  });

  it.each([
    [
      "in initialize",
      "    def initialize(self):\n        1 / 0\n",
      "ALGORITHM_ERROR",
      /ZeroDivisionError.*main\.py, line 6/,
    ],
    ["while loading", "    x = nothing\n", "ALGORITHM_ERROR", /NameError/],
    ["in on_data", LATE.replace("BODY", "raise KeyError('gone')"), "ALGORITHM_ERROR", /KeyError.*line 10, in on_data/],
    ["by never returning", LATE.replace("BODY", "while True: pass"), "TIME_LIMIT", /longer for one step/],
    [
      "by eating memory",
      LATE.replace("BODY", "x = [bytearray(1 << 20) for _ in range(10**6)]"),
      "MEMORY_LIMIT",
      /memory/,
    ],
    ["by ending the process", LATE.replace("BODY", "import os; os._exit(3)"), "SANDBOX_CRASHED", /./],
    ["without data", LATE.replace("SPY", "NOPE"), "DATA_MISSING", /expected minute bars of NOPE/],
  ])("ends with one clear error when it fails %s; the account stays", async (_where, body, code, message) => {
    const live = deploy(body);
    await live.start();
    await live.session.advance(utc("2013-10-07T15:00:00Z"));
    expect(live.end).toMatchObject({
      status: "RuntimeError",
      error: { code, message: expect.stringMatching(message) as unknown },
    });
    await live.session.stop({ liquidate: true });
    expect(live.broker.account().cash).toEqual({ USD: "100000" });
  });
});
