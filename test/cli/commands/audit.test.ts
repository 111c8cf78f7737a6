import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CliServices, CliSession, DeskLink } from "../../../src/cli/cli-services.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { scriptedTerminal } from "../../support/scripted-terminal.ts";

describe("`audit export --out`", () => {
  it("writes no file that is there already, and asks the desk for nothing then", async () => {
    const folder = mkdtempSync(join(tmpdir(), "qw-export-"));
    try {
      const file = join(folder, "audit.jsonl");
      writeFileSync(file, "of somebody else");
      const asked: string[] = [];
      let closed = 0;
      const desk: DeskLink = {
        started: false,
        version: "0",
        request: (method) => Promise.resolve(void asked.push(method)),
        [Symbol.asyncDispose]: () => Promise.resolve(void (closed += 1)),
      };
      const { terminal, said } = scriptedTerminal();
      const services: CliServices = {
        terminal,
        version: "0",
        session: () => ({ desk: () => Promise.resolve(desk) }) as CliSession,
        interrupted: new AbortController().signal,
      };
      expect(await runProgram(["audit", "export", "--out", file, "--json"], services)).toBe(1);
      const message = expect.stringContaining(`${file} cannot be written`) as string;
      expect(parseJson(said())).toMatchObject({ error: { code: "FILE_UNWRITABLE", message } });
      expect(readFileSync(file, "utf8")).toBe("of somebody else");
      expect({ asked, closed }).toEqual({ asked: [], closed: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
