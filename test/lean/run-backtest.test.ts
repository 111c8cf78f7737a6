import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../src/lean/algorithm/qc-algorithm.ts";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { RESOLUTION } from "../../src/lean/data/resolution.ts";
import { ORDER_STATUS } from "../../src/lean/orders/order.ts";
import { constantFee } from "../../src/lean/orders/fee-model.ts";
import { constantSlippage, volumeShareSlippage } from "../../src/lean/orders/slippage-model.ts";
import { AlgorithmError, runBacktest } from "../../src/lean/run-backtest.ts";
import type { Strategy } from "../../src/lean/strategy.ts";
import { Decimal } from "../../src/domain/decimal.ts";
import { dataSourceOf, syntheticFiles } from "../support/lean-synthetic.ts";

const FILES = syntheticFiles();

function run(
  createStrategy: (algorithm: QcAlgorithm) => Strategy,
  options: { readonly files?: ReadonlyMap<string, string>; readonly shouldStop?: () => boolean } = {},
): BacktestResult {
  return runBacktest({
    createStrategy,
    algorithmName: "Test",
    data: dataSourceOf(options.files ?? FILES),
    parameters: {},
    engineVersion: "test",
    ...(options.shouldStop === undefined ? {} : { shouldStop: options.shouldStop }),
  });
}

function week(algorithm: QcAlgorithm, ticker = "SPY", resolution: number = RESOLUTION.MINUTE): void {
  algorithm.setStartDate(2013, 10, 7);
  algorithm.setEndDate(2013, 10, 11);
  algorithm.addEquity({ ticker, resolution });
}

function without(...paths: RegExp[]): Map<string, string> {
  return new Map([...FILES].filter(([path]) => !paths.some((pattern) => pattern.test(path))));
}

describe("a backtest", () => {
  it("refuses a requested security without any data, naming file and remedy", () => {
    const result = run((algorithm) => ({ initialize: () => week(algorithm, "NOPE") }));
    expect(result.status).toBe("RuntimeError");
    expect(result.error).toMatchObject({ phase: "run", code: "DATA_MISSING" });
    expect(result.error?.message).toContain("equity/usa/minute/nope/20131007_trade.zip");
    expect(result.error?.remedy).toContain("quantwright data import");
  });

  it("refuses what cannot be a ticker", () => {
    for (const ticker of ["../SPY", "", "A/B", "SPY;"]) {
      const result = run((algorithm) => ({ initialize: () => week(algorithm, ticker) }));
      expect(result.error).toMatchObject({ phase: "initialize", code: "SYMBOL_INVALID" });
    }
  });

  it("lists and counts gaps as a warning", () => {
    const result = run((algorithm) => ({ initialize: () => week(algorithm) }), {
      files: without(/minute\/spy\/20131009/),
    });
    expect(result.status).toBe("Completed");
    expect(result.warnings).toContainEqual({
      code: "DATA_GAPS",
      message: "SPY, minute: 1 trading days without data (2013-10-09)",
    });
  });

  it("reads n/a for figures relative to a default benchmark that is missing, and says so", () => {
    const result = run((algorithm) => ({ initialize: () => week(algorithm, "IBM") }), {
      files: without(/(hour|daily)\/spy/),
    });
    expect(result.status).toBe("Completed");
    expect(result.statistics).toMatchObject({ Alpha: "n/a", Beta: "n/a", "Tracking Error": "n/a" });
    expect(result.warnings.map((warning) => warning.code)).toContain("BENCHMARK_MISSING");
  });

  it("takes the daily bars of a benchmark without hour bars", () => {
    const result = run((algorithm) => ({ initialize: () => week(algorithm) }), { files: without(/hour\/spy/) });
    expect(result.statistics["Beta"]).not.toBe("n/a");
    expect(result.warnings.map((warning) => warning.code)).toContain("BENCHMARK_DAILY");
  });

  it("says what sources the data folder declares, and marks synthetic results", () => {
    const sources = { SPY: { source: "made up", licence: "none", synthetic: true, notes: ["Not real."] } };
    const files = new Map([...FILES, ["quantwright/sources.json", JSON.stringify(sources)]]);
    const result = run((algorithm) => ({ initialize: () => week(algorithm) }), { files });
    expect(result.synthetic).toBe(true);
    expect(result.warnings).toContainEqual({
      code: "DATA_SYNTHETIC",
      message: "SPY: synthetic, source made up, licence none. Not real.",
    });
  });

  it("says where real prices are from, without calling the result synthetic", () => {
    const sources = { SPY: { source: "an exchange", licence: "free", synthetic: false } };
    const files = new Map([...FILES, ["quantwright/sources.json", JSON.stringify(sources)]]);
    const result = run((algorithm) => ({ initialize: () => week(algorithm) }), { files });
    expect(result.synthetic).toBe(false);
    expect(result.warnings).toContainEqual({
      code: "DATA_SOURCE",
      message: "SPY: source an exchange, licence free.",
    });
  });

  it("refuses a symbol that the algorithm did not add, and says how to add it", () => {
    const result = run((algorithm) => ({
      initialize: () => week(algorithm),
      onData: () => void algorithm.securities.get("IBM"),
    }));
    expect(result.error).toMatchObject({
      phase: "run",
      code: "SECURITY_NOT_FOUND",
      message: expect.stringContaining("IBM") as unknown,
      remedy: expect.stringContaining('add_equity("IBM")') as unknown,
    });
  });

  it("counts a balance that no pair prices as nothing, and says so", () => {
    let value: number | undefined;
    const result = run((algorithm) => ({
      initialize() {
        week(algorithm);
        algorithm.setCurrency("EUR", 5);
      },
      onData() {
        value = algorithm.portfolio.cashBook.find("EUR")?.valueInAccountCurrency.toNumber();
      },
    }));
    expect(result.error).toBeUndefined();
    expect(value).toBe(0);
    expect(result.warnings).toContainEqual({
      code: "CONVERSION_MISSING",
      message: "no pair with data prices EUR in USD: its balance counts as nothing",
    });
  });

  it("turns what a callback throws into the result's error, with all there was until then", () => {
    let slices = 0;
    const result = run((algorithm) => ({
      initialize: () => week(algorithm),
      onData() {
        slices += 1;
        if (slices === 1) algorithm.setHoldings("SPY", 0.5);
        if (slices === 100) throw new AlgorithmError("boom", { stackTrace: "main.py line 3" });
      },
    }));
    expect(result.error).toEqual({
      phase: "run",
      code: "ALGORITHM_ERROR",
      message: "boom",
      stackTrace: "main.py line 3",
    });
    expect([result.status, result.orders.length, result.fills.length]).toEqual(["RuntimeError", 1, 1]);
  });

  it("tells an error in initialize from one while loading", () => {
    const fail = (): never => {
      throw new Error("bad");
    };
    expect(run(() => ({ initialize: fail })).error).toMatchObject({ phase: "initialize", message: "bad" });
    expect(run(fail).error).toMatchObject({ phase: "load", message: "bad" });
    const wrongDates = run((algorithm) => ({
      initialize() {
        algorithm.setStartDate(2014, 1, 2);
        algorithm.setEndDate(2014, 1, 1);
      },
    }));
    expect(wrongDates.error?.message).toContain("end date");
  });

  it("stops when asked to", () => {
    const result = run(
      (algorithm) => ({
        initialize() {
          algorithm.setStartDate(2004, 1, 1);
          algorithm.setEndDate(2015, 1, 1);
          algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
        },
      }),
      { shouldStop: () => true },
    );
    expect(result.status).toBe("Stopped");
    expect(result.actual?.end.slice(0, 4)).not.toBe("2014");
  });

  it("refuses other brokerage models and late configuration clearly", () => {
    const model = run((algorithm) => ({
      initialize: () => algorithm.setBrokerageModel("TradierBrokerage"),
    }));
    expect(model.error).toMatchObject({ code: "UNSUPPORTED_BROKERAGE_MODEL", phase: "initialize" });
    const late = run((algorithm) => ({ initialize: () => week(algorithm), onData: () => algorithm.setCash(5) }));
    expect(late.error?.message).toContain("set_cash was called after initialize");
  });

  it("applies fee and slippage models, and refuses orders beyond the buying power", () => {
    const statuses: number[] = [];
    const result = run((algorithm) => ({
      initialize() {
        week(algorithm);
        const security = algorithm.securities.get("SPY");
        security.feeModel = constantFee(Decimal.parse("7.5"));
        security.slippageModel = constantSlippage(Decimal.parse("0.01"));
      },
      onData() {
        if (statuses.length > 0) return;
        statuses.push(algorithm.marketOrder("SPY", 100).status, algorithm.marketOrder("SPY", 100_000).status);
      },
    }));
    expect(statuses).toEqual([ORDER_STATUS.FILLED, ORDER_STATUS.INVALID]);
    const [fill] = result.fills;
    expect(fill?.fee).toBe("7.5");
    const order = result.orders[0]?.["orderSubmissionData"] as { askPrice: number; lastPrice: number };
    expect(Number(fill?.price)).toBeCloseTo(order.askPrice + order.lastPrice * 0.01, 8);
    expect(result.statistics["Total Orders"]).toBe("2");
  });

  it("lets slippage grow with the share of the bar's volume, up to the limit", () => {
    const slippages: number[] = [];
    run((algorithm) => ({
      initialize() {
        week(algorithm);
        algorithm.securities.get("SPY").slippageModel = volumeShareSlippage(
          Decimal.parse("0.025"),
          Decimal.parse("0.1"),
        );
      },
      onData() {
        if (slippages.length > 0) return;
        const security = algorithm.securities.get("SPY");
        const { volume } = security.trade;
        for (const quantity of [Math.round(volume / 100), volume]) {
          const ask = security.askPrice;
          const price = algorithm.marketOrder("SPY", quantity).averageFillPrice;
          if (price.isZero) continue;
          const share = Math.min(quantity / volume, 0.025);
          slippages.push(price.subtract(ask).toNumber() - security.price.toNumber() * 0.1 * share * share);
          algorithm.liquidate();
        }
      },
    }));
    expect(slippages.length).toBeGreaterThan(0);
    for (const difference of slippages) expect(difference).toBeCloseTo(0, 8);
  });

  it("answers history requests with bars that ended before now, as many as asked for", () => {
    const seen: unknown[] = [];
    const result = run((algorithm) => ({
      initialize: () => week(algorithm),
      onData() {
        if (seen.length > 0 || algorithm.board.values[0] === undefined) return;
        const [bars] = algorithm.history.get(["SPY"], { bars: 500 });
        const [days] = algorithm.history.get(["SPY"], { bars: 20 }, RESOLUTION.DAILY);
        const isPast = bars?.endTime.every((time) => time <= algorithm.time);
        const isSorted = bars?.endTime.every((time, index) => index === 0 || time > (bars.endTime[index - 1] ?? 0));
        seen.push(isPast, isSorted, days?.close.length);
        if ((bars?.close.length ?? 0) > 391) throw new Error("there is only one day of minutes before");
      },
    }));
    expect(result.error).toBeUndefined();
    expect(seen).toEqual([true, true, 20]);
    expect(result.algorithmHistoryDataPoints).toBeGreaterThan(20);
  });

  it("consolidates minutes to hours and to days from open to close", () => {
    const hours: number[] = [];
    const days: number[] = [];
    run((algorithm) => ({
      initialize() {
        week(algorithm);
        algorithm.consolidation.consolidate("SPY", { resolution: RESOLUTION.HOUR }, (bar) => hours.push(bar.endTime));
        algorithm.consolidation.consolidate("SPY", { resolution: RESOLUTION.DAILY }, (bar) =>
          days.push((bar.endTime - bar.time) / 3600e6),
        );
      },
    }));
    expect(days).toEqual([6.5, 6.5, 6.5, 6.5]);
    expect(hours.length).toBeGreaterThanOrEqual(5 * 7 - 1);
    expect(hours.every((time) => time % 3600e6 === 0)).toBe(true);
  });

  it("warms up: bars before the start feed indicators, orders are refused and nothing is sampled", () => {
    const states: (readonly [boolean, boolean])[] = [];
    let finished = 0;
    const result = run((algorithm) => {
      let average: ReturnType<QcAlgorithm["indicator"]> | undefined;
      return {
        initialize() {
          algorithm.setStartDate(2010, 1, 4);
          algorithm.setEndDate(2010, 3, 1);
          algorithm.addEquity({ ticker: "SPY", resolution: RESOLUTION.DAILY });
          average = algorithm.indicator("SPY", "sma", { period: 20 });
          algorithm.setWarmUp({ bars: 30 });
        },
        onData() {
          states.push([algorithm.isWarmingUp, average?.isReady === true]);
          if (states.length === 10) algorithm.marketOnOpenOrder("SPY", 1);
        },
        onWarmupFinished() {
          finished += 1;
          if (average?.isReady !== true) throw new Error("not ready");
        },
      };
    });
    expect(result.error).toBeUndefined();
    expect(finished).toBe(1);
    expect(states.filter(([isWarmingUp]) => isWarmingUp).length).toBeGreaterThanOrEqual(29);
    expect(states.at(-1)).toEqual([false, true]);
    expect(result.orders.map((order) => [order.status, order.tag.slice(0, 29)])).toEqual([
      [ORDER_STATUS.INVALID, "This operation is not allowed"],
    ]);
    expect(result.dailyReturns[0]?.date).toBe("2010-01-04");
    expect(result.charts["Strategy Equity"]?.series["Equity"]?.values[0]?.[0]).toBe(1_262_581_200);
  });
});
