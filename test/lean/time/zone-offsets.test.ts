import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  civilDate,
  dayNumber,
  isoTime,
  startOfDate,
  weekday,
} from "../../../src/lean/time/civil-date.ts";
import { ZoneOffsets } from "../../../src/lean/time/zone-offsets.ts";

describe("a table of zone offsets", () => {
  const zone = ZoneOffsets.of("America/New_York");

  it("knows winter and summer time and when the clocks change", () => {
    expect(zone.offsetAt(startOfDate(2013, 1, 15))).toBe(-5 * MICROS_PER_HOUR);
    expect(zone.offsetAt(startOfDate(2013, 7, 15))).toBe(-4 * MICROS_PER_HOUR);
    const change = startOfDate(2013, 3, 10) + 7 * MICROS_PER_HOUR;
    expect(zone.offsetAt(change - 1)).toBe(-5 * MICROS_PER_HOUR);
    expect(zone.offsetAt(change)).toBe(-4 * MICROS_PER_HOUR);
  });

  it("leads back from wall clock to UTC, except in the hour that comes twice", () => {
    assert(
      property(integer({ min: 0, max: 60 * 365 * 24 }), (hours) => {
        const utc = hours * MICROS_PER_HOUR;
        const local = zone.toLocal(utc);
        const back = zone.toUtc(local);
        expect(zone.toLocal(back)).toBe(local);
        expect(Math.abs(back - utc)).toBeLessThanOrEqual(MICROS_PER_HOUR);
      }),
    );
  });

  it("knows UTC, and refuses a zone that does not exist", () => {
    expect(ZoneOffsets.of("UTC").offsetAt(0)).toBe(0);
    expect(() => ZoneOffsets.of("Mars/Olympus")).toThrow(RangeError);
  });
});

describe("calendar arithmetic", () => {
  it("agrees with Date on every day of two centuries", () => {
    for (let day = dayNumber(1900, 1, 1); day < dayNumber(2100, 1, 1); day += 1) {
      const date = new Date(day * 86_400_000);
      const { year, month, day: dayOfMonth } = civilDate(day);
      if (year !== date.getUTCFullYear() || month !== date.getUTCMonth() + 1 || dayOfMonth !== date.getUTCDate()) {
        throw new Error(`day ${day} is ${year}-${month}-${dayOfMonth}`);
      }
      if (weekday(day) !== date.getUTCDay()) throw new Error(`day ${day} is weekday ${weekday(day)}`);
    }
    expect(isoTime(startOfDate(2013, 10, 7) + MICROS_PER_DAY - 1_000)).toBe("2013-10-07T23:59:59.999");
  });
});
