import { Decimal } from "../../domain/decimal.ts";
import { startOfDate } from "../time/civil-date.ts";
import type { FeeModel } from "./fee-model.ts";
import { ORDER_TYPE, type Order } from "./order.ts";

/** The pair that a fee model belongs to, with its last quotes. */
export interface FeePair {
  readonly symbol: { readonly value: string };
  readonly bidPrice: Decimal;
  readonly askPrice: Decimal;
  readonly price: Decimal;
  readonly properties: { readonly quoteCurrency: string; readonly baseCurrency: string | undefined };
}

/** Makes the fee model of one pair. */
export type FeeModelFactory = (pair: FeePair) => FeeModel;

interface Rates {
  readonly maker: Decimal;
  readonly taker: Decimal;
}

const MINUTE = 60_000_000;

function rates(maker: string, taker: string): Rates {
  return { maker: Decimal.parse(maker), taker: Decimal.parse(taker) };
}

/** A limit order that does not cross the quotes at its submission adds liquidity. */
export function isMarketable(order: Order): boolean {
  if (order.type === ORDER_TYPE.MARKET) return true;
  if (order.type !== ORDER_TYPE.LIMIT || order.submissionData === undefined) return false;
  const limit = order.limitPrice.smartRounding();
  return order.quantity.sign > 0
    ? !limit.lessThan(order.submissionData.askPrice)
    : !limit.greaterThan(order.submissionData.bidPrice);
}

function isMaker(order: Order): boolean {
  return order.type === ORDER_TYPE.LIMIT && !isMarketable(order);
}

/** Price of the side that the order takes. */
function sidePrice(pair: FeePair, order: Order): Decimal {
  return order.quantity.sign > 0 ? pair.askPrice : pair.bidPrice;
}

function limitOrSide(pair: FeePair, order: Order): Decimal {
  return order.type === ORDER_TYPE.LIMIT ? order.limitPrice : sidePrice(pair, order);
}

/** Coinbase's schedules by the date from which they hold, newest first. */
const COINBASE: readonly { readonly from: number; readonly rates: Rates }[] = [
  { from: startOfDate(2019, 10, 8) + 30 * MINUTE, rates: rates("0.006", "0.008") },
  { from: startOfDate(2019, 3, 23) + 90 * MINUTE, rates: rates("0.0015", "0.0025") },
  { from: Number.NEGATIVE_INFINITY, rates: rates("0", "0.003") },
];
const COINBASE_STABLE: readonly { readonly from: number; readonly rates: Rates }[] = [
  { from: startOfDate(2022, 6, 1), rates: rates("0", "0.00001") },
  { from: Number.NEGATIVE_INFINITY, rates: rates("0", "0.001") },
];
const STABLE_PAIRS = new Set(
  (
    "DAIUSDC DAIUSD GYENUSD PAXUSD PAXUSDT MUSDUSD USDCEUR USDCGBP USDTEUR USDTGBP USDTUSD USDTUSDC USTEUR USTUSD " +
    "USTUSDT WBTCBTC"
  ).split(" "),
);

/** Coinbase: a share of the value, always in the quote currency; by date, stable pairs cheaper. */
export const coinbaseFee: FeeModelFactory = (pair) => ({
  name: "CoinbaseFeeModel",
  fee(order) {
    const schedule = STABLE_PAIRS.has(pair.symbol.value) ? COINBASE_STABLE : COINBASE;
    const found = schedule.find(({ from }) => order.time >= from)?.rates ?? rates("0.006", "0.008");
    const rate = isMaker(order) ? found.maker : found.taker;
    return sidePrice(pair, order).multiply(order.quantity.abs()).multiply(rate).normalize();
  },
  currency: () => pair.properties.quoteCurrency,
});

/** Buyers pay in what they buy, sellers in what they get. */
function feeInReceived(
  name: string,
  charged: Rates,
  sellPrice: (pair: FeePair, order: Order) => Decimal,
): FeeModelFactory {
  return (pair) => ({
    name,
    fee(order) {
      const rate = isMaker(order) ? charged.maker : charged.taker;
      const size = order.quantity.abs();
      if (order.quantity.sign > 0) return size.multiply(rate).normalize();
      return sellPrice(pair, order).multiply(size).multiply(rate).normalize();
    },
    currency: (order) =>
      order.quantity.sign > 0
        ? (pair.properties.baseCurrency ?? pair.properties.quoteCurrency)
        : pair.properties.quoteCurrency,
  });
}

export const binanceFee: FeeModelFactory = feeInReceived("BinanceFeeModel", rates("0.001", "0.001"), limitOrSide);
export const bybitFee: FeeModelFactory = feeInReceived("BybitFeeModel", rates("0.001", "0.001"), limitOrSide);
export const bitfinexFee: FeeModelFactory = feeInReceived("BitfinexFeeModel", rates("0.001", "0.002"), limitOrSide);
/** Alpaca: equities are free; crypto pays a share of what is received. */
export const alpacaCryptoFee: FeeModelFactory = feeInReceived(
  "AlpacaFeeModel",
  rates("0.0015", "0.0025"),
  (pair) => pair.price,
);

const KRAKEN = rates("0.0016", "0.0026");
const KRAKEN_CURRENCIES = Decimal.parse("0.002");
const KRAKEN_CURRENCY = /^(?:CAD|EUR|GBP|JPY|USD|DAI)/;

/** Kraken: buyers pay in the quote currency, sellers in the base currency; pairs of currencies have one rate. */
export const krakenFee: FeeModelFactory = (pair) => ({
  name: "KrakenFeeModel",
  fee(order) {
    const isCurrency = KRAKEN_CURRENCY.test(pair.symbol.value);
    const rate = isCurrency ? KRAKEN_CURRENCIES : isMaker(order) ? KRAKEN.maker : KRAKEN.taker;
    const size = order.quantity.abs();
    const value = order.quantity.sign > 0 ? limitOrSide(pair, order).multiply(size) : size;
    return value.multiply(rate).normalize();
  },
  currency: (order) =>
    order.quantity.sign > 0
      ? pair.properties.quoteCurrency
      : (pair.properties.baseCurrency ?? pair.properties.quoteCurrency),
});
