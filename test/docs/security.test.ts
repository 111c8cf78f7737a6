import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const FILE = fileURLToPath(new URL("../../docs/security.md", import.meta.url));
const PAGE = readFileSync(FILE, "utf8");

const rows = PAGE.slice(PAGE.indexOf("## Attacks"), PAGE.indexOf("## What this does not cover"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| attack"))
  .map((line) => line.split(" | "));

describe("the threat model", () => {
  it("names a test for every attack, or says that there is none yet", () => {
    expect(rows.length).toBeGreaterThan(20);
    const untested = rows.filter(([, , tests = ""]) => !tests.includes("](../test/") && !tests.startsWith("not yet"));
    expect(untested.map(([attack]) => attack)).toEqual([]);
  });

  it("names only tests that are there", () => {
    const links = [...PAGE.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(dirname(FILE), path)))).toEqual([]);
  });
});
