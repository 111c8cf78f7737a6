import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, dayOf } from "../time/civil-date.ts";
import type { ExchangeHours } from "./exchange-hours.ts";

/** Steps of open time from a wall-clock time of the exchange; closed time in between does not count. */
function afterSteps(
  hours: ExchangeHours,
  local: number,
  step: { readonly size: number; readonly count: number },
): number {
  let left = step.size * step.count;
  let at = local;
  while (left > 0) {
    const day = hours.tradingDayFrom(dayOf(at));
    const start = Math.max(at, hours.openOf(day));
    const room = hours.closeOf(day) - start;
    if (room > 0 && left <= room) return start + left;
    if (room > 0) left -= room;
    at = (day + 1) * MICROS_PER_DAY;
  }
  return at;
}

/** So many days on which the exchange opens, from the same time of day to the same. */
function afterDays(hours: ExchangeHours, local: number, count: number): number {
  let at = local;
  for (let left = count; left > 0;) {
    if (hours.isOpenDuring(at, at + MICROS_PER_DAY)) left -= 1;
    at += MICROS_PER_DAY;
  }
  return at;
}

/**
 * When a period of open market time is over (LEAN's `Insight.ComputeCloseTime`): days count as trading days, a part of
 * a day as that part of a session. Wall-clock microseconds of the exchange.
 */
export function afterOpenTime(hours: ExchangeHours, local: number, span: number): number {
  if (span < MICROS_PER_DAY) {
    const size = span < MICROS_PER_MINUTE ? MICROS_PER_SECOND : MICROS_PER_MINUTE;
    const at = afterSteps(hours, local, { size, count: Math.floor(span / size) });
    return at === local ? afterSteps(hours, local, { size: MICROS_PER_SECOND, count: 1 }) : at;
  }
  const at = afterDays(hours, local, Math.floor(span / MICROS_PER_DAY));
  const session = hours.isAlwaysOpen ? MICROS_PER_DAY : 6.5 * MICROS_PER_HOUR;
  const part = ((span % MICROS_PER_DAY) / MICROS_PER_DAY) * session;
  const minutes = Math.floor(part / MICROS_PER_MINUTE);
  return minutes === 0 ? at : afterSteps(hours, at, { size: MICROS_PER_MINUTE, count: minutes });
}
