import type { Security } from "../securities/security.ts";
import { dayOf } from "../time/civil-date.ts";
import { RESOLUTION, spanOf } from "./resolution.ts";

/** Walks back through market hours until so many bars fit; wall clock of the exchange. */
export function startOfBars(
  security: Security,
  request: { readonly now: number; readonly bars: number; readonly resolution: number },
): number {
  const { hours, extendedHours } = security;
  const { now, resolution } = request;
  let missing = request.bars;
  let day = dayOf(now) + 1;
  let start = now;
  while (missing > 0) {
    day = hours.previousTradingDay(day);
    const open = hours.sessionStart(day, extendedHours);
    const close = Math.min(hours.sessionEnd(day, extendedHours), now);
    if (close <= open) continue;
    if (resolution === RESOLUTION.DAILY) {
      if (hours.sessionEnd(day, extendedHours) > now) continue;
      missing -= 1;
      start = open;
      continue;
    }
    const span = spanOf(resolution);
    const bars = Math.ceil((close - open) / span);
    start = bars >= missing ? close - missing * span : open;
    missing -= bars;
  }
  return start;
}
