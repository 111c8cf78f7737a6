import { mkdir, readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { array, assert, asyncProperty, bigInt, nat, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { readSources } from "../../../src/clients/data/sources.ts";
import { FactorFile, NORMALIZATION } from "../../../src/lean/data/factor-file.ts";
import { FAR_FUTURE, MapFile } from "../../../src/lean/data/map-file.ts";
import { compactDate, dayNumber, isoDate, weekday } from "../../../src/lean/time/civil-date.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";
import { HEADER, emptyFolder, engineBars, importRows, refusalOf } from "./data-folder-under-test.ts";

const TWO_DAYS = ["2014-01-02,10.5,11,10.25,10.75,1000", "2014-01-03,10.80,10.90,10.00,10.10,2000"];
const TWO_BARS = [
  ["2014-01-02", 105_000, 110_000, 102_500, 107_500, 1000],
  ["2014-01-03", 108_000, 109_000, 100_000, 101_000, 2000],
];

describe("an import of prices", () => {
  it("is read back by the engine, with map and factor files and its source", async () => {
    await using folder = await emptyFolder();
    const report = await importRows(folder.path, TWO_DAYS, {
      notes: ["A note."],
      now: () => new Date("2026-01-01T00:00:00Z"),
    });

    expect(report).toMatchObject({ ticker: "TEST", first: "2014-01-02", last: "2014-01-03", bars: 2, findings: [] });
    expect(engineBars(folder.path, "TEST")).toEqual(TWO_BARS);
    const data = openDataFolder([folder.path]);
    const map = MapFile.read(data, "usa", "TEST");
    expect([map.firstDay, map.lastDay, map.firstTicker]).toEqual([dayNumber(2014, 1, 2), FAR_FUTURE, "test"]);
    const factors = FactorFile.read(data, "usa", "TEST");
    expect(factors.factorOn(dayNumber(2014, 1, 2), NORMALIZATION.ADJUSTED).toNumber(105_000)).toBe(10.5);
    expect(await readSources(folder.path)).toEqual({
      TEST: {
        source: "a test",
        licence: "ours",
        kind: "equity",
        synthetic: false,
        notes: ["A note."],
        first: "2014-01-02",
        last: "2014-01-03",
        rows: 2,
        imported: "2026-01-01T00:00:00.000Z",
      },
    });
  });

  it("keeps every price exactly", async () => {
    await using folder = await emptyFolder();
    const days = tradingDays(200);
    const bar = record({
      low: bigInt(1n, 10n ** 12n),
      toOpen: nat(1_000_000),
      toClose: nat(1_000_000),
      toHigh: nat(1_000_000),
      volume: nat(),
    });
    await assert(
      asyncProperty(array(bar, { minLength: 1, maxLength: days.length }), async (bars) => {
        const expected = bars.map(({ low, toOpen, toClose, toHigh, volume }, index) => {
          const [open, close] = [Number(low) + toOpen, Number(low) + toClose];
          return [days[index] ?? "", open, Math.max(open, close) + toHigh, Number(low), close, volume];
        });
        const rows = expected.map(([date, open, high, low, close, volume]) =>
          [date, ...[open, high, low, close].map(asPrice), volume].join(","),
        );
        await importRows(folder.path, rows);
        expect(engineBars(folder.path, "TEST")).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it("rounds prices with more than four decimals half to even and says how many", async () => {
    await using folder = await emptyFolder();
    const report = await importRows(folder.path, ["2014-01-02,1.00005,1.00025,1.00005,1.000150000,1"]);

    expect(engineBars(folder.path, "TEST")).toEqual([["2014-01-02", 10_000, 10_002, 10_000, 10_002, 1]]);
    expect(report.findings).toMatchObject([{ code: "ROUNDED", count: 4 }]);
  });

  it("reads columns in any order and case, quotes, semicolons, compact dates, a byte order mark and line ends", async () => {
    await using folder = await emptyFolder();
    const csv =
      '\uFEFF"CLOSE";Low;high;OPEN;"Date";Adj Close;volume\r\n10.75;10.25;"11";10.5;20140102;10.75;1e3\r\n\r\n';
    await importRows(folder.path, [], { csv });

    expect(engineBars(folder.path, "TEST")).toEqual(TWO_BARS.slice(0, 1));
  });

  it("takes the dates asked for only, and faults in others do not matter", async () => {
    await using folder = await emptyFolder();
    const rows = ["2013-12-31,1,0,1,1,1", ...TWO_DAYS, "2014-01-06,1,1,2,1,1"];
    await importRows(folder.path, rows, { from: "2014-01-02", to: "20140103" });

    expect(engineBars(folder.path, "TEST")).toEqual(TWO_BARS);
  });

  it("replaces an earlier import of the ticker and leaves other tickers alone", async () => {
    await using folder = await emptyFolder();
    await importRows(folder.path, TWO_DAYS);
    await importRows(folder.path, TWO_DAYS, { ticker: "other" });
    await importRows(folder.path, TWO_DAYS.slice(1), { source: "another test" });

    expect(engineBars(folder.path, "TEST")).toEqual(TWO_BARS.slice(1));
    expect(engineBars(folder.path, "OTHER")).toEqual(TWO_BARS);
    expect(await readSources(folder.path)).toMatchObject({
      TEST: { source: "another test", rows: 1 },
      OTHER: { rows: 2 },
    });
  });

  it("loses nothing when several imports go on at once", async () => {
    await using folder = await emptyFolder();
    const tickers = ["A", "B", "C", "D", "E", "F"];
    await Promise.all(tickers.map((ticker) => importRows(folder.path, TWO_DAYS, { ticker })));

    expect(Object.keys(await readSources(folder.path)).toSorted()).toEqual(tickers);
    expect(await readdir(join(folder.path, "quantwright"))).toEqual(["sources.json"]);
  });

  it("is not held up by the lock of an import that died", async () => {
    await using folder = await emptyFolder();
    await mkdir(join(folder.path, "quantwright"));
    const lock = join(folder.path, "quantwright/.import.lock");
    await writeFile(lock, "");
    await utimes(lock, new Date(0), new Date(0));

    expect(await importRows(folder.path, TWO_DAYS)).toMatchObject({ bars: 2 });
  });

  it("writes the same bytes for the same prices", async () => {
    await using one = await emptyFolder();
    await using two = await emptyFolder();
    await importRows(one.path, TWO_DAYS);
    await importRows(two.path, TWO_DAYS.toReversed());
    const bytes = (folder: string): Promise<Buffer> => readFile(join(folder, "equity/usa/daily/test.zip"));

    expect((await bytes(one.path)).equals(await bytes(two.path))).toBe(true);
  });
});

describe("an import that is refused", () => {
  it.each([
    ["a ticker that would leave the folder", { ticker: "../x" }, "TICKER_INVALID"],
    ["a date that is none", { from: "2014-02-30" }, "DATE_INVALID"],
    ["a file without the columns", { csv: "a,b\n1,2" }, "CSV_COLUMNS_MISSING"],
    ["an empty file", { csv: "" }, "CSV_COLUMNS_MISSING"],
    ["a file without rows", { csv: HEADER }, "PRICES_EMPTY"],
    ["dates without rows", { from: "2015-01-01" }, "PRICES_EMPTY"],
  ])("names %s", async (_, more, code) => {
    await using folder = await emptyFolder();
    expect((await refusalOf(importRows(folder.path, TWO_DAYS, more))).code).toBe(code);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("leaves what was there when a file cannot be replaced", async () => {
    await using folder = await emptyFolder();
    await importRows(folder.path, TWO_DAYS, { ticker: "OTHER" });
    // A folder where the prices of TEST belong; root may write anywhere, so permissions would prove nothing.
    await mkdir(join(folder.path, "equity/usa/factor_files/test.csv"));
    const before = await everything(folder.path);
    const refusal = await refusalOf(importRows(folder.path, TWO_DAYS));

    expect(refusal).toMatchObject({ code: "DATA_FOLDER_UNWRITABLE" });
    expect(await everything(folder.path)).toEqual(before);
  });

  it("says that a data folder is no folder", async () => {
    await using folder = await emptyFolder();
    const file = join(folder.path, "file");
    await writeFile(file, "text");

    expect(await refusalOf(importRows(file, TWO_DAYS))).toMatchObject({ code: "DATA_FOLDER_UNWRITABLE" });
    expect(await readFile(file, "utf8")).toBe("text");
  });

  it("does not replace prices that no import wrote", async () => {
    await using folder = await emptyFolder();
    const file = join(folder.path, "equity/usa/daily/test.zip");
    await mkdir(join(folder.path, "equity/usa/daily"), { recursive: true });
    await writeFile(file, "theirs");

    expect(await refusalOf(importRows(folder.path, TWO_DAYS))).toMatchObject({ code: "PRICES_NOT_IMPORTED" });
    expect(await readFile(file, "utf8")).toBe("theirs");
  });

  it("does not replace a list of sources that it cannot read", async () => {
    await using folder = await emptyFolder();
    await mkdir(join(folder.path, "quantwright"));
    await writeFile(join(folder.path, "quantwright/sources.json"), '{"TEST": 1}');

    expect(await refusalOf(importRows(folder.path, TWO_DAYS))).toMatchObject({ code: "SOURCES_UNREADABLE" });
    expect(await readFile(join(folder.path, "quantwright/sources.json"), "utf8")).toBe('{"TEST": 1}');
  });
});

/** Every file below a folder with its content. */
async function everything(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.toSorted().map(async (file) => [file, await readFile(file, "base64")] as const)),
  );
}

/** Days of 2014 that the exchange is open, without asking our calendar. */
function tradingDays(count: number): string[] {
  const closed = new Set(["0101", "0120", "0217", "0418", "0526", "0704", "0901", "1127", "1225"]);
  return Array.from({ length: 365 }, (_, index) => dayNumber(2014, 1, 1) + index)
    .filter((day) => weekday(day) % 6 !== 0 && !closed.has(compactDate(day).slice(4)))
    .map(isoDate)
    .slice(0, count);
}

function asPrice(value: string | number | undefined): string {
  const digits = String(value).padStart(5, "0");
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
