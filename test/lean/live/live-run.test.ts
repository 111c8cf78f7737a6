import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import type { BacktestResult } from "../../../src/lean/backtest-result.ts";
import { NORMALIZATION } from "../../../src/lean/data/factor-file.ts";
import { RESOLUTION } from "../../../src/lean/data/resolution.ts";
import { fillsOf, orderRecord } from "../../../src/lean/results/order-records.ts";
import { runBacktest } from "../../../src/lean/run-backtest.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";
import { dataSourceOf, syntheticFiles } from "../../support/lean-synthetic.ts";
import { LiveInProcess, utc } from "./live-in-process.ts";

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
});
