import type { ExchangeHours } from "../market/exchange-hours.ts";
import { MICROS_PER_DAY, MICROS_PER_MINUTE, dayOf } from "../time/civil-date.ts";
import type { ZoneOffsets } from "../time/zone-offsets.ts";
import type { EventTimes } from "./schedule.ts";

/** Whether an event takes place on a day (day number). */
export type DateRule = (day: number) => boolean;

/** Wall-clock times of an event on a day, in order; none is an empty list. */
export type TimeRule = { readonly zone: ZoneOffsets; readonly times: (day: number) => readonly number[] };

/** The times of `minutes` before each close. */
export function beforeClose(
  hours: ExchangeHours,
  options: { readonly minutes: number; readonly until: number },
): EventTimes {
  const rule: TimeRule = {
    zone: hours.zone,
    times: (day) => (hours.isTradingDay(day) ? [hours.closeOf(day) - options.minutes * MICROS_PER_MINUTE] : []),
  };
  return combine(() => true, rule, options.until);
}

/** Times of a rule on the days of another, up to `until` (UTC microseconds). */
export function combine(dates: DateRule, time: TimeRule, until: number): EventTimes {
  return (after) => {
    const last = dayOf(time.zone.toLocal(until)) + 1;
    for (let day = dayOf(time.zone.toLocal(after)); day <= last; day += 1) {
      if (!dates(day)) continue;
      for (const local of time.times(day)) {
        const utc = time.zone.toUtc(local);
        if (utc > after) return utc <= until ? utc : undefined;
      }
    }
    return undefined;
  };
}

/** Fixed times of day in a zone. */
export function atTimes(zone: ZoneOffsets, offsets: readonly number[]): TimeRule {
  return { zone, times: (day) => offsets.map((offset) => day * MICROS_PER_DAY + offset) };
}
