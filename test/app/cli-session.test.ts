import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createSession } from "../../src/app/cli-session.ts";
import { openHome } from "../../src/app/desk-home.ts";
import type { CliServices } from "../../src/cli/cli-services.ts";
import { runProgram } from "../../src/cli/program.ts";
import { readConfig } from "../../src/config.ts";
import { scriptedTerminal } from "../support/scripted-terminal.ts";

it.skipIf(process.platform === "win32")("a desk that speaks otherwise is told of as an unexpected answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "qw-session-"));
  const environment = { QUANTWRIGHT_HOME: join(folder, "home"), QUANTWRIGHT_RUNTIME_DIR: join(folder, "run") };
  const config = readConfig({ environment, flags: {}, cwd: folder, isTerminal: false });
  const { socketPath } = openHome(config);
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write('{"hello":true}\n');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));

  const { terminal, said } = scriptedTerminal();
  const interrupted = new AbortController().signal;
  const session: CliServices["session"] = (flags) => createSession(config, { flags, cwd: folder, interrupted });
  const exit = await runProgram(["down", "--json"], { terminal, version: "0", session, interrupted });
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });

  expect(exit).toBe(1);
  const message = expect.stringContaining("nonce") as unknown;
  expect(JSON.parse(said())).toMatchObject({ error: { code: "ANSWER_UNEXPECTED", message } });
});
