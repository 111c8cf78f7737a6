import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeTogether } from "../../../src/clients/data/write-together.ts";
import { emptyFolder, refusalOf } from "./data-folder-under-test.ts";

describe("files that are written together", () => {
  it("undo the renames before one that fails, and leave nothing behind", async () => {
    await using folder = await emptyFolder();
    await writeFile(join(folder.path, "old"), "as it was");
    const bytes = Buffer.from("changed");
    // The fourth file makes a folder of what the third is to become, so the third's rename fails after two others.
    const files = ["old", "fresh", "blocked", "blocked/file"].map((path) => ({ path, bytes }));

    expect(await refusalOf(writeTogether(folder.path, files))).toMatchObject({ code: "DATA_FOLDER_UNWRITABLE" });
    expect(await readFile(join(folder.path, "old"), "utf8")).toBe("as it was");
    expect((await readdir(folder.path, { recursive: true })).toSorted()).toEqual(["blocked", "old"]);
  });
});
