import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listData } from "../../../src/clients/data/list-data.ts";
import { writeSyntheticMinutes } from "../../../src/clients/data/synthetic-bars.ts";
import { SHARED_LEAN, hasSharedLean } from "../../support/sandbox-pool.ts";
import { emptyFolder, importRows } from "./data-folder-under-test.ts";

const DAY = "2014-01-02,10,11,9,10.5,100";

describe("the list of data", () => {
  it("is empty for folders that are empty or missing", async () => {
    await using folder = await emptyFolder();
    expect(await listData([folder.path, join(folder.path, "missing")])).toEqual([]);
  });

  it("names every series once, from the first folder that has it, with source and notes", async () => {
    await using one = await emptyFolder();
    await using two = await emptyFolder();
    await importRows(one.path, [DAY], { notes: ["A note."] });
    await importRows(two.path, [DAY, "2014-01-03,10,11,9,10.5,100"], { source: "hidden" });
    const minutes = { ticker: "AAA", seed: 1, from: "2014-01-02", to: "2014-01-03" };
    await writeSyntheticMinutes({ folder: two.path, ...minutes });

    expect(await listData([one.path, two.path])).toMatchObject([
      { ticker: "AAA", resolution: "minute", first: "2014-01-02", last: "2014-01-03", bars: 780, synthetic: true },
      { ticker: "TEST", resolution: "daily", first: "2014-01-02", last: "2014-01-02", bars: 1, source: "a test" },
    ]);
    expect((await listData([one.path])).map(({ notes }) => notes)).toEqual([["A note."]]);
  });

  it("lists a file that cannot be read with a note", async () => {
    await using folder = await emptyFolder();
    await mkdir(join(folder.path, "equity/usa/daily"), { recursive: true });
    await writeFile(join(folder.path, "equity/usa/daily/bad.zip"), "no zip");
    const [row] = await listData([folder.path]);

    expect(row).toMatchObject({ ticker: "BAD", bars: 0, first: "" });
    expect(row?.notes[0]).toContain("cannot be read");
  });

  it.skipIf(!hasSharedLean)("reads LEAN's own sample data (skipped where ../shared/lean is missing)", async () => {
    const rows = await listData([join(SHARED_LEAN, "data")]);
    const spy = rows.filter(({ ticker }) => ticker === "SPY");
    expect(spy.map(({ resolution, first, last }) => [resolution, first, last])).toEqual([
      ["daily", "1998-01-02", "2021-03-31"],
      ["hour", "1998-01-02", "2021-03-31"],
      ["minute", "2013-10-04", "2023-08-03"],
      ["second", "2013-10-07", "2014-06-05"],
    ]);
    expect(rows.filter(({ bars }) => bars === 0)).toEqual([]);
  });
});
