import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { importDemoPrices } from "../../../src/clients/data/demo-prices.ts";
import { readSources } from "../../../src/clients/data/sources.ts";
import { emptyFolder, engineBars } from "./data-folder-under-test.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const hasPrices = existsSync(join(ROOT, "node_modules/vega-datasets/data/sp500-2000.csv"));

describe("the demo's prices", () => {
  it.skipIf(!hasPrices)("are the S&P 500's from 2014 (skipped where vega-datasets is not installed)", async () => {
    await using folder = await emptyFolder();
    const prices = await importDemoPrices({ folder: folder.path, packageRoot: ROOT });

    expect(prices).toMatchObject({
      ticker: "SP500",
      synthetic: false,
      first: "2014-01-02",
      last: "2020-04-17",
      bars: 1584,
    });
    expect(prices.source).toMatch(/^vega-datasets \d+\.\d+\.\d+, sp500-2000\.csv: S&P 500 index, daily, from Yahoo$/);
    expect(engineBars(folder.path, "SP500")[0]).toEqual([
      "2014-01-02",
      18_458_600,
      18_458_600,
      18_277_400,
      18_319_800,
      3_080_600_000,
    ]);
    expect(await readSources(folder.path)).toMatchObject({
      SP500: { kind: "index", licence: "none stated", notes: prices.notes },
    });
  });

  it("are synthetic where the package is not installed, say so, and are the same each time", async () => {
    await using one = await emptyFolder();
    await using two = await emptyFolder();
    // A root without dependencies, so that none is found.
    await writeFile(join(one.path, "package.json"), "{}");
    const prices = await importDemoPrices({ folder: one.path, packageRoot: one.path });
    await importDemoPrices({ folder: two.path, packageRoot: one.path });

    expect(prices).toMatchObject({
      ticker: "SYNTH",
      synthetic: true,
      first: "2014-01-02",
      last: "2020-04-17",
      bars: 1584,
    });
    expect(prices.notes.join(" ")).toContain("synthetic");
    expect(await readSources(one.path)).toMatchObject({ SYNTH: { synthetic: true } });
    expect(engineBars(one.path, "SYNTH")).toEqual(engineBars(two.path, "SYNTH"));
  });
});
