import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../src/app/desk-home.ts";
import { readConfig } from "../../src/config.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

const source = (name: string): string => pathToFileURL(join(import.meta.dirname, "../../src", name)).href;

describe("the data directory of a desk", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-home-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (dataDir: string) => {
    const environment = { QUANTWRIGHT_HOME: dataDir, QUANTWRIGHT_RUNTIME_DIR: join(folder, "run") };
    return openHome(readConfig({ environment, flags: {}, cwd: folder, isTerminal: false }));
  };

  it("is made with the folders above it, for its owner alone, and is the same when opened again", () => {
    const dataDir = join(folder, "a", "b", "home");
    const { id } = open(dataDir);
    expect(existsSync(join(dataDir, "data"))).toBe(true);
    const others = process.platform === "win32" ? 0 : statSync(dataDir).mode & 0o077;
    expect(others).toBe(0);
    expect(open(dataDir).id).toBe(id);
  });

  it("is refused below a file", async () => {
    writeFileSync(join(folder, "file"), "");
    const refused = refusalOf(Promise.resolve().then(() => open(join(folder, "file", "home"))));
    expect(await refused).toMatchObject({ code: "DATA_DIR_UNUSABLE" });
  });

  // In a process of its own with a deadline: what it guards against never ends.
  it.skipIf(process.platform !== "linux")("is refused at once where the system lets no folder be made", () => {
    const code = `
      import { openHome } from ${JSON.stringify(source("app/desk-home.ts"))};
      import { readConfig } from ${JSON.stringify(source("config.ts"))};
      const environment = { QUANTWRIGHT_HOME: "/proc/nope/home", QUANTWRIGHT_RUNTIME_DIR: ${JSON.stringify(folder)} };
      try {
        openHome(readConfig({ environment, flags: {}, cwd: "/", isTerminal: false }));
      } catch (error) {
        console.log(error.refusal.code);
      }`;
    const args = ["--input-type=module", "-e", code];
    const { stdout } = spawnSync(process.execPath, args, { timeout: 10_000, encoding: "utf8", killSignal: "SIGKILL" });
    expect(stdout).toBe("DATA_DIR_UNUSABLE\n");
  });
});
