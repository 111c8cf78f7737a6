import { describe, expect, it } from "vitest";
import { closedTrades } from "../../../src/cloud/trades/closed-trades.ts";
import { durationText } from "../../../src/cloud/trades/trade-duration.ts";
import { tradeStatistics } from "../../../src/cloud/trades/trade-statistics.ts";
import type { Fill } from "../../../src/lean/backtest-result.ts";

const HOUR = 3_600_000_000;

function fill(orderId: number, quantity: string, price: string, fee = "0"): Fill {
  const at = { orderId, symbol: "SPY", symbolId: "SPY R735QTJ8XC9X", timeUtc: orderId * HOUR };
  return { ...at, quantity, price, fee, currency: "USD" };
}

function shown(fills: readonly Fill[]): unknown {
  return closedTrades(fills).map(({ isLong, quantity, profitLoss, totalFees, orderIds }) => ({
    isLong,
    quantity: quantity.toNumber(),
    profitLoss: profitLoss.toNumber(),
    totalFees: totalFees.toNumber(),
    orderIds,
  }));
}

describe("closed trades", () => {
  it("close the oldest fills first, each with its share of the fees", () => {
    const fills = [fill(1, "10", "100", "1"), fill(2, "10", "110", "1"), fill(3, "-15", "120", "3")];
    expect(shown(fills)).toEqual([
      { isLong: true, quantity: 10, profitLoss: 200, totalFees: 3, orderIds: [1, 3] },
      { isLong: true, quantity: 5, profitLoss: 50, totalFees: 1.5, orderIds: [2, 3] },
    ]);
  });

  it("turn a position round when a fill is larger than it", () => {
    const fills = [fill(1, "10", "100"), fill(2, "-25", "90"), fill(3, "15", "80")];
    expect(shown(fills)).toEqual([
      { isLong: true, quantity: 10, profitLoss: -100, totalFees: 0, orderIds: [1, 2] },
      { isLong: false, quantity: 15, profitLoss: 150, totalFees: 0, orderIds: [2, 3] },
    ]);
  });

  it("add up without the errors of floating point, and leave what is open", () => {
    const fills = [fill(1, "0.1", "0.3"), fill(2, "0.2", "0.3"), fill(3, "-0.1", "0.1")];
    expect(shown(fills)).toEqual([{ isLong: true, quantity: 0.1, profitLoss: -0.02, totalFees: 0, orderIds: [1, 3] }]);
  });

  it("keep symbols apart", () => {
    const other = { ...fill(2, "-10", "50"), symbolId: "AAPL R735QTJ8XC9X" };
    expect(closedTrades([fill(1, "10", "100"), other])).toEqual([]);
  });
});

describe("statistics of trades", () => {
  it("count, add and compare wins and losses", () => {
    const fills = [
      fill(1, "10", "100"),
      fill(2, "-10", "110"),
      fill(3, "10", "100"),
      fill(7, "-10", "95"),
      fill(8, "10", "100", "2"),
      fill(9, "-10", "98"),
    ];
    expect(tradeStatistics(closedTrades(fills))).toMatchObject({
      startDateTime: "1970-01-01T01:00:00Z",
      endDateTime: "1970-01-01T09:00:00Z",
      totalNumberOfTrades: 3,
      numberOfWinningTrades: 1,
      totalProfitLoss: 30,
      totalProfit: 100,
      totalLoss: -70,
      largestLoss: -50,
      averageLoss: -35,
      maxConsecutiveLosingTrades: 2,
      winLossRatio: 0.5,
      profitFactor: 100 / 70,
      maximumClosedTradeDrawdown: -70,
      profitToMaxDrawdownRatio: 30 / 70,
      maximumDrawdownDuration: "07:00:00",
      medianTradeDuration: "01:00:00",
      averageTradeDuration: "02:00:00",
      totalFees: 2,
      averageMAE: null,
    });
  });

  it("are zeros without trades", () => {
    expect(tradeStatistics([])).toMatchObject({
      totalNumberOfTrades: 0,
      winRate: 0,
      sharpeRatio: 0,
      startDateTime: null,
    });
  });

  it("write spans as LEAN does", () => {
    expect([0, 90_061, 86_399.6].map((seconds) => durationText(seconds * 1_000_000))).toEqual([
      "00:00:00",
      "1.01:01:01",
      "1.00:00:00",
    ]);
  });
});
