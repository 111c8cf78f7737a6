import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lockFolder } from "../../../src/clients/data/folder-lock.ts";
import { emptyFolder, refusalOf } from "./data-folder-under-test.ts";

const STARTED = Date.UTC(2026, 0, 1);

afterEach(() => vi.useRealTimers());

describe("a data folder that another import holds", () => {
  it("is refused after ten seconds, and the other's lock stays", async () => {
    await using folder = await emptyFolder();
    await mkdir(join(folder.path, "quantwright"));
    const lock = join(folder.path, "quantwright/.import.lock");
    await writeFile(lock, "");
    await utimes(lock, new Date(STARTED), new Date(STARTED));
    vi.useFakeTimers({ toFake: ["Date"], now: STARTED });

    const waiting = refusalOf(lockFolder(folder.path));
    vi.setSystemTime(STARTED + 10_001);

    expect(await waiting).toMatchObject({ code: "DATA_FOLDER_BUSY", retryable: true });
    expect(await readdir(join(folder.path, "quantwright"))).toEqual([".import.lock"]);
  });
});
