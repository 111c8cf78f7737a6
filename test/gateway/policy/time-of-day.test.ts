import { describe, expect, it } from "vitest";
import type { TimeOfDay } from "../../../src/domain/policy.ts";
import { isInTimeOfDay } from "../../../src/gateway/policy/time-of-day.ts";

const WEEK = ["mon", "tue", "wed", "thu", "fri"] as const;
const session: TimeOfDay = { from: "09:30", to: "16:00", zone: "America/New_York", days: [...WEEK] };
const night: TimeOfDay = { from: "22:00", to: "02:00", zone: "America/New_York", days: ["fri"] };
const at = (iso: string): number => Date.parse(iso) * 1000;

describe("a time of day", () => {
  it.each([
    ["the first minute, in winter", "2026-11-17T14:30:00Z", true],
    ["a microsecond earlier", "2026-11-17T14:29:59Z", false],
    ["the same wall time in summer, an hour earlier by UTC", "2026-07-14T13:30:00Z", true],
    ["what would be the session in winter, before it opens", "2026-11-17T13:30:00Z", false],
    ["the last minute", "2026-11-17T20:59:59Z", true],
    ["its end, which is not in it", "2026-11-17T21:00:00Z", false],
    ["a Saturday", "2026-11-21T15:00:00Z", false],
    ["a Friday in New York that is Saturday by UTC", "2026-11-21T04:00:00Z", false],
  ])("holds the session by the wall clock of its zone: %s", (_, iso, inside) => {
    expect(isInTimeOfDay(session, at(iso))).toBe(inside);
  });

  it.each([
    ["Friday evening", "2026-11-21T03:00:00Z", true],
    ["the Saturday morning that belongs to it", "2026-11-21T06:59:00Z", true],
    ["its end", "2026-11-21T07:00:00Z", false],
    ["the Friday morning that belongs to Thursday", "2026-11-20T06:00:00Z", false],
    ["Saturday evening", "2026-11-22T04:00:00Z", false],
  ])("goes over midnight with the day that it began on: %s", (_, iso, inside) => {
    expect(isInTimeOfDay(night, at(iso))).toBe(inside);
  });

  it("skips the hour that is missing in spring and has the doubled one of autumn twice", () => {
    const early: TimeOfDay = { from: "01:30", to: "02:30", zone: "America/New_York", days: ["sun"] };
    expect(isInTimeOfDay(early, at("2026-03-08T06:59:59Z"))).toBe(true);
    expect(isInTimeOfDay(early, at("2026-03-08T07:00:00Z"))).toBe(false);
    expect(isInTimeOfDay(early, at("2026-11-01T05:45:00Z"))).toBe(true);
    expect(isInTimeOfDay(early, at("2026-11-01T06:45:00Z"))).toBe(true);
  });
});
