import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { QcAlgorithm } from "../../src/lean/algorithm/qc-algorithm.ts";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { SyntheticSource } from "../../src/lean/data/synthetic/synthetic-source.ts";
import { ACCOUNT_TYPE } from "../../src/lean/market/brokerage-model.ts";
import { runBacktest } from "../../src/lean/run-backtest.ts";
import type { Strategy } from "../../src/lean/strategy.ts";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { SHARED_DATA, hasSharedLean, leanTarget } from "../support/lean-targets.ts";
import { basicCrypto } from "./strategies/basic-crypto.ts";

const SHIPPED = fileURLToPath(new URL("../../config/lean-data", import.meta.url));

/** Runs on generated prices, which are there for every pair. */
function run(createStrategy: (algorithm: QcAlgorithm) => Strategy): BacktestResult {
  const data = new SyntheticSource(openDataFolder([SHIPPED]), { seed: 7 });
  return runBacktest({ createStrategy, algorithmName: "Test", data, parameters: {}, engineVersion: "test" });
}

/** A day on an exchange; `act` is called once, in the second step with data. */
function day(
  brokerage: string,
  act: (algorithm: QcAlgorithm) => void,
  options: { readonly pair?: string; readonly account?: number; readonly cash?: Readonly<Record<string, number>> } = {},
): { readonly result: BacktestResult; readonly algorithm: QcAlgorithm } {
  let kept: QcAlgorithm | undefined;
  let steps = 0;
  const result = run((algorithm) => ({
    initialize() {
      kept = algorithm;
      algorithm.setStartDate(2024, 3, 5);
      algorithm.setEndDate(2024, 3, 5);
      algorithm.setTimeZone("UTC");
      algorithm.setBrokerageModel(brokerage, options.account ?? ACCOUNT_TYPE.CASH);
      for (const [currency, amount] of Object.entries(options.cash ?? {})) algorithm.setCurrency(currency, amount);
      algorithm.addCrypto({ ticker: options.pair ?? "BTCUSD" });
    },
    onData() {
      steps += 1;
      if (steps === 2) act(algorithm);
    },
  }));
  if (kept === undefined) throw new Error("initialize was not called");
  return { result, algorithm: kept };
}

function balance(algorithm: QcAlgorithm, currency: string): string | undefined {
  return algorithm.portfolio.cashBook.find(currency)?.amount.normalize().toString();
}

describe("crypto in a cash account", () => {
  it.skipIf(!hasSharedLean)(
    "gives LEAN's published values, all but the hash of its orders (skipped without ../shared/lean)",
    () => {
      const target = leanTarget("BasicTemplateCryptoAlgorithm");
      const result = runBacktest({
        createStrategy: basicCrypto,
        algorithmName: target.name,
        data: openDataFolder([SHARED_DATA]),
        parameters: {},
        engineVersion: "test",
      });
      expect(result.error).toBeUndefined();
      expect([result.dataPoints, result.algorithmHistoryDataPoints]).toEqual([
        target.dataPoints,
        target.algorithmHistoryDataPoints,
      ]);
      const { OrderListHash: _hash, ...statistics } = target.expectedStatistics;
      expect(result.statistics).toMatchObject(statistics);
    },
  );

  it("moves balances by a fill, and counts them in the portfolio's value once", () => {
    const { result, algorithm } = day("COINBASE", (one) => one.marketOrder("BTCUSD", "0.5"));
    expect(result.error).toBeUndefined();
    const [fill] = result.fills;
    expect(fill).toMatchObject({ quantity: "0.5", currency: "USD" });
    expect(balance(algorithm, "BTC")).toBe("0.5");
    // Taker's rate of 2024: 0.8 % of the value, in dollars.
    const value = Number(fill?.price) * 0.5;
    expect(Number(fill?.fee)).toBeCloseTo(value * 0.008, 2);
    expect(Number(balance(algorithm, "USD"))).toBeCloseTo(100_000 - value * 1.008, 2);
    const { portfolio } = algorithm;
    const price = algorithm.securities.get("BTCUSD").price.toNumber();
    expect(portfolio.totalPortfolioValue.toNumber()).toBeCloseTo(Number(balance(algorithm, "USD")) + price * 0.5, 6);
    expect(portfolio.cash.toNumber()).toBeCloseTo(portfolio.totalPortfolioValue.toNumber(), 6);
  });

  it("keeps back a fee in what was bought, so that all of it can be sold again", () => {
    const { result, algorithm } = day(
      "BINANCE",
      (one) => {
        one.marketOrder("BTCUSDT", "1");
        one.liquidate("BTCUSDT");
      },
      { pair: "BTCUSDT", cash: { USDT: 200_000 } },
    );
    expect(result.error).toBeUndefined();
    expect(result.fills.map(({ quantity }) => quantity)).toEqual(["0.999", "-0.999"]);
    expect(balance(algorithm, "BTC")).toBe("0");
    expect(result.orders.map(({ events }) => events.at(-1)?.["orderFeeCurrency"])).toEqual(["BTC", "USDT"]);
  });

  it("refuses what the balances cannot pay, short sales and what working orders have reserved", () => {
    const { result } = day("COINBASE", (one) => {
      const { price } = one.securities.get("BTCUSD");
      const limitPrice = price.toNumber() * 0.5;
      one.marketOrder("BTCUSD", "-0.1");
      one.marketOrder("BTCUSD", 1000);
      one.limitOrder("BTCUSD", 60_000 / limitPrice, { limitPrice });
      one.limitOrder("BTCUSD", 60_000 / limitPrice, { limitPrice });
    });
    expect(result.error).toBeUndefined();
    // Invalid, invalid, working to the end, invalid.
    expect(result.orders.map(({ status }) => status)).toEqual([7, 7, 1, 7]);
  });

  it("rounds quantities to lots and prices to ticks, and refuses orders for an open that never comes", () => {
    const { result, algorithm } = day("COINBASE", (one) => {
      one.limitOrder("BTCUSD", "0.123456789123", { limitPrice: "1000.005" });
      one.marketOnOpenOrder("BTCUSD", 1);
    });
    expect(result.orders).toHaveLength(1);
    expect(result.orders[0]).toMatchObject({ quantity: 0.12345678, limitPrice: 1000, priceCurrency: "USD" });
    expect(algorithm.journal.logs.join()).toContain("never opens or closes");
  });

  it("brings a balance to a share of the portfolio, fee included", () => {
    const { result, algorithm } = day("COINBASE", (one) => one.setHoldings("BTCUSD", 0.5));
    const value = algorithm.portfolio.totalPortfolioValue;
    const held = algorithm.securities.get("BTCUSD").holdingsValue;
    expect(result.error).toBeUndefined();
    expect(held.divide(value).toNumber()).toBeGreaterThan(0.45);
    expect(held.divide(value).toNumber()).toBeLessThan(0.55);
  });

  it("prices foreign balances by pairs, and dollars' coins as dollars where no pair does", () => {
    const { result, algorithm } = day("COINBASE", () => undefined, { cash: { BTC: 2, FDUSD: 50 } });
    const { cashBook } = algorithm.portfolio;
    expect(result.error).toBeUndefined();
    expect(cashBook.find("BTC")?.conversionRate.equals(algorithm.securities.get("BTCUSD").price)).toBe(true);
    expect(cashBook.find("FDUSD")?.valueInAccountCurrency.toNumber()).toBeGreaterThan(0);
    expect(Number(result.startCash.amount)).toBeGreaterThan(100_000);
  });

  it("trades around the clock, with bars at every minute of the day", () => {
    const { result } = day("COINBASE", () => undefined);
    const minutes = 1440;
    // One for the universe; trades and quotes of a pair, and the hours of the benchmark.
    expect(result.dataPoints).toBeGreaterThan(2 * minutes);
    expect(result.fidelity).toEqual({ crypto: "modelled" });
    expect(result.warnings.filter(({ code }) => code === "DATA_GAPS")).toEqual([]);
  });

  it("refuses accounts that an exchange does not have, leverage without margin, and equities there", () => {
    const margin = day("COINBASE", () => undefined, { account: ACCOUNT_TYPE.MARGIN });
    expect(margin.result.error).toMatchObject({ code: "UNSUPPORTED_BROKERAGE_MODEL", phase: "initialize" });
    const leverage = run((algorithm) => ({
      initialize() {
        algorithm.setBrokerageModel("KRAKEN", ACCOUNT_TYPE.CASH);
        algorithm.addCrypto({ ticker: "BTCUSD", leverage: 3 });
      },
    }));
    expect(leverage.error?.message).toContain("expected leverage 1");
    const unknown = run((algorithm) => ({ initialize: () => void algorithm.addCrypto({ ticker: "NOPAIR" }) }));
    expect(unknown.error).toMatchObject({ code: "SYMBOL_INVALID" });
  });
});
