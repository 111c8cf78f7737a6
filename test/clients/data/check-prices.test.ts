import { describe, expect, it } from "vitest";
import { emptyFolder, engineBars, importRows, refusalOf } from "./data-folder-under-test.ts";
import type { ImportReport } from "../../../src/clients/data/import-prices.ts";

const THURSDAY = "2014-01-02,10,11,9,10.5,100";
const FRIDAY = "2014-01-03,10,11,9,10.5,100";
const MONDAY = "2014-01-06,10,11,9,10.5,100";

async function imported(rows: readonly string[]): Promise<{ report: ImportReport; dates: unknown[] }> {
  await using folder = await emptyFolder();
  const report = await importRows(folder.path, rows);
  return { report, dates: engineBars(folder.path, "TEST").map(([date]) => date) };
}

describe("the checks of an import", () => {
  it("find nothing in good prices, across a weekend and a holiday", async () => {
    const rows = ["2013-12-31,10,11,9,10.5,100", THURSDAY, FRIDAY, MONDAY];
    expect((await imported(rows)).report).toMatchObject({ findings: [], notes: [] });
  });

  it("count trading days without a row", async () => {
    const { report } = await imported([THURSDAY, MONDAY]);
    expect(report.findings).toMatchObject([{ code: "GAPS", count: 1, examples: ["2014-01-03"] }]);
  });

  it("drop and count a row that stands twice", async () => {
    const { report, dates } = await imported([THURSDAY, FRIDAY, THURSDAY, MONDAY]);
    expect(report.findings).toMatchObject([
      { code: "DUPLICATES", count: 1, examples: ["row 4"] },
      { code: "OUT_OF_ORDER", count: 1, examples: ["row 4"] },
    ]);
    expect(dates).toEqual(["2014-01-02", "2014-01-03", "2014-01-06"]);
  });

  it("sort rows that stand out of order and say so", async () => {
    const { report, dates } = await imported([MONDAY, FRIDAY, THURSDAY]);
    expect(report.findings).toMatchObject([{ code: "OUT_OF_ORDER", count: 2, examples: ["row 3", "row 4"] }]);
    expect(dates).toEqual(["2014-01-02", "2014-01-03", "2014-01-06"]);
  });

  it("drop and count rows of days when the exchange is closed", async () => {
    const { report, dates } = await imported(["2014-01-01,1,1,1,1,1", THURSDAY, FRIDAY, "2014-01-04,1,1,1,1,1"]);
    expect(report.findings).toMatchObject([
      { code: "NOT_TRADING_DAYS", count: 2, examples: ["2014-01-01", "2014-01-04"] },
    ]);
    expect(dates).toEqual(["2014-01-02", "2014-01-03"]);
  });

  it("drop and count rows without any price, and count rows without a volume", async () => {
    const { report, dates } = await imported([THURSDAY, "2014-01-03,null,null,null,null,null", "2014-01-06,1,1,1,1,"]);
    expect(report.findings).toMatchObject([
      { code: "GAPS", count: 1 },
      { code: "EMPTY_ROWS", count: 1, examples: ["row 3"] },
      { code: "NO_VOLUME", count: 1, examples: ["row 4"] },
    ]);
    expect(dates).toEqual(["2014-01-02", "2014-01-06"]);
  });

  it("put a share of stale opens above 5 % into the notes of every result", async () => {
    const { report } = await imported([THURSDAY, "2014-01-03,10.5,11,9,10,100", "2014-01-06,10.2,11,9,10,100"]);
    expect(report.findings).toMatchObject([{ code: "STALE_OPENS", count: 1, examples: ["2014-01-03"] }]);
    expect(report.notes).toEqual([
      "50.0 % of opens (1 of 2) equal the previous close: fills at the open are less certain.",
    ]);
  });

  it("leave a smaller share of stale opens out of the notes", async () => {
    const days = ["02", "03", "06", "07", "08", "09", "10", "13", "14", "15", "16", "17", "21", "22", "23", "24"];
    const more = ["27", "28", "29", "30", "31"];
    const rows = [...days, ...more].map((day, index) => `2014-01-${day},${index === 5 ? 10 : 10.5},11,9,10,1`);
    const { report } = await imported(rows);
    expect(report.findings).toMatchObject([{ code: "STALE_OPENS", count: 1 }]);
    expect(report.notes).toEqual([]);
  });

  it("say that adjusted closes were not used", async () => {
    await using folder = await emptyFolder();
    const csv = "date,open,high,low,close,adjclose,volume\n2014-01-02,10,11,9,10.5,10.4,1";
    const report = await importRows(folder.path, [], { csv });
    expect(report.findings).toMatchObject([{ code: "ADJUSTED_CLOSES", count: 1 }]);
    expect(report.notes).toEqual(["Dividends are not included: adjusted closes were not used."]);
  });

  it.each([
    ["a price that is not positive", "2014-01-03,10,11,0,10.5,100", "a price is not positive"],
    ["a negative price", "2014-01-03,-10,11,9,10.5,100", "a price is not positive"],
    ["a high below the low", "2014-01-03,10,9,11,10.5,100", "high is below low"],
    ["an open outside low to high", "2014-01-03,12,11,9,10.5,100", "open is outside"],
    ["a close outside low to high", "2014-01-03,10,11,9,8,100", "close is outside"],
    ["a price that is no number", "2014-01-03,10,11,9,ten,100", "close is no number"],
    ["a price in part missing", "2014-01-03,10,11,,10,100", "low is no number"],
    ["a price too large to be exact", "2014-01-03,10,1e9000,9,10,100", "high is no number"],
    ["a negative volume", "2014-01-03,10,11,9,10,-1", "volume is no number"],
    ["a date that is none", "2014-02-30,10,11,9,10,100", "is no date"],
    ["two prices for one day", "2014-01-02,10,11,9,10,100", "another price for 2014-01-02 than row 2"],
  ])("refuse %s, naming the row", async (_, row, reason) => {
    await using folder = await emptyFolder();
    const refusal = await refusalOf(importRows(folder.path, [THURSDAY, row, MONDAY]));
    expect(refusal.code).toBe("PRICES_INVALID");
    expect(refusal.message).toMatch(new RegExp(`row 3: .*${reason}`));
    expect(engineBars(folder.path, "TEST")).toEqual([]);
  });

  it("name at most ten faulty rows", async () => {
    await using folder = await emptyFolder();
    const refusal = await refusalOf(
      importRows(
        folder.path,
        Array.from({ length: 15 }, () => "never,1,1,1,1,1"),
      ),
    );
    expect(refusal.message).toContain("15 rows are not so");
    expect(refusal.message).toMatch(/row 11: .*; and 5 more$/);
  });
});
