import { expect, it } from "vitest";
import { overBothTransports } from "../../support/cloud-caller.ts";

const GOOD = [{ name: "main.py", content: "a strategy" }];
const BAD = [{ name: "main.py", content: "one\nsyntax error" }];
const CSHARP = { language: "C#", files: [{ name: "Main.cs", content: "class A {}" }] };

overBothTransports("the tools for assistants", (test) => {
  it("find syntax errors with their place", async () => {
    expect(await test.ok("check_syntax", { language: "Py", files: BAD })).toMatchObject({
      state: "Error",
      version: 2,
      payload: [expect.stringMatching(/^main\.py:2:3: invalid syntax/)],
      payloadType: "StringArray",
    });
    expect(await test.ok("check_syntax", { language: "Py", files: GOOD })).toMatchObject({ state: "End", payload: [] });
    expect(await test.ok("check_syntax", CSHARP)).toMatchObject({ payload: [expect.stringContaining("Only Python")] });
  });

  it("check how an algorithm starts", async () => {
    const check = (files: object) => test.ok("check_initialization_errors", { language: "Py", files });
    expect(await check(GOOD)).toMatchObject({ state: "End", payloadType: "String" });
    const raising = await check([{ name: "main.py", content: "raise" }]);
    expect(raising).toMatchObject({ state: "Error", payload: expect.stringContaining("division by zero") as unknown });
    expect(await check(BAD)).toMatchObject({ state: "Error" });
    expect(await test.ok("check_initialization_errors", CSHARP)).toMatchObject({ state: "Error" });
  });

  it("complete a line, with as many names as are asked for", async () => {
    const { payload } = await test.ok("complete_code", { language: "Py", sentence: "self.add_e" });
    expect(payload).toContain("self.add_equity");
    const few = await test.ok("complete_code", { language: "Py", sentence: "self.", responseSizeLimit: 2 });
    expect(few["payload"]).toHaveLength(2);
  });

  it("explain an error", async () => {
    const error = { message: "ZeroDivisionError: division by zero" };
    for (const full of [error, { ...error, stacktrace: "at main.py line 7" }]) {
      const { payload } = await test.ok("enhance_error_message", { language: "Py", error: full });
      expect(payload).toContain("is_ready");
    }
  });

  it("write names as PEP 8 wants them, file by file", async () => {
    const files = [
      { name: "a.py", content: "self.AddEquity('SPY')" },
      { name: "b.py", content: "def Initialize(self): pass" },
    ];
    expect((await test.ok("update_code_to_pep8", { files }))["payload"]).toEqual({
      "a.py": "self.add_equity('SPY')",
      "b.py": "def initialize(self): pass",
    });
  });

  it("find exactly as many passages as are asked for", async () => {
    const criteria = [
      { input: "object store", type: "Docs", count: 2 },
      { input: "moving average", type: "Examples", count: 1 },
      { input: "order", type: "Stubs", count: 1 },
    ];
    const { retrivals } = await test.ok("search_quantconnect", { language: "Py", criteria });
    expect(retrivals).toHaveLength(4);
  });

  it("refuse what they cannot work with, in words", async () => {
    const files = [{ name: "../x.py", content: "pass" }];
    const search = (count: number) => ({ language: "Py", criteria: [{ input: "x", type: "Docs", count }] });
    const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
      ["check_syntax", { language: "Py", files: [] }],
      ["check_syntax", { language: "Py", files }],
      ["check_initialization_errors", { language: "Py", files }],
      ["check_initialization_errors", { language: "Fortran", files: GOOD }],
      ["update_code_to_pep8", { files: [] }],
      ["complete_code", { language: "Py", sentence: "x".repeat(10_001) }],
      ["enhance_error_message", { language: "Py", error: { message: " " } }],
      ["search_quantconnect", search(0)],
      ["search_quantconnect", search(51)],
      ["search_quantconnect", { language: "Py", criteria: [] }],
    ];
    for (const [tool, args] of wrong) expect(await test.refused(tool, args)).toMatch(/\w+ \w+/);
  });
});
