import { z } from "zod";
import { simulationSettingsSchema, type SimulationSettings } from "../../lean/brokerages/simulated-brokerage.ts";

/** Settings that a brokerage wants, by name: `text`, a whole number, or one of some words. */
type Wanted = Readonly<Record<string, "text" | "number" | readonly string[]>>;

const PLACE = ["live", "paper"] as const;
const BINANCE_KEYS = { "binance-api-key": "text", "binance-api-secret": "text" } as const;

/** The brokerages of the real cloud and what they need; for Binance it depends on the exchange. */
const REAL: Readonly<Record<string, Wanted | ((exchange: unknown) => Wanted | undefined)>> = {
  InteractiveBrokersBrokerage: {
    "ib-user-name": "text",
    "ib-account": "text",
    "ib-password": "text",
    "ib-weekly-restart-utc-time": "text",
  },
  TradierBrokerage: { "tradier-account-id": "text", "tradier-access-token": "text", "tradier-environment": PLACE },
  BitfinexBrokerage: { "bitfinex-api-key": "text", "bitfinex-api-secret": "text" },
  CoinbaseBrokerage: { "coinbase-api-name": "text", "coinbase-api-private-key": "text" },
  BinanceBrokerage: (exchange) => {
    if (exchange === "Binance") return { ...BINANCE_KEYS, "binance-use-testnet": PLACE };
    if (exchange === "BinanceUS") return { "binanceus-api-key": "text", "binanceus-api-secret": "text" };
    const isFutures = exchange === "Binance-USDM-Futures" || exchange === "Binance-COIN-Futures";
    return isFutures ? BINANCE_KEYS : undefined;
  },
  KrakenBrokerage: {
    "kraken-api-key": "text",
    "kraken-api-secret": "text",
    "kraken-verification-tier": ["Starter", "Intermediate", "Pro"],
  },
  BybitBrokerage: {
    "bybit-api-key": "text",
    "bybit-api-secret": "text",
    "bybit-vip-level": [
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
    ],
  },
  OandaBrokerage: {
    "oanda-account-id": "text",
    "oanda-access-token": "text",
    "oanda-environment": ["Practice", "Trade"],
  },
  AlpacaBrokerage: { "alpaca-access-token": "text", "alpaca-environment": PLACE },
  TradeStationBrokerage: {
    "trade-station-client-id": "text",
    "trade-station-account-id": "text",
    "trade-station-refresh-token": "text",
    "trade-station-environment": PLACE,
  },
  TastytradeBrokerage: { "tastytrade-account-number": "number", "tastytrade-refresh-token": "text" },
  CharlesSchwabBrokerage: { "charles-schwab-account-number": "text" },
  TradingTechnologiesBrokerage: {
    "tt-user-name": "text",
    "tt-session-password": "text",
    "tt-account-name": "text",
    "tt-rest-app-key": "text",
    "tt-rest-app-secret": "text",
    "tt-rest-environment": ["live", "uat"],
    "tt-order-routing-sender-comp-id": "text",
  },
  WolverineBrokerage: { "wolverine-on-behalf-of-comp-id": "text", "wolverine-account": "text" },
  RBIBrokerage: { "rbi-on-behalf-of-comp-id": "text", "rbi-account": "text" },
  TerminalLinkBrokerage: {
    "terminal-link-connection-type": ["SAPI"],
    "terminal-link-server-auth-id": "text",
    "terminal-link-environment": ["Production", "Beta"],
    "terminal-link-server-host": "text",
    "terminal-link-server-port": "number",
    "terminal-link-emsx-broker": "text",
    "terminal-link-emsx-account": "text",
    "terminal-link-openfigi-api-key": "text",
  },
};

export type BrokerageChoice =
  | { readonly ok: true; readonly name: "PaperBrokerage"; readonly simulation: undefined }
  | { readonly ok: true; readonly name: "SimulatedBrokerage"; readonly simulation: SimulationSettings }
  | { readonly ok: false; readonly message: string };

/** What a deployment is to trade with. No value of a setting is ever part of a message: it may be a secret. */
export function chooseBrokerage(settings: Readonly<Record<string, unknown>>): BrokerageChoice {
  const id = settings["id"];
  if (id === "QuantConnectBrokerage") return { ok: true, name: "PaperBrokerage", simulation: undefined };
  if (id === "SimulatedBrokerage") {
    const { id: _id, cash: _cash, holdings: _holdings, ...rest } = settings;
    const parsed = simulationSettingsSchema.strict().safeParse(rest);
    return parsed.success
      ? { ok: true, name: "SimulatedBrokerage", simulation: parsed.data }
      : { ok: false, message: `Invalid settings of SimulatedBrokerage: ${z.prettifyError(parsed.error)}` };
  }
  const entry = typeof id === "string" && Object.hasOwn(REAL, id) ? REAL[id] : undefined;
  if (entry === undefined || typeof id !== "string") {
    return {
      ok: false,
      message: `Unknown brokerage. Known are QuantConnectBrokerage, SimulatedBrokerage, ${Object.keys(REAL).join(", ")}.`,
    };
  }
  return { ok: false, message: realRefusal(id, entry, settings) };
}

/** A real brokerage is checked as the real cloud does, and then refused: this cloud reaches none. */
function realRefusal(
  id: string,
  entry: Wanted | ((exchange: unknown) => Wanted | undefined),
  settings: Readonly<Record<string, unknown>>,
): string {
  const wanted = typeof entry === "function" ? entry(settings["binance-exchange-name"]) : entry;
  if (wanted === undefined) {
    return `Invalid settings of ${id}: binance-exchange-name must be Binance, BinanceUS, Binance-USDM-Futures or Binance-COIN-Futures.`;
  }
  const wrong = Object.entries(wanted).flatMap(([name, kind]) => problemOf(name, kind, settings[name]) ?? []);
  if (wrong.length > 0) return `Invalid settings of ${id}: ${wrong.join("; ")}.`;
  return (
    `The settings of ${id} are complete, but the local cloud connects to no real brokerage. ` +
    "Deploy with QuantConnectBrokerage (paper) or SimulatedBrokerage here, or use the profile quantconnect."
  );
}

function problemOf(name: string, kind: Wanted[string], value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return `${name} is missing`;
  if (kind === "text") return typeof value === "string" ? undefined : `${name} must be a text`;
  if (kind === "number") return Number.isInteger(Number(value)) ? undefined : `${name} must be a whole number`;
  return typeof value === "string" && kind.includes(value) ? undefined : `${name} must be one of ${kind.join(", ")}`;
}

/** Brokerages that are signed in to in a browser. */
export const OAUTH_BROKERAGES = ["alpaca", "tradestation", "charlesschwab", "tastytrade"] as const;
