import { Decimal } from "../../domain/decimal.ts";
import {
  alpacaCryptoFee,
  binanceFee,
  bitfinexFee,
  bybitFee,
  coinbaseFee,
  krakenFee,
  type FeeModelFactory,
} from "../orders/exchange-fees.ts";
import { INTERACTIVE_BROKERS_FEE, ZERO_FEE, type FeeModel } from "../orders/fee-model.ts";

/** LEAN's `AccountType`. */
export const ACCOUNT_TYPE = { MARGIN: 0, CASH: 1 } as const;

const NO_LEVERAGE = Decimal.ONE;
const CRYPTO_DAYS = 365;
const EQUITY_DAYS = 252;

/** What a benchmark of a brokerage is: SPY, a crypto pair on its market, or nothing. */
export type BrokerageBenchmark = "SPY" | "none" | { readonly pair: string };

/** How a brokerage trades: LEAN's brokerage models, as far as the engine needs them. */
export interface BrokerageModel {
  readonly name: string;
  /** Market of crypto pairs where the strategy names none. */
  readonly cryptoMarket: string;
  /** False: only crypto can be traded there. */
  readonly tradesEquities: boolean;
  /** False: the brokerage has cash accounts only. */
  readonly hasMargin: boolean;
  readonly equityFee: FeeModel;
  readonly cryptoFee: FeeModelFactory;
  /** Leverage of a crypto pair in a margin account. */
  cryptoLeverage(pair: string): Decimal;
  readonly benchmark: BrokerageBenchmark;
  /** Days that a year has in the statistics. */
  readonly tradingDaysPerYear: number;
}

const DEFAULT: BrokerageModel = {
  name: "DefaultBrokerageModel",
  cryptoMarket: "coinbase",
  tradesEquities: true,
  hasMargin: true,
  equityFee: INTERACTIVE_BROKERS_FEE,
  cryptoFee: () => ZERO_FEE,
  cryptoLeverage: () => NO_LEVERAGE,
  benchmark: "SPY",
  tradingDaysPerYear: EQUITY_DAYS,
};

/** Kraken lends by coin, against the currencies of states. */
const KRAKEN_LEVERAGE: ReadonlyMap<string, bigint> = new Map(
  "BTC=5 ETH=5 USDT=2 XMR=2 REP=2 XRP=3 BCH=2 XTZ=2 LTC=3 ADA=3 EOS=3 DASH=3 TRX=3 LINK=3 USDC=3"
    .split(" ")
    .map((entry) => {
      const [coin = "", times = "1"] = entry.split("=");
      return [coin, BigInt(times)] as const;
    }),
);

function krakenLeverage(pair: string): Decimal {
  const coin = /^([A-Z]+)(?:USD|EUR|GBP|CAD|JPY)$/.exec(pair)?.[1] ?? "";
  return Decimal.of(KRAKEN_LEVERAGE.get(coin) ?? 1n, 0);
}

function exchange(
  name: string,
  parts: Pick<BrokerageModel, "cryptoMarket" | "cryptoFee"> & Partial<BrokerageModel>,
): BrokerageModel {
  return { ...DEFAULT, name, tradesEquities: false, tradingDaysPerYear: CRYPTO_DAYS, ...parts };
}

const COINBASE = exchange("CoinbaseBrokerageModel", {
  cryptoMarket: "coinbase",
  cryptoFee: coinbaseFee,
  hasMargin: false,
  benchmark: { pair: "BTCUSD" },
});

/** By the facade's names of brokerages, without underscores and in capitals. */
const MODELS: Readonly<Record<string, BrokerageModel>> = {
  DEFAULT,
  DEFAULTBROKERAGEMODEL: DEFAULT,
  QUANTCONNECTBROKERAGE: DEFAULT,
  INTERACTIVEBROKERSBROKERAGE: { ...DEFAULT, name: "InteractiveBrokersBrokerageModel", benchmark: "none" },
  ALPACA: { ...DEFAULT, name: "AlpacaBrokerageModel", equityFee: ZERO_FEE, cryptoFee: alpacaCryptoFee },
  TRADESTATION: { ...DEFAULT, name: "TradeStationBrokerageModel", equityFee: ZERO_FEE },
  COINBASE,
  GDAX: COINBASE,
  BINANCE: exchange("BinanceBrokerageModel", {
    cryptoMarket: "binance",
    cryptoFee: binanceFee,
    cryptoLeverage: () => Decimal.of(3n, 0),
    benchmark: { pair: "BTCUSDC" },
  }),
  BINANCEUS: exchange("BinanceUSBrokerageModel", {
    cryptoMarket: "binanceus",
    cryptoFee: binanceFee,
    hasMargin: false,
    benchmark: { pair: "BTCUSDC" },
  }),
  BYBIT: exchange("BybitBrokerageModel", {
    cryptoMarket: "bybit",
    cryptoFee: bybitFee,
    cryptoLeverage: () => Decimal.of(10n, 0),
    benchmark: { pair: "BTCUSDC" },
  }),
  KRAKEN: exchange("KrakenBrokerageModel", {
    cryptoMarket: "kraken",
    cryptoFee: krakenFee,
    cryptoLeverage: krakenLeverage,
    benchmark: { pair: "BTCUSD" },
  }),
  BITFINEX: exchange("BitfinexBrokerageModel", {
    cryptoMarket: "bitfinex",
    cryptoFee: bitfinexFee,
    cryptoLeverage: () => Decimal.of(33n, 1),
    benchmark: { pair: "BTCUSD" },
  }),
};

/** LEAN's default model. */
export const DEFAULT_BROKERAGE: BrokerageModel = DEFAULT;

/** The model of a brokerage's name (`BINANCE_US`, `Coinbase`) or of its own; undefined for one that is not modelled. */
export function brokerageModel(name: string): BrokerageModel | undefined {
  return MODELS[name.replaceAll(/[_\s]/g, "").toUpperCase()] ?? Object.values(MODELS).find((one) => one.name === name);
}

/** Names that `brokerageModel` knows, for messages. */
export const BROKERAGE_NAMES: readonly string[] =
  "DEFAULT INTERACTIVE_BROKERS_BROKERAGE ALPACA TRADE_STATION COINBASE BINANCE BINANCE_US BYBIT KRAKEN BITFINEX".split(
    " ",
  );
