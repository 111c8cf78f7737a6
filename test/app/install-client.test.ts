import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installClient } from "../../src/app/install-client.ts";
import { readConfig } from "../../src/config.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

describe("the installation for a client", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "qw-install-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  // The second is a name that every object has.
  it.each(["someone", "constructor"])("of no known name, %s, is refused with those that are known", async (client) => {
    const environment = { QUANTWRIGHT_HOME: join(folder, "home") };
    const config = readConfig({ environment, flags: {}, cwd: folder, isTerminal: false });
    const request = { client, print: false, cwd: folder, home: folder, dataDirGiven: false };
    expect(await refusalOf(() => installClient(config, request))).toMatchObject({
      code: "CLIENT_UNKNOWN",
      message: `there is no client "${client}"`,
      remedy: expect.stringContaining("claude-desktop, claude-code, cursor, vscode") as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
