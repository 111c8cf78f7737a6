import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../src/lean/algorithm/qc-algorithm.ts";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { NORMALIZATION } from "../../src/lean/data/factor-file.ts";
import type { OrderTicket } from "../../src/lean/orders/order-ticket.ts";
import { DAY } from "../../src/lean/orders/time-in-force.ts";
import { runBacktest } from "../../src/lean/run-backtest.ts";
import type { Strategy } from "../../src/lean/strategy.ts";
import { startOfDate } from "../../src/lean/time/civil-date.ts";
import { dataSourceOf, syntheticFiles } from "../support/lean-synthetic.ts";

const FILES = syntheticFiles();
const CANCELED = 5;
const FILLED = 3;

function run(
  createStrategy: (algorithm: QcAlgorithm) => Strategy,
  changed: Readonly<Record<string, string>> = {},
): BacktestResult {
  const result = runBacktest({
    createStrategy,
    algorithmName: "Test",
    data: dataSourceOf(new Map([...FILES, ...Object.entries(changed)])),
    parameters: {},
    engineVersion: "test",
  });
  expect(result.error).toBeUndefined();
  return result;
}

/** IBM by the minute from Monday 2013-10-07 to Friday; `first` is called in the first step with data. */
function week(algorithm: QcAlgorithm, first: () => void, options: { readonly normalization?: number } = {}): Strategy {
  let isDone = false;
  return {
    initialize() {
      algorithm.setStartDate(2013, 10, 7);
      algorithm.setEndDate(2013, 10, 11);
      const mode = options.normalization;
      algorithm.addEquity({ ticker: "IBM", ...(mode === undefined ? {} : { dataNormalizationMode: mode }) });
    },
    onData() {
      if (isDone) return;
      isDone = true;
      first();
    },
  };
}

/** A limit far below the market, which never fills. */
const FAR = { limitPrice: 1 };

describe("the life of an order", () => {
  it("ends with the day, at a date, or never, as its properties say", () => {
    const gtd = { timeInForce: { kind: "gtd", expiry: startOfDate(2013, 10, 9) } } as const;
    const result = run((algorithm) =>
      week(algorithm, () => {
        algorithm.limitOrder("IBM", 1, { ...FAR, properties: { timeInForce: DAY } });
        algorithm.limitOrder("IBM", 1, { ...FAR, properties: gtd });
        algorithm.limitOrder("IBM", 1, FAR);
      }),
    );
    expect(result.orders.map(({ status, canceledTime }) => [status, canceledTime])).toEqual([
      [CANCELED, "2013-10-07T20:00:00Z"],
      [CANCELED, "2013-10-09T20:00:00Z"],
      [1, null],
    ]);
    expect(result.orders[0]?.events.at(-1)).toMatchObject({ message: "The order has expired." });
  });

  it("takes the algorithm's default properties where it has none of its own", () => {
    const result = run((algorithm) =>
      week(algorithm, () => {
        algorithm.trading.defaultOrderProperties = { timeInForce: DAY };
        algorithm.limitOrder("IBM", 1, FAR);
        algorithm.limitOrder("IBM", 1, { ...FAR, properties: { timeInForce: { kind: "gtc" } } });
      }),
    );
    expect(result.orders.map(({ status }) => status)).toEqual([CANCELED, 1]);
  });

  it("carries its tag, which can change as long as it works and after", () => {
    let tickets: OrderTicket[] = [];
    const result = run((algorithm) =>
      week(algorithm, () => {
        tickets = [
          algorithm.limitOrder("IBM", 1, { ...FAR, tag: "first" }),
          algorithm.marketOrder("IBM", 1, { tag: "bought" }),
        ];
        for (const ticket of tickets) expect(ticket.update({ tag: `${ticket.tag} and more` }).isSuccess).toBe(true);
        expect(tickets[1]?.update({ quantity: 2 }).isSuccess).toBe(false);
      }),
    );
    expect(result.orders.map(({ tag }) => tag)).toEqual(["first and more", "bought and more"]);
    expect(tickets[1]?.status).toBe(FILLED);
  });
});

const SPLIT = { "equity/usa/factor_files/ibm.csv": "19980102,1,0.5,1\n20131008,1,0.5,184.5\n20501231,1,1,0\n" };
const DIVIDEND = { "equity/usa/factor_files/ibm.csv": "19980102,0.99,1,1\n20131008,0.99,1,200\n20501231,1,1,0\n" };

describe("raw prices", () => {
  it("let a split change holding, average price and working orders, and pay the rest of a share", () => {
    let algorithm: QcAlgorithm | undefined;
    let bought = 0;
    const result = run((made) => {
      algorithm = made;
      const strategy = week(
        made,
        () => {
          made.marketOrder("IBM", 11);
          made.limitOrder("IBM", 10, { limitPrice: 40 });
          bought = made.securities.get("IBM").averagePrice.toNumber();
        },
        { normalization: NORMALIZATION.RAW },
      );
      return strategy;
    }, SPLIT);
    const security = algorithm?.securities.get("IBM");
    expect(security?.quantity.toNumber()).toBe(22);
    expect(security?.averagePrice.toNumber()).toBeCloseTo(bought / 2, 8);
    expect(result.orders[1]).toMatchObject({ quantity: 20, limitPrice: 20, status: 1, priceAdjustmentMode: 0 });
  });

  it("make a dividend cash, where adjusted prices contain it", () => {
    const cashAfter = (normalization: number): number => {
      let algorithm: QcAlgorithm | undefined;
      let before = 0;
      run((made) => {
        algorithm = made;
        return week(
          made,
          () => {
            made.marketOrder("IBM", 100);
            before = made.portfolio.cash.toNumber();
          },
          { normalization },
        );
      }, DIVIDEND);
      return (algorithm?.portfolio.cash.toNumber() ?? 0) - before;
    };
    // 200 less 200 x 0.99, for 100 shares.
    expect(cashAfter(NORMALIZATION.RAW)).toBeCloseTo(200, 6);
    expect(cashAfter(NORMALIZATION.ADJUSTED)).toBe(0);
  });

  it("round limits to cents, half to even", () => {
    const result = run((algorithm) =>
      week(algorithm, () => void algorithm.limitOrder("IBM", 1, { limitPrice: "10.125" }), {
        normalization: NORMALIZATION.RAW,
      }),
    );
    expect(result.orders[0]).toMatchObject({ limitPrice: 10.12 });
  });
});

describe("what a run writes", () => {
  it("has all standard charts without a single trade", () => {
    const { charts } = run((algorithm) => week(algorithm, () => undefined));
    const shape = Object.fromEntries(Object.entries(charts).map(([name, chart]) => [name, Object.keys(chart.series)]));
    expect(shape).toEqual({
      "Strategy Equity": ["Equity", "Return"],
      Capacity: ["Strategy Capacity"],
      Drawdown: ["Equity Drawdown"],
      Benchmark: ["Benchmark"],
      Exposure: ["Equity - Long Ratio", "Equity - Short Ratio"],
      "Assets Sales Volume": ["Sales Volume"],
      "Portfolio Turnover": ["Portfolio Turnover"],
      "Portfolio Margin": ["Margin Used"],
    });
    for (const chart of Object.values(charts)) {
      for (const series of Object.values(chart.series)) expect(series.values.length).toBeGreaterThan(0);
    }
  });

  it("keeps logs within limits, and says in one line that later ones are left out", () => {
    const many = run((algorithm) =>
      week(algorithm, () => {
        for (let line = 0; line < 10_050; line += 1) algorithm.log(`line ${line}`);
      }),
    );
    expect(many.logs).toHaveLength(10_000);
    expect(many.logs.at(-1)).toContain("later ones are left out");
    expect(many.warnings.filter(({ code }) => code === "LOG_LIMIT")).toHaveLength(1);
  });

  it("ends with quit, and shows the statistics that the strategy sets", () => {
    const result = run((algorithm) =>
      week(algorithm, () => {
        algorithm.setRuntimeStatistic("Mood", "calm");
        algorithm.quit("enough");
      }),
    );
    expect(result.status).toBe("Completed");
    expect(result.actual).toEqual({ start: "2013-10-07", end: "2013-10-07" });
    expect(result.runtimeStatistics).toMatchObject({ Mood: "calm", Equity: "$100000.00" });
  });
});
