import { startOfBars } from "../data/start-of-bars.ts";
import { RESOLUTION } from "../data/resolution.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_DAY, dayOf } from "../time/civil-date.ts";

/** Days more for bars that are rarer. */
const LONG_BAR_DAYS = 10;

/** From where on to read a security's bars so that its last price before now is known; wall clock of the exchange. */
export function primingStart(security: Security, at: { readonly utc: number; readonly resolution: number }): number {
  const now = security.hours.zone.toLocal(at.utc);
  const first = startOfBars(security, { now, bars: 1, resolution: RESOLUTION.DAILY });
  const days = at.resolution >= RESOLUTION.HOUR ? LONG_BAR_DAYS : 0;
  return (Math.min(dayOf(first), dayOf(now)) - days) * MICROS_PER_DAY;
}
