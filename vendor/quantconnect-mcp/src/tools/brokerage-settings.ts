import { z } from "zod";
import { optional } from "./fields.ts";

const text = z.string();
const cash = z.array(z.object({ amount: optional(z.number()), currency: optional(text) }));
const holdings = z.array(
  z.object({
    symbol: optional(text),
    symbolId: optional(text),
    quantity: optional(z.number()),
    averagePrice: optional(z.number()),
  }),
);
const withHoldings = { holdings: optional(holdings) };
const withCash = { cash: optional(cash), ...withHoldings };
const liveOrPaper = z.enum(["live", "paper"]);

/** Settings that a brokerage and its data feed share. */
const interactiveBrokers = {
  id: z.enum(["InteractiveBrokersBrokerage"]),
  "ib-user-name": text,
  "ib-account": text,
  "ib-password": text,
  "ib-weekly-restart-utc-time": text,
  "ib-financial-advisors-group-filter": optional(text),
};
const tradier = {
  id: z.enum(["TradierBrokerage"]),
  "tradier-account-id": text,
  "tradier-access-token": text,
  "tradier-environment": liveOrPaper,
};
const bitfinex = { id: z.enum(["BitfinexBrokerage"]), "bitfinex-api-key": text, "bitfinex-api-secret": text };
const coinbase = { id: z.enum(["CoinbaseBrokerage"]), "coinbase-api-name": text, "coinbase-api-private-key": text };
const binanceId = z.enum(["BinanceBrokerage"]);
const binance = {
  id: binanceId,
  "binance-exchange-name": z.enum(["Binance"]),
  "binance-api-key": text,
  "binance-api-secret": text,
  "binance-use-testnet": liveOrPaper,
};
const binanceUs = {
  id: binanceId,
  "binance-exchange-name": z.enum(["BinanceUS"]),
  "binanceus-api-key": text,
  "binanceus-api-secret": text,
};
const binanceUsdm = {
  id: binanceId,
  "binance-exchange-name": z.enum(["Binance-USDM-Futures"]),
  "binance-api-key": text,
  "binance-api-secret": text,
};
const binanceCoin = { ...binanceUsdm, "binance-exchange-name": z.enum(["Binance-COIN-Futures"]) };
const kraken = {
  id: z.enum(["KrakenBrokerage"]),
  "kraken-api-key": text,
  "kraken-api-secret": text,
  "kraken-verification-tier": z.enum(["Starter", "Intermediate", "Pro"]),
};
const bybit = {
  id: z.enum(["BybitBrokerage"]),
  "bybit-api-key": text,
  "bybit-api-secret": text,
  "bybit-vip-level": z.enum([
    "VIP0",
    "VIP1",
    "VIP2",
    "VIP3",
    "VIP4",
    "VIP5",
    "SupremeVIP",
    "Pro1",
    "Pro2",
    "Pro3",
    "Pro4",
    "Pro5",
  ]),
};
const oanda = {
  id: z.enum(["OandaBrokerage"]),
  "oanda-access-token": text,
  "oanda-account-id": text,
  "oanda-environment": z.enum(["Practice", "Trade"]),
};
const schwab = { id: z.enum(["CharlesSchwabBrokerage"]), "charles-schwab-account-number": text };
const tradeStation = {
  id: z.enum(["TradeStationBrokerage"]),
  "trade-station-client-id": text,
  "trade-station-account-id": text,
  "trade-station-refresh-token": text,
  "trade-station-environment": liveOrPaper,
};
const tastytrade = {
  id: z.enum(["TastytradeBrokerage"]),
  "tastytrade-account-number": z.int(),
  "tastytrade-refresh-token": text,
};
const alpacaId = z.enum(["AlpacaBrokerage"]);
const paperId = z.enum(["QuantConnectBrokerage"]);

const institutional = [
  z.object({
    id: z.enum(["TradingTechnologiesBrokerage"]),
    "tt-user-name": text,
    "tt-session-password": text,
    "tt-account-name": text,
    "tt-rest-app-key": text,
    "tt-rest-app-secret": text,
    "tt-rest-environment": z.enum(["live", "uat"]),
    "tt-order-routing-sender-comp-id": text,
    cash,
  }),
  z.object({
    id: z.enum(["WolverineBrokerage"]),
    "wolverine-on-behalf-of-comp-id": text,
    "wolverine-account": text,
    ...withCash,
  }),
  z.object({ id: z.enum(["RBIBrokerage"]), "rbi-on-behalf-of-comp-id": text, "rbi-account": text, ...withCash }),
  z.object({
    id: z.enum(["TerminalLinkBrokerage"]),
    "terminal-link-connection-type": z.enum(["SAPI"]),
    "terminal-link-server-auth-id": text,
    "terminal-link-environment": z.enum(["Production", "Beta"]),
    "terminal-link-server-host": text,
    "terminal-link-server-port": z.int(),
    "terminal-link-emsx-broker": text,
    "terminal-link-emsx-account": text,
    "terminal-link-emsx-team": optional(text),
    "terminal-link-openfigi-api-key": text,
    ...withCash,
  }),
] as const;

/** Where a live algorithm trades. `QuantConnectBrokerage` is paper; the others are real accounts. */
export const brokerageSettings = z.union([
  z.object({ id: paperId, ...withCash }),
  z.object(interactiveBrokers),
  z.object(tradier),
  z.object(bitfinex),
  z.object({ ...coinbase, ...withHoldings }),
  z.object({ ...binance, ...withHoldings }),
  z.object({ ...binanceUs, ...withHoldings }),
  z.object({ ...binanceUsdm, ...withHoldings }),
  z.object({ ...binanceCoin, ...withHoldings }),
  z.object(kraken),
  z.object({ ...bybit, ...withHoldings }),
  z.object(oanda),
  z.object(schwab),
  z.object(tradeStation),
  z.object(tastytrade),
  z.object({ id: alpacaId, "alpaca-access-token": text, "alpaca-environment": liveOrPaper }),
  ...institutional,
]);

/** Where a live algorithm's prices come from, by provider. */
export const dataProviders = z.object({
  QuantConnectBrokerage: optional(z.object({ id: paperId })),
  InteractiveBrokersBrokerage: optional(z.object(interactiveBrokers)),
  TradierBrokerage: optional(z.object(tradier)),
  BitfinexBrokerage: optional(z.object(bitfinex)),
  CoinbaseBrokerage: optional(z.object(coinbase)),
  BinanceBrokerage: optional(
    z.union([z.object(binance), z.object(binanceUs), z.object(binanceUsdm), z.object(binanceCoin)]),
  ),
  KrakenBrokerage: optional(z.object(kraken)),
  BybitBrokerage: optional(z.object(bybit)),
  OandaBrokerage: optional(z.object(oanda)),
  CharlesSchwabBrokerage: optional(z.object(schwab)),
  TradeStationBrokerage: optional(z.object(tradeStation)),
  TastytradeBrokerage: optional(z.object(tastytrade)),
  AlpacaBrokerage: optional(z.object({ id: alpacaId, "alpaca-api-key": text, "alpaca-api-secret": text })),
  PolygonDataFeed: optional(z.object({ id: z.enum(["Polygon"]), "polygon-api-key": text })),
});
