import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDesk } from "../../src/store/desk-lock.ts";
import { refusalOf } from "./support/refusal-of.ts";

const MODULE = fileURLToPath(new URL("../../src/store/desk-lock.ts", import.meta.url));
const HOLDER = `const { lockDesk } = await import(process.argv[1]);
  globalThis.held = lockDesk(process.argv[2]); console.log("held"); setInterval(() => {}, 1000);`;

describe("the lock of a data directory", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("belongs to one process, and is free when that one is killed", async () => {
    const holder = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, MODULE, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(holder.stdout, "data");
      expect(await refusalOf(() => lockDesk(folder))).toMatchObject({ code: "DESK_ALREADY_RUNS" });
    } finally {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    }
    lockDesk(folder)[Symbol.dispose]();
  });

  it("is taken once in a process, too, and given back", async () => {
    {
      using _held = lockDesk(folder);
      expect(await refusalOf(() => lockDesk(folder))).toMatchObject({ code: "DESK_ALREADY_RUNS" });
    }
    lockDesk(folder)[Symbol.dispose]();
  });

  it("says that a directory cannot be written, rather than that another desk runs there", async () => {
    const refusal = await refusalOf(() => lockDesk(join(folder, "missing")));
    expect(refusal.code).toBe("STORE_UNAVAILABLE");
  });
});
