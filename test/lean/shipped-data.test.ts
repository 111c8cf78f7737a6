import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MARKET_HOURS_PATH, MarketHoursDatabase } from "../../src/lean/market/market-hours-database.ts";
import { INTEREST_RATE_PATH } from "../../src/lean/statistics/risk-free-rate.ts";
import { dayNumber, isoDate } from "../../src/lean/time/civil-date.ts";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { SHARED_DATA } from "../support/lean-targets.ts";

const SHIPPED = fileURLToPath(new URL("../../config/lean-data", import.meta.url));
const FIRST = dayNumber(1999, 1, 1);
/** LEAN's calendar ends with 2028. */
const LAST = dayNumber(2028, 12, 31);

function equityHours(folder: string): ReturnType<MarketHoursDatabase["hours"]> {
  return new MarketHoursDatabase(openDataFolder([folder])).hours("Equity", "usa", "SPY");
}

describe("the shipped data", () => {
  it("hold exactly what the calendar's generator writes", () => {
    const require = createRequire(import.meta.url);
    const generator = require("../../scripts/generate-market-hours.cjs") as { marketHoursDatabase: () => unknown };
    expect(JSON.parse(readFileSync(`${SHIPPED}/${MARKET_HOURS_PATH}`, "utf8"))).toEqual(
      generator.marketHoursDatabase(),
    );
  });

  it("know holidays, early closes and unforeseen closures", () => {
    const hours = equityHours(SHIPPED);
    const closed = ["2001-09-11", "2012-10-29", "2013-03-29", "2022-06-20", "2025-01-09", "2033-11-24"];
    for (const date of closed) {
      const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
      expect([date, hours.isTradingDay(dayNumber(year, month, day))]).toEqual([date, false]);
    }
    const early = dayNumber(2013, 7, 3);
    expect(hours.closeOf(early) - hours.openOf(early)).toBe(3.5 * 3600e6);
    expect(hours.isTradingDay(dayNumber(2021, 12, 31))).toBe(true);
  });

  it.skipIf(!existsSync(SHARED_DATA))(
    "open and close on every day from 1999 to 2028 as LEAN's calendar (skipped without ../shared/lean)",
    () => {
      const ours = equityHours(SHIPPED);
      const theirs = equityHours(SHARED_DATA);
      const different: string[] = [];
      for (let day = FIRST; day <= LAST; day += 1) {
        if (ours.openOf(day) !== theirs.openOf(day) || ours.closeOf(day) !== theirs.closeOf(day)) {
          different.push(isoDate(day));
        }
      }
      expect(different).toEqual([]);
    },
  );

  it.skipIf(!existsSync(SHARED_DATA))(
    "give the interest rates of LEAN's table as far as that goes (skipped without ../shared/lean)",
    () => {
      const rows = (folder: string): [string, number][] =>
        readFileSync(`${folder}/${INTEREST_RATE_PATH}`, "utf8")
          .split("\n")
          .slice(1)
          .filter((line) => line.trim() !== "")
          .map((line) => [line.slice(0, 10), Number(line.split(",")[1])]);
      const theirs = rows(SHARED_DATA);
      expect(theirs.length).toBeGreaterThan(50);
      expect(rows(SHIPPED).slice(0, theirs.length)).toEqual(theirs);
    },
  );
});
