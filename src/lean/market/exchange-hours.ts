import { z } from "zod";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, dayNumber, dayOf, weekday } from "../time/civil-date.ts";
import type { ZoneOffsets } from "../time/zone-offsets.ts";

const FIRST_DAY = dayNumber(1970, 1, 1);
const LAST_DAY = dayNumber(2060, 1, 1);
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

const segmentSchema = z.object({ start: z.string(), end: z.string(), state: z.string() });
const daySchema = z.array(segmentSchema).default([]);

/** One entry of LEAN's `market-hours-database.json`. */
export const exchangeEntrySchema = z.object({
  exchangeTimeZone: z.string(),
  dataTimeZone: z.string(),
  sunday: daySchema,
  monday: daySchema,
  tuesday: daySchema,
  wednesday: daySchema,
  thursday: daySchema,
  friday: daySchema,
  saturday: daySchema,
  holidays: z.array(z.string()).default([]),
  earlyCloses: z.record(z.string(), z.string()).default({}),
  lateOpens: z.record(z.string(), z.string()).default({}),
});

export type ExchangeEntry = z.infer<typeof exchangeEntrySchema>;

/** `HH:MM:SS` or `1.00:00:00` in microseconds. */
function timeOfDay(text: string): number {
  const [days, clock] = text.includes(".") ? text.split(".") : ["0", text];
  const [hours = 0, minutes = 0, seconds = 0] = (clock ?? "").split(":").map(Number);
  return Number(days) * MICROS_PER_DAY + hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE + seconds * 1e6;
}

/** `10/7/2013` as day number. */
function usDate(text: string): number {
  const [month = 0, day = 0, year = 0] = text.split("/").map(Number);
  return dayNumber(year, month, day);
}

/** Opening hours of one exchange, as tables by day. All times are wall-clock microseconds of the exchange. */
export class ExchangeHours {
  readonly zone: ZoneOffsets;
  readonly isAlwaysOpen: boolean;
  readonly #open = new Float64Array(LAST_DAY - FIRST_DAY).fill(-1);
  readonly #close = new Float64Array(LAST_DAY - FIRST_DAY);
  readonly #extendedOpen = new Float64Array(LAST_DAY - FIRST_DAY);
  readonly #extendedClose = new Float64Array(LAST_DAY - FIRST_DAY);

  constructor(entry: ExchangeEntry, zone: ZoneOffsets) {
    this.zone = zone;
    const holidays = new Set(entry.holidays.map(usDate));
    const early = new Map(Object.entries(entry.earlyCloses).map(([date, time]) => [usDate(date), timeOfDay(time)]));
    const late = new Map(Object.entries(entry.lateOpens).map(([date, time]) => [usDate(date), timeOfDay(time)]));
    const week = WEEKDAYS.map((name) => sessionOf(entry[name]));
    this.isAlwaysOpen = week.every((day) => day?.open === 0 && day.close === MICROS_PER_DAY) && holidays.size === 0;
    for (let day = FIRST_DAY; day < LAST_DAY; day += 1) {
      const session = week[weekday(day)];
      if (session === undefined || holidays.has(day)) continue;
      const at = day - FIRST_DAY;
      const start = day * MICROS_PER_DAY;
      this.#open[at] = start + (late.get(day) ?? session.open);
      this.#close[at] = start + (early.get(day) ?? session.close);
      this.#extendedOpen[at] = start + session.extendedOpen;
      this.#extendedClose[at] = start + session.extendedClose;
    }
  }

  isTradingDay(day: number): boolean {
    return (this.#open[day - FIRST_DAY] ?? -1) >= 0;
  }

  /** Regular opening of a trading day; -1 on any other day. */
  openOf(day: number): number {
    return this.#open[day - FIRST_DAY] ?? -1;
  }

  closeOf(day: number): number {
    return this.#close[day - FIRST_DAY] ?? -1;
  }

  sessionStart(day: number, extended: boolean): number {
    return (extended ? this.#extendedOpen : this.#open)[day - FIRST_DAY] ?? -1;
  }

  sessionEnd(day: number, extended: boolean): number {
    return (extended ? this.#extendedClose : this.#close)[day - FIRST_DAY] ?? -1;
  }

  isOpen(local: number): boolean {
    const day = dayOf(local);
    return this.isTradingDay(day) && local >= this.openOf(day) && local < this.closeOf(day);
  }

  /** Whether the exchange is open at some time between `from` and `to`. */
  isOpenDuring(from: number, to: number): boolean {
    const last = dayOf(to);
    for (let day = dayOf(from); day <= last; day += 1) {
      if (this.isTradingDay(day) && from < this.closeOf(day) && to > this.openOf(day)) return true;
    }
    return false;
  }

  /** First regular close after a time. */
  nextClose(local: number): number {
    let day = this.tradingDayFrom(dayOf(local));
    if (this.closeOf(day) <= local) day = this.tradingDayFrom(day + 1);
    return this.closeOf(day);
  }

  /** First regular opening after a time. */
  nextOpen(local: number): number {
    let day = this.tradingDayFrom(dayOf(local));
    if (this.openOf(day) <= local) day = this.tradingDayFrom(day + 1);
    return this.openOf(day);
  }

  /** The day itself if it trades, else the next that does. */
  tradingDayFrom(day: number): number {
    let current = day;
    while (!this.isTradingDay(current)) {
      if (current >= LAST_DAY) throw new RangeError("no trading day found in the calendar");
      current += 1;
    }
    return current;
  }

  previousTradingDay(day: number): number {
    let current = day - 1;
    while (!this.isTradingDay(current)) {
      if (current < FIRST_DAY) throw new RangeError("no trading day found in the calendar");
      current -= 1;
    }
    return current;
  }
}

interface Session {
  readonly open: number;
  readonly close: number;
  readonly extendedOpen: number;
  readonly extendedClose: number;
}

function sessionOf(segments: ExchangeEntry["sunday"]): Session | undefined {
  const regular = segments.filter((segment) => segment.state === "market");
  if (regular.length === 0) return undefined;
  return {
    open: Math.min(...regular.map((segment) => timeOfDay(segment.start))),
    close: Math.max(...regular.map((segment) => timeOfDay(segment.end))),
    extendedOpen: Math.min(...segments.map((segment) => timeOfDay(segment.start))),
    extendedClose: Math.max(...segments.map((segment) => timeOfDay(segment.end))),
  };
}
