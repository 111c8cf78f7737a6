import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPatch } from "../../../src/cloud/patch/apply-patch.ts";
import { parsePatch } from "../../../src/cloud/patch/parse-patch.ts";

function patched(text: string, hunks: string): string | null | undefined {
  const patches = parsePatch(`--- a/f\n+++ b/f\n${hunks}`);
  if (!patches.ok) throw new Error(patches.refusal.message);
  const result = applyPatch(new Map([["f", text]]), patches.value);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value["f"];
}

describe("a unified diff", () => {
  it("applies where its header says, also twice in a file", () => {
    const text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    const result = patched(text, "@@ -1,2 +1,3 @@\n 1\n+1b\n 2\n@@ -8,2 +9,1 @@\n 8\n-9\n");
    expect(result).toBe("1\n1b\n2\n3\n4\n5\n6\n7\n8\n");
  });

  it("applies at the nearest matching place when line numbers are off", () => {
    expect(patched("x\n\n\na\nb\na\nb\n", "@@ -20,2 +20,2 @@\n a\n-b\n+B\n")).toBe("x\n\n\na\nb\na\nB\n");
  });

  it("takes a wholly blank line for a blank context line, and no count for one line", () => {
    expect(patched("a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n")).toBe("a\n\nB\n");
    expect(patched("a\n", "@@ -1 +1 @@\n-a\n+A\n")).toBe("A\n");
  });

  it("keeps the line ends of the file and an end without one", () => {
    expect(patched("a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+B\n")).toBe("a\r\nB\r\n");
    expect(patched("a\nb", "@@ -1,1 +1,1 @@\n-a\n+A\n")).toBe("A\nb");
    const open = "\\ No newline at end of file";
    expect(patched("a\nb\n", `@@ -1,2 +1,2 @@\n a\n-b\n+B\n${open}\n`)).toBe("a\nB");
    expect(patched("a\nb", `@@ -1,2 +1,2 @@\n a\n-b\n${open}\n+B\n`)).toBe("a\nB\n");
  });

  it("only adds, at the line that it names", () => {
    expect(patched("a\nb\n", "@@ -1,0 +2,1 @@\n+between\n")).toBe("a\nbetween\nb\n");
    expect(patched("", "@@ -0,0 +1,1 @@\n+first\n")).toBe("first\n");
  });

  it("renames without hunks, and with them", () => {
    const patches = parsePatch(
      "diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n" +
        "diff --git a/h b/i\nrename from h\nrename to i\n--- a/h\n+++ b/i\n@@ -1 +1 @@\n-x\n+y\n",
    );
    const files = new Map([
      ["f", "same"],
      ["h", "x\n"],
    ]);
    expect(patches.ok && applyPatch(files, patches.value)).toEqual({
      ok: true,
      value: { f: null, g: "same", h: null, i: "y\n" },
    });
  });

  it.each([
    ["a hunk that matches nowhere", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+y\n", "hunk 1 of f"],
    ["a file that is not there", "--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-a\n+b\n", "no file gone"],
    ["a new name that is taken", "diff --git a/f b/g\nrename from f\nrename to g\n", "g exists already"],
  ])("is refused as one that does not apply for %s", (_what, text, part) => {
    const patches = parsePatch(text);
    const files = new Map([
      ["f", "a\n"],
      ["g", "b\n"],
    ]);
    expect(patches.ok && applyPatch(files, patches.value)).toMatchObject({
      ok: false,
      refusal: { code: "PATCH_DOES_NOT_APPLY", message: expect.stringContaining(part) as unknown },
    });
  });

  it.each([
    ["a hunk that is cut off", "--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n a\n", "shorter than its header"],
    ["a line without a sign", "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\nabc\n", "line 4 of the patch"],
  ])("is refused as malformed for %s, with the line", (_what, text, part) => {
    expect(parsePatch(text)).toMatchObject({
      ok: false,
      refusal: { code: "PATCH_MALFORMED", message: expect.stringContaining(part) as unknown },
    });
  });

  it("never throws, whatever it is given", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "--- a/f",
        "+++ b/f",
        "+++ /dev/null",
        "--- /dev/null",
        "@@ -1,2 +1,2 @@",
        "@@ -0,0 +1 @@",
        "@@",
        " a",
        "-b",
        "+c",
        "\\",
        "",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.constantFrom("a", "b", ""), { maxLength: 6 }),
        (lines, text) => {
          const patches = parsePatch(lines.join("\n"));
          const applied = patches.ok ? applyPatch(new Map([["f", text.join("\n")]]), patches.value) : patches;
          expect(typeof applied.ok).toBe("boolean");
        },
      ),
      { numRuns: 500 },
    );
  });
});
