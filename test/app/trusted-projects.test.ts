import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trustedProjects, trustedPython } from "../../src/app/trusted-projects.ts";
import { readConfig, type Config } from "../../src/config.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qw-trust-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function config(settings: object, environment: Readonly<Record<string, string>> = {}): Config {
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
  return readConfig({
    environment: { QUANTWRIGHT_HOME: folder, ...environment },
    flags: {},
    cwd: folder,
    isTerminal: false,
  });
}

describe("trusted projects", () => {
  it("are those of the settings and of the command line, and no others", () => {
    const said: string[] = [];
    const log = (line: string): void => void said.push(line);
    const trust = trustedProjects(config({ trustedProjects: [10_000_001] }), { trustedProjects: [10_000_003], log });
    const answers = [10_000_001, 10_000_002, 10_000_003].map((projectId) => trust({ projectId }).isTrusted);
    expect(answers).toEqual([true, false, true]);
    expect(trust({}).isTrusted).toBe(false);
    expect(said).toEqual(["cloud: code of projects 10000001, 10000003 runs without a sandbox"]);
  });

  it("are none unless the operator says so, and then nothing is logged", () => {
    const said: string[] = [];
    const trust = trustedProjects(config({}), { log: (line) => void said.push(line) });
    expect(trust({ projectId: 10_000_001 }).isTrusted).toBe(false);
    expect(said).toEqual([]);
  });

  it.each([[["10000001"]], [[0]], ["all"], [true]])("cannot be named in the settings as %j", (given) => {
    expect(() => config({ trustedProjects: given })).toThrow(/trustedProjects/);
  });
});

describe("the Python of trusted projects", () => {
  it("is the one of the command line before that of the settings; a plain name is looked for on the path", () => {
    expect(trustedPython(config({}), undefined).path).toBeUndefined();
    expect(trustedPython(config({ python: "venv/bin/python" }), undefined).path).toBe(join(folder, "venv/bin/python"));
    expect(trustedPython(config({ python: "python3.12" }), undefined).path).toBe("python3.12");
    expect(trustedPython(config({ python: "python3.12" }), "./mine/python").path).toBe(resolve("mine/python"));
  });

  it("gets what it needs of the environment, and no secret of ours", () => {
    const environment = { PATH: "/bin", HOME: "/home/me", QUANTCONNECT_API_TOKEN: "secret", DATABASE_URL: "postgres:" };
    expect(trustedPython(config({}, environment), undefined).environment).toEqual({ PATH: "/bin", HOME: "/home/me" });
  });
});
