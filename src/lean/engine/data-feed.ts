import { BarStream } from "../data/bar-stream.ts";
import { CorporateActions, type TimedEvent } from "../data/corporate-actions.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import { RESOLUTION } from "../data/resolution.ts";
import { Subscription } from "../data/subscription.ts";
import { isForexPaused } from "../market/forex-pauses.ts";
import type { DataSource } from "../data-source.ts";
import type { SubscriptionRequest } from "../algorithm/security-manager.ts";
import type { CurrencyFeed } from "../algorithm/currency-conversions.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_DAY } from "../time/civil-date.ts";

/** What to open of a security: wall clock of the exchange, `from` exclusive where `isLater`. */
export interface FeedStretch {
  readonly from: number;
  readonly to: number;
  readonly isLater: boolean;
  /** Live: prices before this day (day number) are brought to its level, those of the day and later are raw. */
  readonly rawFromDay?: number;
  /** Corporate events at or before this time (UTC microseconds) are left out. */
  readonly eventsAfterUtc?: number;
}

/** All feeds of a run, merged by time. Within a step they come by kind (trades, then quotes) and ticker. */
export class DataFeed {
  /** Feeds that end at the time of the current step, in order. */
  readonly current: Subscription[] = [];
  readonly events: TimedEvent[] = [];
  /** All feeds ever opened, for the report on missing data. */
  readonly opened: Subscription[] = [];
  #feeds: Subscription[] = [];
  #queuedEvents: TimedEvent[] = [];
  readonly #withEvents = new Set<Security>();
  readonly #data: DataSource;
  readonly #preciseDaily: boolean;

  constructor(data: DataSource, preciseDaily: boolean) {
    this.#data = data;
    this.#preciseDaily = preciseDaily;
  }

  /** Opens the feeds of a request from a time on (exchange wall clock, exclusive where `isLater`). */
  open(request: SubscriptionRequest, stretch: FeedStretch): Subscription[] {
    const { security, resolution, fillForward } = request;
    const isPair = security.symbol.securityType !== SECURITY_TYPE.EQUITY;
    const kinds = resolution < RESOLUTION.HOUR || isPair ? (["trade", "quote"] as const) : (["trade"] as const);
    const from = stretch.isLater ? stretch.from + 1 : stretch.from;
    const to = Math.min(stretch.to, (security.map.lastDay + 1) * MICROS_PER_DAY);
    const feeds = kinds.map((kind) => {
      const stream = this.#stream(security, { kind, resolution, from, to, rawFromDay: stretch.rawFromDay });
      return new Subscription({ security, stream, fillForward, isInternal: false });
    });
    security.subscriptions.push(...feeds);
    for (const feed of feeds) this.#add(feed);
    this.#addEvents(security, stretch);
    return feeds;
  }

  /**
   * Runs the feeds of a security up to a time before they count: its prices are known then, nobody is told. Bars that
   * ended before `fromUtc` are passed over.
   */
  prime(feeds: readonly Subscription[], utc: number, fromUtc: number = Number.NEGATIVE_INFINITY): void {
    for (const feed of feeds) {
      while (!feed.isAtEnd && feed.endUtc <= utc) {
        if (!feed.isFilled && feed.endUtc > fromUtc) feed.security.update(feed);
        feed.advance();
      }
      feed.security.clearSlice();
    }
    this.#feeds = this.#feeds.filter((feed) => !feed.isAtEnd);
  }

  /** Hour bars (daily ones where there are no hour bars) of the benchmark, without fills; none of a pair in use. */
  openBenchmark(
    security: Security,
    stretch: { readonly from: number; readonly to: number; readonly isInUse: boolean },
  ): Subscription {
    const { isInUse, from, to } = stretch;
    const open = (resolution: number): Subscription =>
      new Subscription({
        security,
        stream: this.#stream(security, { kind: "trade", resolution, from, to }),
        fillForward: false,
        isInternal: true,
      });
    const hourly = open(RESOLUTION.HOUR);
    if (hourly.hasAnyData || isInUse) return this.#opened(hourly);
    return this.#opened(open(RESOLUTION.DAILY));
  }

  #opened(feed: Subscription): Subscription {
    this.#add(feed);
    return feed;
  }

  /** A feed that only gives a conversion rate, filled forward. */
  openCurrency(request: CurrencyFeed, stretch: { readonly from: number; readonly to: number }): void {
    const { security, kind, resolution } = request;
    const stream = this.#stream(security, { kind, resolution, ...stretch });
    const isForex = security.symbol.securityType === SECURITY_TYPE.FOREX;
    const pauses = isForex ? { isPaused: isForexPaused } : {};
    this.#add(new Subscription({ security, stream, fillForward: true, isInternal: true, ...pauses }));
  }

  /** Ends the feeds of a security. */
  close(security: Security): void {
    this.#feeds = this.#feeds.filter((feed) => feed.isInternal || feed.security !== security);
    const kept = this.current.filter((feed) => feed.security !== security);
    this.current.splice(0, this.current.length, ...kept);
    this.#queuedEvents = this.#queuedEvents.filter((event) => event.event.symbol !== security.symbol);
    this.#withEvents.delete(security);
    security.subscriptions.length = 0;
  }

  clear(): void {
    this.#feeds = [];
    this.#queuedEvents = [];
  }

  /** Leaves the current step: UTC time of the next one, Infinity at the end. */
  nextTime(): number {
    let hasEnded = false;
    for (const feed of this.current) if (!feed.advance()) hasEnded = true;
    this.current.length = 0;
    if (hasEnded) this.#feeds = this.#feeds.filter((feed) => !feed.isAtEnd);
    let next = this.#queuedEvents[0]?.utc ?? Number.POSITIVE_INFINITY;
    for (const feed of this.#feeds) if (feed.endUtc < next) next = feed.endUtc;
    return next;
  }

  /**
   * Hands everything that is due at `time` to `take`. The feeds stay at their bars until `nextTime`; only internal
   * feeds move on at once, because they may bring several bars (those of the benchmark before the start).
   */
  advanceTo(time: number, take: (feed: Subscription) => void): void {
    this.events.length = 0;
    while ((this.#queuedEvents[0]?.utc ?? Number.POSITIVE_INFINITY) <= time) {
      const event = this.#queuedEvents.shift();
      if (event !== undefined) this.events.push(event);
    }
    let hasEnded = false;
    for (const feed of this.#feeds) {
      if (feed.endUtc > time) continue;
      if (!feed.isInternal) {
        this.current.push(feed);
        take(feed);
        continue;
      }
      while (!feed.isAtEnd && feed.endUtc <= time) {
        take(feed);
        if (!feed.advance()) hasEnded = true;
      }
    }
    if (hasEnded) this.#feeds = this.#feeds.filter((feed) => !feed.isAtEnd);
  }

  #add(feed: Subscription): void {
    this.opened.push(feed);
    if (!feed.advance()) return;
    this.#feeds = [...this.#feeds, feed].toSorted(
      (left, right) =>
        left.security.symbol.securityType - right.security.symbol.securityType ||
        Number(left.isQuote) - Number(right.isQuote) ||
        compareText(left.security.symbol.value, right.security.symbol.value),
    );
  }

  #addEvents(security: Security, stretch: FeedStretch): void {
    if (this.#withEvents.has(security)) return;
    this.#withEvents.add(security);
    const after = stretch.eventsAfterUtc ?? Number.NEGATIVE_INFINITY;
    const found = new CorporateActions(security).between(stretch.from, stretch.to);
    const events = found.filter(({ utc }) => utc > after);
    this.#queuedEvents = [...this.#queuedEvents, ...events].toSorted((left, right) => left.utc - right.utc);
  }

  #stream(
    security: Security,
    part: {
      readonly kind: "trade" | "quote";
      readonly resolution: number;
      readonly from: number;
      readonly to: number;
      readonly rawFromDay?: number | undefined;
    },
  ): BarStream {
    const { rawFromDay, ...stretch } = part;
    const isLive = rawFromDay !== undefined;
    return new BarStream(this.#data, {
      ...stretch,
      securityType: security.symbol.securityType,
      market: security.symbol.market,
      ticker: security.symbol.value,
      normalization: isLive ? NORMALIZATION.ADJUSTED : security.normalization,
      extendedHours: security.extendedHours,
      preciseDaily: this.#preciseDaily,
      hours: security.hours,
      factors: isLive ? security.factors.asOf(rawFromDay) : security.factors,
      map: security.map,
    });
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
