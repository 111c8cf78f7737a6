import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import type { BacktestResult } from "../../../src/lean/backtest-result.ts";
import { NORMALIZATION } from "../../../src/lean/data/factor-file.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import type { InsightRecord } from "../../../src/lean/results/insight-record.ts";
import { fillsOf, orderRecord } from "../../../src/lean/results/order-records.ts";
import { runBacktest } from "../../../src/lean/run-backtest.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { dataSourceOf, syntheticFiles } from "../../support/lean-synthetic.ts";
import { LiveInProcess, utc } from "./live-in-process.ts";
import { PaperBroker } from "../../../src/lean/brokerages/paper-broker.ts";
import { DayFileCache } from "../../../src/lean/data/day-file-cache.ts";
import { SyntheticSource } from "../../../src/lean/data/synthetic/synthetic-source.ts";

const DATA = dataSourceOf(syntheticFiles());
const START = utc("2013-10-07T04:00:00Z");
const END = utc("2013-10-12T03:59:59.999Z");

function backtest(createStrategy: (algorithm: QcAlgorithm) => Strategy): BacktestResult {
  return runBacktest({ createStrategy, algorithmName: "Test", data: DATA, parameters: {}, engineVersion: "test" });
}

function live(createStrategy: (algorithm: QcAlgorithm) => Strategy): LiveInProcess {
  return new LiveInProcess({ data: DATA, startUtc: START, endUtc: END, createStrategy });
}

function week(algorithm: QcAlgorithm, resolution: number = RESOLUTION.MINUTE): void {
  algorithm.setStartDate(2013, 10, 7);
  algorithm.setEndDate(2013, 10, 11);
  algorithm.addEquity({ ticker: "SPY", resolution, dataNormalizationMode: NORMALIZATION.RAW });
}

/** Every order type, updates, cancels and reversals, driven by the number of the bar. */
function busy(algorithm: QcAlgorithm): Strategy {
  let bars = 0;
  return {
    initialize: () => week(algorithm),
    onData() {
      bars += 1;
      const { price } = algorithm.securities.get("SPY");
      const at = price.toNumber();
      if (bars === 1) algorithm.setHoldings("SPY", 0.5);
      if (bars === 30) algorithm.limitOrder("SPY", 50, { limitPrice: at * 0.9995 });
      if (bars === 40) algorithm.stopMarketOrder("SPY", -40, { stopPrice: at * 0.9995 });
      if (bars === 50) algorithm.trailingStopOrder("SPY", -20, { trailingAmount: 0.0005, trailingAsPercentage: true });
      if (bars === 60) algorithm.stopLimitOrder("SPY", 30, { stopPrice: at * 1.0003, limitPrice: at * 1.002 });
      if (bars === 70) algorithm.limitIfTouchedOrder("SPY", 10, { triggerPrice: at * 0.9997, limitPrice: at * 1.001 });
      if (bars === 100) algorithm.limitOrder("SPY", 5, { limitPrice: 1 });
      if (bars === 110)
        for (const order of algorithm.positions.openOrders())
          algorithm.processor.ticket(order.id)?.update({ quantity: 7 });
      if (bars === 120) algorithm.positions.cancelOpenOrders();
      if (bars === 200) algorithm.setHoldings("SPY", -0.7);
      if (bars === 400) algorithm.marketOnCloseOrder("SPY", 11);
      if (bars === 500) algorithm.marketOrder("SPY", 100_000);
      if (bars === 600) algorithm.liquidate();
    },
  };
}

describe("a live run on the paper broker", () => {
  it.each([["minute", RESOLUTION.MINUTE]])("fills as the backtest of the same days with raw %s prices", () => {
    const wanted = backtest(busy);
    const run = live(busy).start();
    run.toEnd();
    const { tickets } = run.run.algorithm.processor;
    expect(wanted.fills.length).toBeGreaterThan(7);
    expect(fillsOf(tickets)).toEqual(wanted.fills);
    expect(tickets.map(orderRecord)).toEqual(wanted.orders);
    expect(run.broker.takeChangedOrders()).toEqual(wanted.orders);
    expect(run.broker.digest()).toBe(run.last !== undefined && "position" in run.last ? run.last.position.digest : "");
    expect(run.broker.portfolio().cash[0]?.amount).toBe(run.run.algorithm.portfolio.cash.toNumber());
  });

  it("trades crypto around the clock from a cash account, with the fees of its exchange", () => {
    const data = new DayFileCache(new SyntheticSource(DATA, { seed: 7 }));
    let trades = 0;
    const startUtc = utc("2026-11-21T10:00:00Z");
    const run = new LiveInProcess({
      data,
      startUtc,
      endUtc: utc("2035-12-30T00:00:00Z"),
      createStrategy: (algorithm) => ({
        initialize() {
          algorithm.setBrokerageModel("COINBASE", 1);
          algorithm.addCrypto({ ticker: "BTCUSD", resolution: RESOLUTION.SECOND });
        },
        onData() {
          if (trades >= 10) return;
          trades += 1;
          algorithm.setHoldings("BTCUSD", algorithm.portfolio.isInvested ? 0 : 1);
        },
      }),
    }).start();
    run.advance(startUtc + 60_000_000);
    const fills = fillsOf(run.run.algorithm.processor.tickets);
    expect(fills).toHaveLength(10);
    expect(fills.every(({ fee }) => Number(fee) > 0)).toBe(true);
    expect(run.position.digest).toBe(run.broker.digest());
    expect(run.broker.digest()).toMatch(/^USD 9\d{4}/);
    const restored = new PaperBroker({
      data,
      startUtc,
      endUtc: utc("2035-12-30T00:00:00Z"),
      state: run.broker.state(),
    });
    expect(restored.digest()).toBe(run.broker.digest());
    expect(restored.portfolio()).toEqual(run.broker.portfolio());
  });

  it("shows raw prices, and a past that is brought to the level of each day over a split and its dividend", () => {
    const prices: number[] = [];
    const pasts: (readonly number[])[] = [];
    const run = new LiveInProcess({
      data: DATA,
      startUtc: utc("2010-04-12T04:00:00Z"),
      endUtc: utc("2010-04-24T04:00:00Z"),
      createStrategy: (algorithm) => {
        let mean: ReturnType<QcAlgorithm["indicator"]> | undefined;
        return {
          initialize() {
            algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
            mean = algorithm.indicator("SPY", "sma", { period: 3 });
            algorithm.setWarmUp({ bars: 5 });
          },
          onData(slice) {
            if (algorithm.isWarmingUp || slice.securities.length === 0) return;
            if (mean?.isReady !== true) throw new Error("not warm");
            prices.push(algorithm.securities.get("SPY").price.toNumber());
            pasts.push(algorithm.history.get(["SPY"], { bars: 5 })[0]?.close ?? []);
          },
        };
      },
    }).start();
    run.toEnd();
    expect(run.last).toHaveProperty("position");
    expect(prices).toHaveLength(10);
    expect(pasts.map((past) => past.at(-1))).toEqual(prices);
    // The fifth day is the last one before the split of two for one.
    expect(pasts[4]).toEqual(prices.slice(0, 5));
    const level = (0.5 * 0.86) / 0.9912345;
    for (const place of [1, 2, 3, 4]) expect(pasts[5]?.[place - 1]).toBeCloseTo((prices[place] ?? 0) * level, 8);
    expect(pasts[9]).toEqual(prices.slice(5));
    expect(run.logs.filter((line) => line.includes("warm"))).toHaveLength(2);
  });

  it("takes an order that the broker made, and an account that was corrected", () => {
    const events: string[] = [];
    const run = new LiveInProcess({
      data: DATA,
      startUtc: START,
      endUtc: END,
      createStrategy: (algorithm) => ({
        initialize: () => week(algorithm),
        onData() {
          if (!algorithm.portfolio.isInvested && algorithm.processor.nextId === 1) algorithm.marketOrder("SPY", 10);
        },
        onOrderEvent: (event) => events.push(`${event.orderId} ${event.status} ${event.fillQuantity.toString()}`),
      }),
    }).start();
    run.advance(utc("2013-10-07T14:00:00Z"));
    const made = run.broker.liquidate("Liquidated");
    run.take(run.run.advance(run.broker.utc, made));
    expect(events).toEqual(["1 1 0", "1 3 10", "2 3 -10"]);
    expect(run.position.digest).toBe(run.broker.digest());
    const account = { ...run.broker.account(), cash: { USD: "5" } };
    run.take(run.run.sync(account));
    expect(run.position.digest).toBe("USD 5");
    expect(run.logs.at(-1)).toContain("Cash or holdings differed");
  });

  it("hands out each insight once and again when it ends early, and log lines in pieces, also after a flood", () => {
    const insight = (id: string): InsightRecord => ({
      id,
      groupId: null,
      sourceModel: "test",
      generatedTime: START / 1_000_000,
      closeTime: START / 1_000_000 + 86_400,
      symbol: "SPY R735QTJ8XC9X",
      ticker: "SPY",
      type: "price",
      reference: 0,
      referenceFinal: 0,
      direction: "up",
      period: 86_400,
      magnitude: null,
      confidence: null,
      weight: null,
      scoreFinal: false,
      scoreDirection: 0,
      scoreMagnitude: 0,
      estimatedValue: 0,
      tag: "",
    });
    let bars = 0;
    const run = live((algorithm) => ({
      initialize: () => week(algorithm),
      onData() {
        bars += 1;
        if (bars === 1) for (let line = 0; line < 12_000; line += 1) algorithm.log(`line ${line}`);
        if (bars === 2) {
          algorithm.log("after the flood");
          algorithm.journal.addInsight(insight("a"));
          algorithm.journal.addInsight(insight("b"));
        }
        if (bars === 3) algorithm.journal.closeInsight("b", START / 1_000_000 + 60);
      },
    })).start();
    run.toEnd();
    expect(Math.max(...run.outputs.map(({ logs }) => logs.length))).toBe(1000);
    expect(run.logs.filter((line) => / line \d/.test(line)).length).toBeGreaterThan(9000);
    expect(run.logs.at(-1)).toContain("after the flood");
    expect(run.outputs.flatMap(({ insights }) => insights ?? []).map((one) => [one["id"], one["period"]])).toEqual([
      ["a", 86_400],
      ["b", 86_400],
      ["b", 60],
    ]);
  });
});
