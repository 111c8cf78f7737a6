/** The day of an account: from one cut-off to the next, on the wall clock of a zone. */
export interface RiskDay {
  /** `2026-11-21`: the date on which the day ends. */
  readonly date: string;
  /** First microsecond UTC that is no longer in it. */
  readonly endsAt: number;
}

export interface RiskDayRule {
  /** IANA name, such as `America/New_York`. */
  readonly zone: string;
  /** `17:00`: when the day ends and the next begins. */
  readonly cutOff: string;
}

/** The day that holds a time (microseconds UTC). Throws a RangeError for an unknown zone or a bad time of day. */
export function riskDayOf(at: number, { zone, cutOff }: RiskDayRule): RiskDay {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(at / 1000)).toZonedDateTimeISO(zone);
  const time = Temporal.PlainTime.from(cutOff);
  // A midnight cut-off ends the date before it, so that the day carries the date people would give it.
  const offset = Temporal.PlainTime.compare(time, new Temporal.PlainTime()) === 0 ? 1 : 0;
  let date = local.toPlainDate();
  const endOf = (day: Temporal.PlainDate): number =>
    day.add({ days: offset }).toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds * 1000;
  if (at >= endOf(date)) date = date.add({ days: 1 });
  return { date: date.toString(), endsAt: endOf(date) };
}
