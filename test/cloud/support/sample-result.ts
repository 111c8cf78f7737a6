import { type BacktestResult, backtestResultSchema } from "../../../src/lean/backtest-result.ts";

const DAY_SECONDS = 86_400;

/** A result of 250 orders and a year of days, as an engine would report it. */
export function sampleResult(change: Partial<BacktestResult> = {}): BacktestResult {
  const days = Array.from({ length: 252 }, (_, day) => ({
    date: new Date(Date.UTC(2019, 0, 2 + day)).toISOString().slice(0, 10),
    return: Math.sin(day) / 100,
  }));
  return backtestResultSchema.parse({
    version: 1,
    name: "Algorithm",
    status: "Completed",
    dataPoints: 1234,
    algorithmHistoryDataPoints: 5,
    statistics: {
      "Total Orders": "250",
      "Compounding Annual Return": "12.345%",
      Drawdown: "2.200%",
      "Start Equity": "100000",
      "End Equity": "112345.67",
      "Net Profit": "12.346%",
      "Sharpe Ratio": "-1.5",
      Alpha: "0.014",
      Beta: "n/a",
      "Total Fees": "$1,250.00",
    },
    runtimeStatistics: { Equity: "$112,345.67", Fees: "-$1,250.00", Return: "12.35 %" },
    orderListHash: "a".repeat(32),
    requested: { start: "2019-01-01", end: "2019-12-31" },
    actual: { start: "2019-01-02", end: "2019-12-31" },
    startCash: { amount: "100000", currency: "USD" },
    parameters: {},
    orders: Array.from({ length: 250 }, (_, index) => ({
      id: index + 1,
      symbol: { value: "SPY", id: "SPY R735QTJ8XC9X" },
      type: 0,
      status: 3,
      quantity: 1,
      price: 100 + index,
      tag: "",
      time: "2019-01-02T14:31:00Z",
      canceledTime: "",
      direction: 0,
      events: [],
    })),
    fills: [
      {
        orderId: 1,
        symbol: "SPY",
        symbolId: "SPY R735QTJ8XC9X",
        timeUtc: 1_546_439_460_000_000,
        quantity: "1",
        price: "100.00",
        fee: "1.00",
        currency: "USD",
      },
    ],
    charts: {
      "Strategy Equity": {
        name: "Strategy Equity",
        series: {
          Equity: {
            name: "Equity",
            unit: "$",
            index: 0,
            seriesType: 2,
            values: Array.from({ length: 1000 }, (_, index) => [index * DAY_SECONDS, 1, 2, 0.5, 1.5 + index]),
          },
        },
      },
      Custom: {
        name: "Custom",
        series: { Points: { name: "Points", unit: "", index: 0, seriesType: 8, values: [[1, null]] } },
      },
    },
    dailyReturns: days,
    logs: Array.from(
      { length: 300 },
      (_, line) => `2019-01-02 00:00:00 ${line % 2 === 0 ? "Even" : "odd"} line ${line}`,
    ),
    warnings: [],
    dataFingerprint: "b".repeat(64),
    engine: { name: "quantwright", version: "0.1.0", leanCommit: "c".repeat(40) },
    fidelity: { equity: "exact-tested" },
    synthetic: false,
    ...change,
  });
}
