import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSyntheticData } from "../../support/sandbox-data.ts";
import { openTestPool } from "../../support/sandbox-pool.ts";
import { type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

const GOOD = [{ name: "main.py", content: "a strategy" }];

describe("the tools for assistants", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("finds syntax errors with their place, and ends clean without any", async () => {
    const files = [{ name: "main.py", content: "one\nsyntax error" }];
    const bad = await cloud.call("/ai/tools/syntax-check", { language: "Py", files });
    expect(bad).toMatchObject({ success: true, state: "Error", version: 2, payloadType: "StringArray" });
    expect(bad["payload"]).toEqual([expect.stringMatching(/^main\.py:2:3: invalid syntax/)]);
    const good = await cloud.call("/ai/tools/syntax-check", { language: "Py", files: GOOD });
    expect(good).toMatchObject({ state: "End", payload: [] });
  });

  it("says of C# that only Python is checked here", async () => {
    const files = [{ name: "Main.cs", content: "class A {}" }];
    const checked = await cloud.call("/ai/tools/syntax-check", { language: "C#", files });
    expect(checked).toMatchObject({ success: true, state: "Error", payload: [expect.stringContaining("Only Python")] });
    const started = await cloud.call("/ai/tools/backtest-init", { language: "C#", files });
    expect(started).toMatchObject({
      success: true,
      state: "Error",
      payload: expect.stringContaining("Only Python") as unknown,
    });
  });

  it("completes a line", async () => {
    const answer = await cloud.call("/ai/tools/complete", { language: "Py", sentence: "self.add_e" });
    expect(answer).toMatchObject({
      success: true,
      state: "End",
      payload: expect.arrayContaining(["self.add_equity"]) as unknown,
    });
  });

  it("converts names by file", async () => {
    const files = [{ name: "a.py", content: "self.AddEquity('SPY')" }];
    expect(await cloud.call("/ai/tools/pep8-convert", { files })).toMatchObject({
      success: true,
      payload: { "a.py": "self.add_equity('SPY')" },
      payloadType: "StringDict",
    });
  });

  it("explains an error", async () => {
    const error = { message: "ZeroDivisionError: division by zero", stacktrace: null };
    expect(await cloud.call("/ai/tools/error-enhance", { language: "Py", error })).toMatchObject({
      success: true,
      state: "End",
      payload: expect.stringContaining("is_ready") as unknown,
    });
  });

  it("gives exactly as many results as asked for, also for the forum, which is not here", async () => {
    const criteria = [
      { input: "How to import data", type: "Docs", count: 2 },
      { input: "sma cross", type: "Forum", count: 1 },
    ];
    const found = await cloud.call("/ai/tools/search", { language: "Py", criteria });
    expect(found).toMatchObject({ success: true, state: "End" });
    expect(found["retrivals"]).toHaveLength(3);
  });

  it.each([
    ["/ai/tools/syntax-check", { language: "Py", files: [] }],
    ["/ai/tools/syntax-check", { language: "Py", files: [{ name: "../x.py", content: "" }] }],
    ["/ai/tools/backtest-init", { language: "Fortran", files: GOOD }],
    ["/ai/tools/complete", { language: "Py" }],
    ["/ai/tools/error-enhance", { language: "Py", error: {} }],
    ["/ai/tools/pep8-convert", {}],
    ["/ai/tools/search", { language: "Py", criteria: [{ input: "x", type: "Docs", count: -1 }] }],
  ])("refuses bad input of %s in words", async (path, body) => {
    const refused = await cloud.call(path, body);
    expect(refused.success).toBe(false);
    expect(refused.errors?.[0]).toMatch(/Invalid argument/);
  });
});

describe("the check of initialize, in a real sandbox", () => {
  it("tells an error of initialize with its line, passes good code, and leaves no backtest behind", async () => {
    const data = writeSyntheticData();
    await using pool = openTestPool({ dataFolders: [data] });
    await using cloud = await startCloud({ jobs: pool });
    const check = (line: string) =>
      cloud.call("/ai/tools/backtest-init", {
        language: "Py",
        files: [
          {
            name: "main.py",
            content: `from AlgorithmImports import *\nclass A(QCAlgorithm):\n    def initialize(self):\n        ${line}\n`,
          },
        ],
      });
    const failed = await check("x = 1 / 0");
    expect(failed).toMatchObject({ success: true, state: "Error", payloadType: "String" });
    expect(failed["payload"]).toMatch(/^initialize: ZeroDivisionError: division by zero \(main\.py, line 4/);
    const misspelt = await check("self.add_equity('SPY', Resolution.DAY)");
    expect(misspelt).toMatchObject({
      state: "Error",
      payload: expect.stringContaining("Resolution has no member DAY") as unknown,
    });
    const passed = await check(
      "self.set_start_date(2013, 10, 7); self.set_end_date(2013, 10, 8); self.add_equity('SPY')",
    );
    expect(passed).toMatchObject({ state: "End", payload: "initialize ran without an error." });
    expect((await cloud.call("/projects/read", {}))["projects"]).toEqual([]);
    rmSync(data, { recursive: true, force: true });
  }, 60_000);
});
