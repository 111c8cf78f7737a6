import { dayNumber } from "../../time/civil-date.ts";

/** A price file of LEAN's layout, as its path names it. */
export interface PricePath {
  readonly assetClass: "equity" | "crypto";
  readonly market: string;
  readonly resolution: "second" | "minute" | "hour" | "daily";
  /** Lower case. */
  readonly ticker: string;
  readonly kind: "trade" | "quote";
  /** Day number of a file of one day. */
  readonly day: number | undefined;
}

const DAY_FILE = /^(equity|crypto)\/([a-z]+)\/(second|minute)\/([a-z0-9.]+)\/(\d{8})_(trade|quote)\.zip$/;
const LONG_EQUITY = /^(equity)\/(usa)\/(hour|daily)\/([a-z0-9.]+)\.zip$/;
const LONG_CRYPTO = /^(crypto)\/([a-z]+)\/(hour|daily)\/([a-z0-9.]+)_trade\.zip$/;

/** What a path asks for; undefined if it is no price file of trades or quotes. */
export function parsePricePath(path: string): PricePath | undefined {
  const day = DAY_FILE.exec(path);
  if (day !== null) {
    const [, assetClass, market = "", resolution, ticker = "", date = "", kind] = day;
    return {
      assetClass: assetClass === "equity" ? "equity" : "crypto",
      market,
      resolution: resolution === "second" ? "second" : "minute",
      ticker,
      kind: kind === "quote" ? "quote" : "trade",
      day: dayNumber(Number(date.slice(0, 4)), Number(date.slice(4, 6)), Number(date.slice(6, 8))),
    };
  }
  const long = LONG_EQUITY.exec(path) ?? LONG_CRYPTO.exec(path);
  if (long === null) return undefined;
  const [, assetClass, market = "", resolution, ticker = ""] = long;
  return {
    assetClass: assetClass === "equity" ? "equity" : "crypto",
    market,
    resolution: resolution === "hour" ? "hour" : "daily",
    ticker,
    kind: "trade",
    day: undefined,
  };
}
