import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig, type Config, type ConfigInput } from "../../src/config.ts";
import { RefusalError } from "../../src/domain/refusal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qw-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(input: Partial<ConfigInput> = {}): Config {
  return readConfig({ environment: { QUANTWRIGHT_HOME: folder }, flags: {}, cwd: folder, isTerminal: false, ...input });
}

function settings(value: unknown): void {
  writeFileSync(join(folder, "settings.json"), JSON.stringify(value));
}

describe("the configuration", () => {
  it("takes flags before the environment, and both before the settings", () => {
    settings({ profile: "quantconnect", nodes: 3 });
    expect(read()).toMatchObject({ dataDir: folder, profile: "quantconnect", settings: { nodes: 3 } });
    expect(read({ flags: { profile: "local" } }).profile).toBe("local");
    expect(read({ flags: { dataDir: "other" } })).toMatchObject({ dataDir: join(folder, "other"), profile: "local" });
  });

  it("finds market data in the data directory, or where the settings say, seen from there", () => {
    expect(read().dataFolders[0]).toBe(join(folder, "data"));
    settings({ dataFolder: "prices" });
    expect(read({ cwd: tmpdir() }).dataFolders[0]).toBe(join(folder, "prices"));
    settings({ dataFolder: "/elsewhere" });
    expect(read().dataFolders[0]).toBe("/elsewhere");
  });

  it("takes credentials of the environment only whole", () => {
    const environment = { QUANTWRIGHT_HOME: folder, QUANTCONNECT_USER_ID: "1" };
    expect(read({ environment }).environmentCredentials).toBeUndefined();
    expect(read({ environment: { ...environment, QUANTCONNECT_API_TOKEN: "t" } }).environmentCredentials).toEqual({
      userId: "1",
      token: "t",
    });
  });

  it("has colours on a terminal that did not refuse them", () => {
    expect(read({ isTerminal: true }).colour).toBe(true);
    expect(read({ isTerminal: true, environment: { QUANTWRIGHT_HOME: folder, NO_COLOR: "1" } }).colour).toBe(false);
    expect(read().colour).toBe(false);
  });

  it.each([
    ["an unknown name", { profil: "local" }, /profil/],
    ["a value that is none", { vault: "drawer" }, /vault/],
    ["too many nodes", { nodes: 1000 }, /nodes/],
    ["a list", [], /object/],
  ])("refuses settings with %s, and names the file and what is wrong", (_, value, message) => {
    settings(value);
    expect(() => read()).toThrow(RefusalError);
    expect(() => read()).toThrow(join(folder, "settings.json"));
    expect(() => read()).toThrow(message);
  });
});
