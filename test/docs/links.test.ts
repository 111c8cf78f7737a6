import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Every document of the repository, whether it is committed yet or not. */
function documents(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");

/** What a heading is called in a link: lower case, words joined by hyphens. */
function anchors(text: string): string[] {
  return [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
      if (!existsSync(there)) return true;
      return anchor !== undefined && !anchors(readFileSync(there, "utf8")).includes(anchor);
    })
    .map((target) => `${path}: ${target}`);
}

describe("the documents", () => {
  it("link only to files and headings that exist", () => {
    const found = documents();
    expect(found).toContain("README.md");
    expect(found.flatMap(brokenLinks)).toEqual([]);
  });

  it("name no folder of one machine", () => {
    const named = documents().filter((path) =>
      /(?:^|[\s`"'(=])\/(?:work|root|home|Users)\//m.test(readFileSync(join(ROOT, path), "utf8")),
    );
    expect(named).toEqual([]);
  });
});
