import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../src/app/desk-home.ts";
import { tradingCheck } from "../../src/app/doctor-trading.ts";
import { keepHaltMark } from "../../src/app/halt/halt-mark.ts";
import { readConfig, type Config } from "../../src/config.ts";
import { openVault } from "../../src/store/vault/open-vault.ts";

describe("what doctor says of trading while no desk runs", () => {
  let folder: string;
  let config: Config;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-doctor-"));
    const environment = {
      QUANTWRIGHT_HOME: join(folder, "home"),
      QUANTWRIGHT_RUNTIME_DIR: join(folder, "run"),
      QUANTWRIGHT_VAULT: "file",
    };
    config = readConfig({ environment, flags: {}, cwd: folder, isTerminal: false });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is a warning where the file halts, and none where nobody halted", async () => {
    expect(await tradingCheck(config)).toMatchObject({ state: "ok" });
    writeFileSync(openHome(config).haltFile, "");
    expect(await tradingCheck(config)).toMatchObject({
      state: "warning",
      detail: expect.stringMatching(/^halted since \S+ by the file HALT: /) as unknown,
      remedy: "an operator: quantwright rearm",
    });
  });

  it("is a warning where only the kept mark halts", async () => {
    const vault = openVault({ dataDir: config.dataDir, id: openHome(config).id, prefer: config.vault });
    await keepHaltMark(vault, { since: 0, reason: "a drill" });
    const detail = "halted since 1970-01-01T00:00:00.000Z by quantwright halt: a drill";
    expect(await tradingCheck(config)).toMatchObject({ state: "warning", detail });
  });
});
