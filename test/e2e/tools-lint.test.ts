import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";

describe("tools lint", () => {
  let home: E2eHome;
  beforeAll(() => {
    home = openE2eHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it.each([
    ["the default toolset", []],
    ["every tool", ["--toolset", "full"]],
    ["the vendored server's own list", ["--upstream", "quantconnect"]],
  ])("finds no errors in %s", async (_, more) => {
    const done = await home.run(["tools", "lint", ...more, "--json"]);
    const { findings, tools } = done.json() as { findings: { level: string }[]; tools: number };
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(tools).toBeGreaterThan(15);
    expect(done.code).toBe(0);
  });

  it("has nothing in the default toolset that instructs a model or hides from a person, and says what it costs", async () => {
    const { findings, tokens } = (await home.run(["tools", "lint", "--json"])).json() as {
      findings: { rule: string }[];
      tokens: number;
    };
    expect(findings.filter(({ rule }) => rule.startsWith("text-"))).toEqual([]);
    expect(findings.some(({ rule }) => rule === "toolset-tokens")).toBe(tokens > 8000);
    const text = await home.run(["tools", "lint"]);
    expect(text.out).toMatch(/tools, about \d+ tokens: 0 errors/);
  });

  it("says which upstreams there are when one is not known", async () => {
    const done = await home.run(["tools", "lint", "--upstream", "nobody", "--json"]);
    expect(done.code).toBe(2);
    expect(done.json()).toMatchObject({ error: { code: "UPSTREAM_UNKNOWN" } });
  });
});
