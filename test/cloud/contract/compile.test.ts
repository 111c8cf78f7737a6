import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

describe("compiling", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("begins in the queue and ends in success with a log", async () => {
    const projectId = await cloud.project();
    const created = await cloud.call("/compile/create", { projectId });
    expect(created).toMatchObject({
      success: true,
      state: "InQueue",
      projectId,
      parameters: [],
      signatureOrder: ["main.py", "research.ipynb"],
    });
    expect(created["compileId"]).toMatch(/^[0-9a-f]{32}-[0-9a-f]{32}$/);
    const { compileId } = created;
    const done = await cloud.until("/compile/read", { projectId, compileId }, ({ state }) => state !== "InQueue");
    expect(done).toMatchObject({
      success: true,
      compileId,
      state: "BuildSuccess",
      logs: [expect.stringContaining("succeeded")],
    });
  });

  it("ends in an error that names file, line and column, and is no failed call", async () => {
    const projectId = await cloud.project("import this\nsyntax error here");
    const compileId = await cloud.compile(projectId);
    const read = await cloud.call("/compile/read", { projectId, compileId });
    expect(read).toMatchObject({ success: true, state: "BuildError" });
    expect(read["logs"]).toContainEqual(expect.stringMatching(/^main\.py:2:3: error SYNTAX_ERROR: invalid syntax/));
    expect(read["quantwright"]).toMatchObject({ diagnostics: [{ line: 2, column: 3 }] });
  });

  it("ends in an error when the compiler itself breaks", async () => {
    const projectId = await cloud.project("compiler crash");
    const compileId = await cloud.compile(projectId);
    const read = await cloud.call("/compile/read", { projectId, compileId });
    expect(read).toMatchObject({ state: "BuildError" });
    expect(read["logs"]).toContainEqual(
      expect.stringMatching(/^main\.py:1:1: error COMPILER_FAILED: .*the compiler broke/),
    );
  });

  it("has the same signature for the same files, and another one after a change", async () => {
    const projectId = await cloud.project();
    const signature = async (): Promise<unknown> => (await cloud.call("/compile/create", { projectId }))["signature"];
    const first = await signature();
    expect(await signature()).toBe(first);
    await cloud.call("/files/update", { projectId, name: "main.py", content: "changed" });
    expect(await signature()).not.toBe(first);
  });

  it("says of C# that only Python runs here", async () => {
    const created = await cloud.call("/projects/create", { name: "Sharp", language: "C#" });
    const [{ projectId }] = created["projects"] as [{ projectId: number }];
    const { compileId, state } = await cloud.call("/compile/create", { projectId });
    expect(state).toBe("InQueue");
    expect(await cloud.call("/compile/read", { projectId, compileId })).toMatchObject({
      success: true,
      state: "BuildError",
      logs: [expect.any(String), expect.stringContaining("only Python")],
      quantwright: { diagnostics: [{ code: "LANGUAGE_NOT_SUPPORTED" }] },
    });
    expect(await cloud.call("/backtests/create", { projectId, compileId, backtestName: "x" })).toMatchObject({
      success: false,
      errors: [expect.stringContaining("BuildError")],
    });
  });

  it.each([
    ["/compile/create", { projectId: -1 }],
    ["/compile/create", {}],
    ["/compile/read", { projectId: 10_000_001, compileId: "unknown" }],
    ["/compile/read", { projectId: 10_000_001, compileId: " " }],
    ["/compile/read", { projectId: 10_000_001 }],
    ["/compile/read", { projectId: -1, compileId: "x" }],
  ])("refuses bad input: %s %j", async (path, body) => {
    expect((await cloud.call(path, body)).success).toBe(false);
  });
});
