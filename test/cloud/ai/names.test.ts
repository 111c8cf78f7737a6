import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadLibrary } from "../../../src/app/load-library.ts";
import { completions } from "../../../src/cloud/ai/completion.ts";
import { explainError } from "../../../src/cloud/ai/error-advice.ts";
import { toPep8 } from "../../../src/cloud/ai/pep8.ts";
import { pythonTokens } from "../../../src/cloud/ai/python-tokens.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const { names, index } = loadLibrary({ packageRoot: ROOT });

describe("the list of names", () => {
  it("is that of the package that algorithms import", () => {
    const checked = (): string =>
      execFileSync(process.execPath, [`${ROOT}scripts/facade-names.cjs`, "--check"], { encoding: "utf8", cwd: ROOT });
    expect(checked).not.toThrow();
  }, 60_000);
});

describe("completion", () => {
  const complete = (sentence: string, language: "Py" | "C#" = "Py"): string[] =>
    completions(sentence, { language, most: 10, names });

  it("completes members of the algorithm in both spellings", () => {
    expect(complete("self.add_e")).toContain("self.add_equity");
    expect(complete("x = self.set_hold")).toContain("self.set_holdings");
    expect(complete("AddE", "C#")).toContain("AddEquity");
  });

  it("completes enumerations, parts of the algorithm and classes", () => {
    expect(complete("self.add_equity('SPY', Resolution.D")).toEqual(["Resolution.DAILY"]);
    expect(complete("self.portfolio.inv")).toContain("self.portfolio.invested");
    expect(complete("RollingW")).toContain("RollingWindow");
  });

  it("has nothing to say where nothing begins", () => {
    expect(complete("x = 1 +")).toEqual([]);
    expect(complete("self.qqqq")).toEqual([]);
  });
});

describe("conversion to PEP8 names", () => {
  it("changes LEAN's names and nothing else", () => {
    const source = `class A(QCAlgorithm):
    def Initialize(self):
        self.AddEquity("AddEquity", Resolution.Daily)  # AddEquity
        self.MyOwn()
    def MyOwn(self):
        self.Log(f"{self.Time}")
`;
    expect(toPep8(source, names)).toBe(`class A(QCAlgorithm):
    def initialize(self):
        self.add_equity("AddEquity", Resolution.DAILY)  # AddEquity
        self.MyOwn()
    def MyOwn(self):
        self.log(f"{self.Time}")
`);
  });

  it("gives any text back whole when there is nothing to change", () => {
    for (const text of ["", "'''open", '"broken\nx = "\\', "a\u0000b é 漢 = r'\\'", "#"]) {
      expect(toPep8(text, names)).toBe(text);
      expect(
        pythonTokens(text)
          .map((token) => token.text)
          .join(""),
      ).toBe(text);
    }
  });
});

describe("advice on errors", () => {
  it.each([
    ["AttributeError: 'A' object has no attribute 'set_holding'", /set_holdings/],
    ["NameError: name 'Resolutoin' is not defined (main.py, line 7, in initialize)", /line 7.*Resolution/],
    ["The specified market wasn't found in the markets lookup. Requested: spxw.", /spxw.*argument/],
    ["ZeroDivisionError: division by zero", /is_ready/],
    ["No module named 'sklearn'", /trusted/],
    ["something never seen", /No rule explains/],
  ])("explains %s", (message, expected) => {
    expect(explainError({ message }, names)).toMatch(expected);
  });
});

describe("search", () => {
  it("finds the guide about data, and as many results as asked for", () => {
    const [first] = index.search("import prices from CSV", { kind: "Docs", most: 3 });
    expect(first?.title).toContain("docs/guides/data.md");
    expect(index.search("alpha model", { kind: "Examples", most: 3 })).toHaveLength(3);
  });

  it("finds a method by words of its name", () => {
    const [first] = index.search("add equity", { kind: "Stubs", most: 1 });
    expect(first?.title).toBe("QCAlgorithm.add_equity");
  });
});
