import { assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { riskDayOf } from "../../src/domain/risk-day.ts";

const micros = (iso: string): number => Date.parse(iso) * 1000;
const NEW_YORK = { zone: "America/New_York", cutOff: "17:00" };

describe("the risk day", () => {
  it.each([
    ["2026-11-20T21:59:59Z", NEW_YORK, "2026-11-20", "2026-11-20T22:00:00Z"],
    ["2026-11-20T22:00:00Z", NEW_YORK, "2026-11-21", "2026-11-21T22:00:00Z"],
    // Summer time ends on 2026-11-01 and begins on 2026-03-08.
    ["2026-11-01T20:00:00Z", NEW_YORK, "2026-11-01", "2026-11-01T22:00:00Z"],
    ["2026-10-31T20:59:59Z", NEW_YORK, "2026-10-31", "2026-10-31T21:00:00Z"],
    ["2026-03-08T20:59:59Z", NEW_YORK, "2026-03-08", "2026-03-08T21:00:00Z"],
    ["2026-01-01T00:00:00Z", { zone: "UTC", cutOff: "00:00" }, "2026-01-01", "2026-01-02T00:00:00Z"],
    ["2025-12-31T23:59:59Z", { zone: "UTC", cutOff: "00:00" }, "2025-12-31", "2026-01-01T00:00:00Z"],
    // 02:30 is left out on this day.
    ["2026-03-08T00:00:00Z", { zone: "America/New_York", cutOff: "02:30" }, "2026-03-08", "2026-03-08T07:30:00Z"],
    ["2026-11-20T15:00:00Z", { zone: "Asia/Tokyo", cutOff: "15:30" }, "2026-11-21", "2026-11-21T06:30:00Z"],
  ])("of %s by %j is %s", (at, rule, date, end) => {
    expect(riskDayOf(micros(at), rule)).toEqual({ date, endsAt: micros(end) });
  });

  it("follows the one before without gap or overlap, in every zone", () => {
    const zones = constantFrom("America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "UTC");
    const days = integer({ min: micros("2000-01-01T00:00:00Z") / 1e6, max: micros("2040-01-01T00:00:00Z") / 1e6 });
    const cutOffs = constantFrom("00:00", "02:30", "17:00", "23:59");
    assert(
      property(zones, cutOffs, days, (zone, cutOff, second) => {
        const at = second * 1e6;
        const day = riskDayOf(at, { zone, cutOff });
        expect(at).toBeLessThan(day.endsAt);
        expect(riskDayOf(day.endsAt - 1, { zone, cutOff })).toEqual(day);
        const next = riskDayOf(day.endsAt, { zone, cutOff });
        expect(next.endsAt - day.endsAt).toBeGreaterThanOrEqual(22.5 * 3.6e9);
        expect(next.endsAt - day.endsAt).toBeLessThanOrEqual(25.5 * 3.6e9);
        expect(next.date > day.date).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
