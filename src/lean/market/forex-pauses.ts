import { MICROS_PER_DAY, MICROS_PER_MINUTE, dayOf, weekday } from "../time/civil-date.ts";
import { ZoneOffsets } from "../time/zone-offsets.ts";

const CLOSE = (16 * 60 + 58) * MICROS_PER_MINUTE;
const OPEN = (17 * 60 + 3) * MICROS_PER_MINUTE;
const FRIDAY = 5;
const SATURDAY = 6;
const SUNDAY = 0;

/** Whether forex rests at a UTC time: around 17:00 in New York, and from Friday's rest to Sunday's. */
export function isForexPaused(utc: number): boolean {
  const local = ZoneOffsets.of("America/New_York").toLocal(utc);
  const day = dayOf(local);
  const time = local - day * MICROS_PER_DAY;
  switch (weekday(day)) {
    case SATURDAY:
      return true;
    case SUNDAY:
      return time < OPEN;
    case FRIDAY:
      return time >= CLOSE;
    default:
      return time >= CLOSE && time < OPEN;
  }
}
