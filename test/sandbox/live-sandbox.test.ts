import { setTimeout as delay } from "node:timers/promises";
import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { openTestPool } from "../support/sandbox-pool.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { LiveDeployment, utc } from "./live-deployment.ts";

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
});
