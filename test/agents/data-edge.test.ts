import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataEdge } from "../../src/agents/data-edge.ts";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { emptyFolder, importRows } from "../clients/data/data-folder-under-test.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { labUnderTest, type LabUnderTest } from "./support.ts";

const SHIPPED = fileURLToPath(new URL("../../config/lean-data", import.meta.url));
/** Trading days from 6 to 14 January 2020; the close of the n-th is 100 + n. */
const DAYS = ["06", "07", "08", "09", "10", "13", "14"];
const utc = (day: number, hour: number): number => Date.UTC(2020, 0, day, hour) * 1000;

describe("Data Edge", () => {
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let lab: LabUnderTest;
  beforeAll(async () => {
    lab = await labUnderTest();
    folder = await emptyFolder();
    const rows = DAYS.map((day, n) => `2020-01-${day},${100 + n},${102 + n},${99 + n},${101 + n},${1000 + n}`);
    await importRows(folder.path, rows);
  });
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });
  const ask = (name: string, args: object, now = utc(15, 15)) =>
    lab.ask(
      dataEdge(() => openDataFolder([folder.path, SHIPPED])).skills.find((one) => one.name === name),
      { ...args },
      { now },
    );

  describe("get_market_data", () => {
    it("gives the bars between two dates, both included, and says what they are", async () => {
      const answer = await ask("get_market_data", { ticker: "test", start: "2020-01-07", end: "2020-01-09" });
      expect(answer).toMatchObject({
        ticker: "TEST",
        kind: "last stored bar",
        source: "a test",
        synthetic: false,
        total: 3,
      });
      expect(answer["asOf"]).toBe("2020-01-09T21:00:00.000Z");
      expect(answer["bars"]).toMatchObject([
        { date: "2020-01-07", open: 101, high: 103, low: 100, close: 102, volume: 1001 },
        { date: "2020-01-08" },
        { date: "2020-01-09", time: "2020-01-09T21:00:00.000Z" },
      ]);
    });

    it("counts from the end without dates", async () => {
      const answer = await ask("get_market_data", { ticker: "TEST", limit: 2 });
      expect(answer).toMatchObject({ total: 7, bars: [{ date: "2020-01-13" }, { date: "2020-01-14" }] });
    });

    it("names what is stored where nothing fits, and the file where nothing is stored", async () => {
      const outside = await refusalOf(ask("get_market_data", { ticker: "TEST", start: "2021-01-01" }));
      expect(outside).toMatchObject({ code: "DATA_MISSING" });
      expect(outside.message).toMatch(/2020-01-06 to 2020-01-14/);
      const unknown = await refusalOf(ask("get_market_data", { ticker: "NONE" }));
      expect(unknown.message).toMatch(/equity\/usa\/daily\/none\.zip/);
      await expect(ask("get_market_data", { ticker: "../../etc/passwd" })).rejects.toThrow(/ticker/);
    });
  });

  describe("get_stock_price", () => {
    it.each([
      ["right after the last bar", utc(14, 22)],
      ["in the next session", utc(15, 15)],
      ["after the next session", utc(15, 22)],
    ])("gives the last close %s", async (_, now) => {
      const answer = await ask("get_stock_price", { ticker: "TEST" }, now);
      expect(answer).toMatchObject({ price: 107, asOf: "2020-01-14T21:00:00.000Z", kind: "last stored bar" });
    });

    it("refuses a bar with two sessions after it, and names the tool for history", async () => {
      const refusal = await refusalOf(ask("get_stock_price", { ticker: "TEST" }, utc(16, 22)));
      expect(refusal).toMatchObject({
        code: "PRICE_STALE",
        remedy: "use get_market_data for history up to 2020-01-14",
      });
    });
  });

  describe("calculate_indicators", () => {
    it("warms up on the bars before the range", async () => {
      const indicators = [{ name: "sma", parameters: { period: 3 } }];
      const answer = await ask("calculate_indicators", {
        ticker: "TEST",
        start: "2020-01-07",
        end: "2020-01-10",
        indicators,
      });
      expect(answer["dates"]).toEqual(["2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10"]);
      expect(answer["series"]).toEqual({ "sma(3)": [null, 102, 103, 104] });
    });

    it("gives each line of an indicator as many values as dates, also where more were asked for than there are", async () => {
      const indicators = [
        { name: "bb", parameters: { period: 3, k: 2 } },
        { name: "sma", parameters: { period: 2 } },
      ];
      const answer = await ask("calculate_indicators", { ticker: "TEST", last: 500, indicators });
      const series = answer["series"] as Record<string, unknown[]>;
      expect(Object.keys(series).length).toBeGreaterThan(3);
      for (const values of Object.values(series)) expect(values).toHaveLength(7);
      expect(series["sma(2)"]).toEqual([null, 101.5, 102.5, 103.5, 104.5, 105.5, 106.5]);
    });

    it("calculates what was asked for twice once, and tells different parameters apart", async () => {
      const indicators = [
        { name: "sma", parameters: { period: 2 } },
        { name: "sma", parameters: { period: 2 } },
        { name: "sma", parameters: { period: 3 } },
      ];
      const answer = await ask("calculate_indicators", { ticker: "TEST", last: 2, indicators });
      expect(answer["series"]).toEqual({ "sma(2)": [105.5, 106.5], "sma(3)": [105, 106] });
    });

    it("refuses an unknown indicator, a wrong parameter, and a range without bars", async () => {
      const one = (name: string, parameters: object) => [{ name, parameters }];
      const base = { ticker: "TEST" };
      const unknown = await refusalOf(ask("calculate_indicators", { ...base, indicators: one("smaa", {}) }));
      expect(unknown.code).toBe("INDICATOR_UNKNOWN");
      const wrong = await refusalOf(ask("calculate_indicators", { ...base, indicators: one("sma", { period: 0 }) }));
      expect(wrong.code).toBe("INDICATOR_PARAMETER");
      const late = { ...base, start: "2021-01-01", indicators: one("sma", { period: 2 }) };
      expect((await refusalOf(ask("calculate_indicators", late))).code).toBe("DATA_MISSING");
    });
  });
});
