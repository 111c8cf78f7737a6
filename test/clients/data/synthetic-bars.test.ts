import { describe, expect, it } from "vitest";
import { writeSyntheticMinutes } from "../../../src/clients/data/synthetic-bars.ts";
import { readSources } from "../../../src/clients/data/sources.ts";
import { parseBarRows } from "../../../src/lean/data/bar-file.ts";
import { MapFile } from "../../../src/lean/data/map-file.ts";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, dayNumber } from "../../../src/lean/time/civil-date.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";
import { emptyFolder } from "./data-folder-under-test.ts";

describe("synthetic minute bars", () => {
  it("fill each regular session in LEAN's layout, an early close among them, and say what they are", async () => {
    await using folder = await emptyFolder();
    const request = { folder: folder.path, ticker: "syn", seed: 7, from: "2014-11-26", to: "2014-11-28" };
    const count = await writeSyntheticMinutes(request);
    const data = openDataFolder([folder.path]);
    const day = dayNumber(2014, 11, 28);
    const bytes = data.readZip("equity/usa/minute/syn/20141128_trade.zip") ?? new Uint8Array();
    const rows = parseBarRows(bytes, 5, day);

    // Thanksgiving is between them, and the day after closes at 13:00.
    expect(count).toBe(390 + 210);
    expect(data.readZip("equity/usa/minute/syn/20141127_trade.zip")).toBeUndefined();
    expect(rows.count).toBe(210);
    expect(rows.time[0]).toBe(day * MICROS_PER_DAY + 9.5 * MICROS_PER_HOUR);
    expect(rows.time[209]).toBe(day * MICROS_PER_DAY + 13 * MICROS_PER_HOUR - MICROS_PER_MINUTE);
    for (let row = 0; row < rows.count; row += 1) {
      const [open = 0, high = 0, low = 0, close = 0] = rows.values.slice(row * 5, row * 5 + 4);
      expect(low).toBeGreaterThan(0);
      expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
      expect(low).toBeLessThanOrEqual(Math.min(open, close));
    }
    expect(MapFile.read(data, "usa", "SYN").firstDay).toBe(dayNumber(2014, 11, 26));
    expect(await readSources(folder.path)).toMatchObject({ SYN: { synthetic: true, rows: 600 } });
  });
});
