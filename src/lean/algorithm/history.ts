import { BarStream } from "../data/bar-stream.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import { startOfBars } from "../data/start-of-bars.ts";
import { Subscription } from "../data/subscription.ts";
import type { DataSource } from "../data-source.ts";
import type { Clock } from "../engine/clock.ts";
import type { SymbolLike } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { dayOf } from "../time/civil-date.ts";
import type { AlgorithmSettings } from "./algorithm-settings.ts";
import type { SecurityManager } from "./security-manager.ts";

/** How far back: a number of bars, a length of time, or two dates (wall clock of the algorithm, microseconds). */
export type HistoryRange =
  | { readonly bars: number }
  | { readonly span: number }
  | { readonly start: number; readonly end: number };

/** Trade bars of one security as columns; times are exchange wall clock. */
export interface HistoryColumns {
  readonly symbol: number;
  readonly time: readonly number[];
  readonly endTime: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  readonly volume: readonly number[];
}

export interface HistoryParts {
  readonly data: DataSource;
  readonly clock: Clock;
  readonly securities: SecurityManager;
  readonly settings: AlgorithmSettings;
}

/** Requests for past bars, adjusted and filled forward like the security's subscription. */
export class History {
  /** Bars given so far (LEAN's `AlgorithmHistoryDataPoints`). */
  dataPoints = 0;
  readonly #parts: HistoryParts;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Bars that ended at or before now, per symbol. `resolution` defaults to the security's. */
  get(symbols: readonly SymbolLike[], range: HistoryRange, resolution?: number): HistoryColumns[] {
    return symbols.map((symbol) => {
      const security = this.#parts.securities.get(symbol);
      return this.#one(security, range, resolution ?? security.resolution);
    });
  }

  #one(security: Security, range: HistoryRange, resolution: number): HistoryColumns {
    const { clock, data, settings } = this.#parts;
    const now = security.hours.zone.toLocal(clock.utc);
    const { from, to } = this.#stretch(security, range, resolution);
    const columns = emptyColumns(security.symbol.index);
    const last = Math.min(to, now);
    // Raw subscriptions of a live run: its past is brought to the level of today's prices.
    const { isRawOnly } = this.#parts.securities;
    const stream = new BarStream(data, {
      securityType: security.symbol.securityType,
      market: security.symbol.market,
      ticker: security.symbol.value,
      kind: "trade",
      resolution,
      normalization: isRawOnly ? NORMALIZATION.ADJUSTED : security.normalization,
      extendedHours: security.extendedHours,
      preciseDaily: settings.dailyPreciseEndTime,
      hours: security.hours,
      factors: isRawOnly ? security.factors.asOf(dayOf(now)) : security.factors,
      map: security.map,
      from: from + 1,
      to: last,
    });
    const feed = new Subscription({ security, stream, fillForward: true, isInternal: true });
    while (feed.advance() && feed.end <= last) addBar(columns, feed);
    const result = "bars" in range ? lastBars(columns, range.bars) : columns;
    this.dataPoints += result.time.length;
    return result;
  }

  #stretch(security: Security, range: HistoryRange, resolution: number): { from: number; to: number } {
    const { clock } = this.#parts;
    const { zone } = security.hours;
    const now = zone.toLocal(clock.utc);
    if ("span" in range) return { from: now - range.span, to: now };
    if ("bars" in range) return { from: startOfBars(security, { now, bars: range.bars, resolution }), to: now };
    return { from: zone.toLocal(clock.zone.toUtc(range.start)), to: zone.toLocal(clock.zone.toUtc(range.end)) };
  }
}

interface MutableColumns {
  readonly symbol: number;
  readonly time: number[];
  readonly endTime: number[];
  readonly open: number[];
  readonly high: number[];
  readonly low: number[];
  readonly close: number[];
  readonly volume: number[];
}

function emptyColumns(symbol: number): MutableColumns {
  return { symbol, time: [], endTime: [], open: [], high: [], low: [], close: [], volume: [] };
}

function addBar(columns: MutableColumns, feed: Subscription): void {
  const { factor } = feed;
  columns.time.push(feed.start);
  columns.endTime.push(feed.end);
  columns.open.push(factor.toNumber(feed.open));
  columns.high.push(factor.toNumber(feed.high));
  columns.low.push(factor.toNumber(feed.low));
  columns.close.push(factor.toNumber(feed.close));
  columns.volume.push(feed.volume);
}

function lastBars(columns: MutableColumns, count: number): HistoryColumns {
  const from = Math.max(columns.time.length - count, 0);
  return {
    symbol: columns.symbol,
    time: columns.time.slice(from),
    endTime: columns.endTime.slice(from),
    open: columns.open.slice(from),
    high: columns.high.slice(from),
    low: columns.low.slice(from),
    close: columns.close.slice(from),
    volume: columns.volume.slice(from),
  };
}
