import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseBarRows, type BarRows } from "../../../src/lean/data/bar-file.ts";
import { SyntheticSource } from "../../../src/lean/data/synthetic/synthetic-source.ts";
import { compactDate, dayNumber, dayOf } from "../../../src/lean/time/civil-date.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";

const SHIPPED = fileURLToPath(new URL("../../../config/lean-data/", import.meta.url));
const MONDAY = dayNumber(2024, 3, 4);
const SATURDAY = dayNumber(2024, 3, 9);

function source(seed = 1): SyntheticSource {
  return new SyntheticSource(openDataFolder([SHIPPED]), { seed });
}

function rows(data: SyntheticSource, path: string, day?: number): BarRows {
  const bytes = data.readZip(path);
  if (bytes === undefined) throw new Error(`no file at ${path}`);
  return parseBarRows(bytes, path.includes("quote") ? 10 : 5, day);
}

/** One bar over all rows of a day. */
function summary(bars: BarRows, day: number): number[] {
  const own = [...bars.time.slice(0, bars.count).keys()].filter((row) => dayOf(bars.time[row] ?? 0) === day);
  const value = (row: number | undefined, field: number): number => bars.values[(row ?? 0) * bars.fields + field] ?? 0;
  return [
    value(own[0], 0),
    Math.max(...own.map((row) => value(row, 1))),
    Math.min(...own.map((row) => value(row, 2))),
    value(own.at(-1), 3),
    own.reduce((sum, row) => sum + value(row, 4), 0),
  ];
}

describe("the synthetic data source", () => {
  it.each([
    { path: "equity/usa", ticker: "spy", suffix: "", minutes: 390 },
    { path: "crypto/coinbase", ticker: "btcusd", suffix: "_trade", minutes: 1440 },
  ])("gives $ticker the same day in every resolution", ({ path, ticker, suffix, minutes }) => {
    const data = source();
    const daily = summary(rows(data, `${path}/daily/${ticker}${suffix}.zip`), MONDAY);
    const date = compactDate(MONDAY);
    const minute = rows(data, `${path}/minute/${ticker}/${date}_trade.zip`, MONDAY);
    const second = rows(data, `${path}/second/${ticker}/${date}_trade.zip`, MONDAY);
    expect(minute.count).toBe(minutes);
    expect(second.count).toBe(minutes * 60);
    expect(summary(rows(data, `${path}/hour/${ticker}${suffix}.zip`), MONDAY)).toEqual(daily);
    expect(summary(minute, MONDAY)).toEqual(daily);
    expect(summary(second, MONDAY)).toEqual(daily);
    expect(daily[0]).toBeGreaterThan(0);
  });

  it("makes the same bytes again for the same seed, and others for another", () => {
    const path = "equity/usa/daily/aapl.zip";
    expect(source(1).readZip(path)).toEqual(source(1).readZip(path));
    expect(source(2).readZip(path)).not.toEqual(source(1).readZip(path));
  });

  it("quotes an ask above the bid at every minute", () => {
    const quotes = rows(source(), `equity/usa/minute/spy/${compactDate(MONDAY)}_quote.zip`, MONDAY);
    expect(quotes.count).toBe(390);
    for (let row = 0; row < quotes.count; row += 1) {
      expect(quotes.values[row * 10 + 8]).toBeGreaterThan(quotes.values[row * 10 + 3] ?? 0);
    }
  });

  it("has no equity prices on a Saturday, but crypto prices", () => {
    const date = compactDate(SATURDAY);
    expect(source().readZip(`equity/usa/minute/spy/${date}_trade.zip`)).toBeUndefined();
    expect(rows(source(), `crypto/coinbase/minute/btcusd/${date}_trade.zip`, SATURDAY).count).toBe(1440);
  });

  it("keeps real rows and goes on from the last one", () => {
    const shipped = openDataFolder([SHIPPED]);
    const real = "20240301 00:00,5000000,5100000,4900000,5050000,100\n";
    const data = new SyntheticSource(
      {
        readText: (path) => shipped.readText(path),
        readZip: (path) => (path === "equity/usa/daily/xyz.zip" ? new TextEncoder().encode(real) : undefined),
        fingerprint: () => "real",
      },
      { seed: 1 },
    );
    const daily = rows(data, "equity/usa/daily/xyz.zip");
    expect(dayOf(daily.time[0] ?? 0)).toBe(dayNumber(2024, 3, 1));
    expect(summary(daily, dayNumber(2024, 3, 1))).toEqual([5_000_000, 5_100_000, 4_900_000, 5_050_000, 100]);
    const next = summary(daily, MONDAY);
    expect(Math.abs((next[0] ?? 0) / 5_050_000 - 1)).toBeLessThan(0.05);
    const minutes = rows(
      data,
      `equity/usa/minute/xyz/${compactDate(dayNumber(2024, 3, 1))}_trade.zip`,
      dayNumber(2024, 3, 1),
    );
    expect(summary(minutes, dayNumber(2024, 3, 1)).slice(0, 4)).toEqual([5_000_000, 5_100_000, 4_900_000, 5_050_000]);
    expect(data.fingerprint()).not.toBe("real");
  });

  it("names what it made as synthetic, and nothing before it made anything", () => {
    const data = source();
    const before = data.readText("quantwright/sources.json");
    data.readZip("equity/usa/daily/spy.zip");
    expect(before === undefined || !before.includes("seed 1")).toBe(true);
    expect(JSON.parse(data.readText("quantwright/sources.json") ?? "{}")).toMatchObject({ SPY: { synthetic: true } });
  });

  it("says no to files that are not prices", () => {
    expect(source().readZip("option/usa/minute/spy/20240304_trade.zip")).toBeUndefined();
  });
});
