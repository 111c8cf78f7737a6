import type { SubscriptionRequest } from "../algorithm/security-manager.ts";
import { RESOLUTION } from "../data/resolution.ts";
import { startOfBars } from "../data/start-of-bars.ts";
import type { DataFeed } from "../engine/data-feed.ts";
import { MICROS_PER_DAY, dayOf } from "../time/civil-date.ts";

/** Days back in which a price is looked for where the last session has none. */
const LOOK_BACK_DAYS = 20;
/** Bars of the last session that are taken: quotes may lack a side for a while. */
const RECENT_BARS = 60;

/** What to open of a request, and from when on it counts; UTC microseconds. */
export interface PrimedStretch {
  readonly utc: number;
  readonly endUtc: number;
  readonly rawFromDay?: number;
}

/**
 * Opens the feeds of a request so that the security's last prices before `utc` are known at once, and bars and events
 * count from then on. Whole days are read, so no more than the session of the last bar where that has one.
 */
export function openPrimed(feed: DataFeed, request: SubscriptionRequest, stretch: PrimedStretch): void {
  const { security, resolution } = request;
  const { zone } = security.hours;
  const { utc, endUtc, ...rest } = stretch;
  const now = zone.toLocal(utc);
  const first = dayOf(startOfBars(security, { now, bars: 1, resolution }));
  const to = zone.toLocal(endUtc);
  const open = (from: number, countedFrom: number): void => {
    const feeds = feed.open(request, { from, to, isLater: false, eventsAfterUtc: utc, ...rest });
    feed.prime(feeds, utc, countedFrom);
  };
  if (resolution < RESOLUTION.HOUR) {
    // Of a session only the end matters: making prices of every bar costs more than reading them.
    const recent = startOfBars(security, { now, bars: RECENT_BARS, resolution });
    open(Math.max(recent, first * MICROS_PER_DAY), zone.toUtc(recent));
    if (!security.price.isZero) return;
    feed.close(security);
  }
  open((first - LOOK_BACK_DAYS) * MICROS_PER_DAY, Number.NEGATIVE_INFINITY);
}
