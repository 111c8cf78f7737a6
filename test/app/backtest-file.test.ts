import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backtestFile } from "../../src/app/backtest-file.ts";
import { readConfig } from "../../src/config.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { runOnce, TEST_CACHE } from "../support/sandbox-pool.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qw-backtest-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a backtest of a file", () => {
  it("says that it ran where its trial cannot be written", async () => {
    writeFileSync(join(folder, "main.py"), runOnce("pass")["main.py"] ?? "");
    writeFileSync(join(folder, "in-the-way"), "");
    const environment = { QUANTWRIGHT_HOME: join(folder, "home"), QUANTWRIGHT_CACHE_DIR: TEST_CACHE };
    const trialsFile = join(folder, "in-the-way", "trials.jsonl");
    const ran = backtestFile(readConfig({ environment, flags: {}, cwd: folder, isTerminal: false }), {
      file: "main.py",
      dataFolder: ".",
      parameters: {},
      record: true,
      trust: false,
      python: undefined,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      cwd: folder,
      trialsFile,
    });

    const { code, message } = await refusalOf(ran);
    expect([code, message]).toEqual(["TRIAL_NOT_RECORDED", expect.stringContaining(trialsFile)]);
  });
});
