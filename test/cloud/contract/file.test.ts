import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

describe("files", () => {
  let cloud: CloudUnderTest;
  let projectId = 0;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  beforeEach(async () => {
    projectId = await cloud.project("a\nb\nc\n");
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  const contentOf = async (name: string): Promise<unknown> => {
    const answer = await cloud.call("/files/read", { projectId, name });
    return (answer["files"] as { content: string }[] | undefined)?.[0]?.content;
  };
  const patch = (text: string): Promise<Answer> => cloud.call("/files/patch", { projectId, patch: text });

  it("are created in folders, with content or empty, but not twice", async () => {
    const created = await cloud.call("/files/create", { projectId, name: "models/alpha.py", content: "x = 1" });
    expect(created).toMatchObject({
      success: true,
      files: [{ name: "models/alpha.py", content: "x = 1", isLibrary: false }],
    });
    expect(await cloud.call("/files/create", { projectId, name: "empty.py" })).toMatchObject({ success: true });
    expect(await contentOf("empty.py")).toBe("");
    const again = await cloud.call("/files/create", { projectId, name: "main.py" });
    expect(again).toEqual({ success: false, errors: ["File already exist in this project"] });
  });

  it("are replaced, renamed and deleted", async () => {
    expect(await cloud.call("/files/update", { projectId, name: "main.py", content: "new" })).toMatchObject({
      success: true,
    });
    expect(await cloud.call("/files/update", { projectId, name: "main.py", newName: "lib/main2.py" })).toMatchObject({
      success: true,
    });
    expect(await contentOf("lib/main2.py")).toBe("new");
    expect((await cloud.call("/files/read", { projectId, name: "main.py" })).success).toBe(false);
    expect(await cloud.call("/files/delete", { projectId, name: "lib/main2.py" })).toEqual({ success: true });
    expect(await cloud.call("/files/delete", { projectId, name: "research.ipynb" })).toEqual({ success: true });
    expect(await cloud.call("/files/read", { projectId })).toEqual({ success: true, files: [] });
  });

  it("keep every character", async () => {
    const content = 'ä\r\n\t"\u2028\\n🚀';
    await cloud.call("/files/update", { projectId, name: "main.py", content });
    expect(await contentOf("main.py")).toBe(content);
  });

  it("are patched by a git diff of several files, one of them new and one removed", async () => {
    const text = [
      "diff --git a/main.py b/main.py",
      "index 1..2 100644",
      "--- a/main.py",
      "+++ b/main.py",
      "@@ -1,3 +1,3 @@",
      " a",
      "-b",
      "+B",
      " c",
      "diff --git a/new.py b/new.py",
      "new file mode 100644",
      "--- /dev/null",
      "+++ b/new.py",
      "@@ -0,0 +1,2 @@",
      "+one",
      "+two",
      "--- a/research.ipynb",
      "+++ /dev/null",
      "@@ -1,0 +0,0 @@",
    ].join("\n");
    expect(await patch(`${text}\n`)).toEqual({ success: true });
    expect(await contentOf("main.py")).toBe("a\nB\nc\n");
    expect(await contentOf("new.py")).toBe("one\ntwo\n");
    expect((await cloud.call("/files/read", { projectId, name: "research.ipynb" })).success).toBe(false);
  });

  it("are patched nothing at all when one hunk does not match", async () => {
    const text =
      "--- a/main.py\n+++ b/main.py\n@@ -1 +1 @@\n-a\n+A\n--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-x\n+y\n";
    expect(await patch(text)).toMatchObject({ success: false, errors: [expect.stringContaining("gone.py")] });
    expect(await contentOf("main.py")).toBe("a\nb\nc\n");
  });

  it.each([
    ["/files/create", { name: "x.py", content: "" }],
    ["/files/create", { name: "../x.py" }],
    ["/files/create", { name: "/etc/passwd" }],
    ["/files/create", { name: "a//b.py" }],
    ["/files/create", { name: "a\\b.py" }],
    ["/files/create", { name: "a\u0000.py" }],
    ["/files/create", { name: "" }],
    ["/files/create", { name: 7 }],
    ["/files/read", { name: "unknown.py" }],
    ["/files/read", { name: "__proto__" }],
    ["/files/update", { name: "main.py", content: "" }],
    ["/files/update", { name: "main.py" }],
    ["/files/update", { name: "unknown.py", content: "x" }],
    ["/files/update", { name: "main.py", newName: "research.ipynb" }],
    ["/files/update", { name: "main.py", newName: "../../main.py" }],
    ["/files/patch", { patch: " " }],
    ["/files/patch", { patch: "no diff" }],
    ["/files/patch", { patch: "--- a/main.py\n+++ b/main.py\n@@ -1,9 +1,9 @@\n a\n" }],
    ["/files/patch", { patch: "--- /dev/null\n+++ b/../evil.py\n@@ -0,0 +1 @@\n+x\n" }],
    ["/files/delete", { name: "unknown.py" }],
  ])("refuse bad input: %s %j", async (path, body) => {
    const answer = await cloud.call(path, { projectId, ...body });
    expect(answer.success).toBe(false);
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect((await cloud.call(path, { ...body, projectId: -1 })).success).toBe(false);
    expect(await contentOf("main.py")).toBe("a\nb\nc\n");
  });
});
