import { dayNumber } from "../time/civil-date.ts";
import type { MapFile } from "../data/map-file.ts";

const OLE_EPOCH = dayNumber(1899, 12, 30);
const EQUITY_TYPE = 1n;
/** LEAN's numbers of markets, as its identifiers hold them. */
const MARKETS: Readonly<Record<string, bigint>> = {
  usa: 1n,
  fxcm: 2n,
  oanda: 3n,
  bitfinex: 5n,
  kraken: 13n,
  binance: 16n,
  binanceus: 36n,
  bybit: 37n,
  coinbase: 38n,
};
const MARKET_UNIT = 100n;
const DATE_UNIT = 10n ** 14n;

/**
 * LEAN's security identifier of a US equity: the first ticker of its map file (a trailing `.1` removed), a space, and
 * in base 36 type + 100 x market + 10^14 x days from 1899-12-30 to its first date (0 days without a map file).
 */
export function equityIdentifier(ticker: string, market: string, map: MapFile): string {
  const days = map.firstDay === undefined ? 0n : BigInt(map.firstDay - OLE_EPOCH);
  const number = EQUITY_TYPE + MARKET_UNIT * numberOf(market) + DATE_UNIT * days;
  const name = (map.firstDay === undefined ? ticker : map.firstTicker).toUpperCase().replace(/\.1$/, "");
  return `${name} ${number.toString(36).toUpperCase()}`;
}

/** LEAN's security identifier of a pair of currencies: `BTCUSD 2XR`. `type` is LEAN's number of the security type. */
export function pairIdentifier(ticker: string, type: number, market: string): string {
  const number = BigInt(type) + MARKET_UNIT * numberOf(market);
  return `${ticker} ${number.toString(36).toUpperCase()}`;
}

/** What an identifier names: LEAN's number of the security type, the market, and the first ticker; else undefined. */
export function parseIdentifier(
  id: string,
): { readonly ticker: string; readonly securityType: number; readonly market: string } | undefined {
  const parts = /^([A-Z0-9._-]{1,32}) ([0-9A-Z]{1,16})$/.exec(id.trim());
  const [, ticker, code] = parts ?? [];
  if (ticker === undefined || code === undefined) return undefined;
  const number = Array.from(code).reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
  const known = Object.entries(MARKETS).find(([, value]) => value === (number / MARKET_UNIT) % 1000n);
  return known === undefined ? undefined : { ticker, securityType: Number(number % MARKET_UNIT), market: known[0] };
}

/** 0 for a market that LEAN does not number. */
function numberOf(market: string): bigint {
  return Object.hasOwn(MARKETS, market) ? (MARKETS[market] ?? 0n) : 0n;
}
