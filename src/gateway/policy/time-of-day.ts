import type { TimeOfDay } from "../../domain/policy.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/**
 * Whether a moment (microseconds UTC) lies in a span of the day, by the wall clock of its zone: an hour that is
 * skipped in spring is in no span, one that comes twice in autumn is in it twice.
 */
export function isInTimeOfDay(span: TimeOfDay, at: number): boolean {
  const wall = Temporal.Instant.fromEpochNanoseconds(BigInt(at) * 1000n).toZonedDateTimeISO(span.zone);
  const time = wall.hour * 60 + wall.minute;
  const from = minutes(span.from);
  const to = minutes(span.to);
  const begins = (daysAgo: number): boolean => {
    const day = DAYS[(wall.dayOfWeek - 1 - daysAgo + 7) % 7];
    return day !== undefined && span.days.includes(day);
  };
  if (from < to) return time >= from && time < to && begins(0);
  return (time >= from && begins(0)) || (time < to && begins(1));
}

function minutes(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}
