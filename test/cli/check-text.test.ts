import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkText } from "../../src/cli/check-text.ts";
import { Output } from "../../src/cli/output.ts";
import type { Terminal } from "../../src/cli/cli-services.ts";

describe("the findings of doctor", () => {
  it("stand in one column, however long the name of a check is", () => {
    const source = readFileSync(new URL("../../src/app/doctor.ts", import.meta.url), "utf8");
    const names = [...source.matchAll(/checked\("([^"]+)"/g)].map(([, name = ""]) => name);
    const nobody = (): Promise<never> => Promise.reject(new Error("nobody is asked"));
    const asks = { readLine: nobody, readSecret: nobody, readPassphrase: nobody };
    const say = { out: () => undefined, err: () => undefined };
    const terminal: Terminal = {
      isTerminal: false,
      isInteractive: false,
      colour: false,
      columns: 100,
      ...say,
      ...asks,
    };
    const output = new Output(terminal, {});
    const columns = names.map((name) => checkText({ name, state: "ok", detail: "§" }, output).indexOf("§"));
    expect(names).toContain("quantconnect server");
    expect(new Set(columns).size).toBe(1);
  });
});
