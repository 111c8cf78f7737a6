import { describe, expect, it } from "vitest";
import type { CliServices } from "../../src/cli/cli-services.ts";
import { newPassphrase } from "../../src/cli/operator-signing.ts";
import { runProgram } from "../../src/cli/program.ts";
import { scriptedTerminal } from "../support/scripted-terminal.ts";

describe("a command line that cannot be read", () => {
  it.each([
    ["policy explain", "(quantwright policy explain --help says what it takes)"],
    ["upstream foo", "(quantwright upstream --help lists the commands)"],
    ["backtest", "(quantwright backtest --help says what it takes)"],
    ["foo", "(quantwright --help lists the commands)"],
  ])("%s names the help of the command that was meant", async (line, hint) => {
    const { terminal, said } = scriptedTerminal([]);
    const session = (): never => {
      throw new Error("no session is opened");
    };
    const services: CliServices = { terminal, version: "0", session, interrupted: new AbortController().signal };
    expect(await runProgram(line.split(" "), services)).toBe(2);
    expect(said()).toContain(hint);
  });
});

describe("a new passphrase", () => {
  it("is typed twice, and once where it will be refused as too short", async () => {
    const long = scriptedTerminal(["long enough to take", "long enough to take"]);
    expect(await newPassphrase(long.terminal, "anna")).toBe("long enough to take");
    expect(long.said()).toContain("again");
    const short = scriptedTerminal(["short"]);
    expect(await newPassphrase(short.terminal, "anna")).toBe("short");
    expect(short.said()).not.toContain("again");
  });
});
