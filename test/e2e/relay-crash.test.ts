import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openE2eHome, PROGRAM, ROOT, type E2eHome } from "../support/e2e-home.ts";
import { eventually } from "../support/e2e-processes.ts";

const SERVER = fileURLToPath(new URL("../support/odd-server.ts", import.meta.url));
const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };

describe("a relay that is killed in the middle of a call", () => {
  let home: E2eHome;
  beforeAll(() => {
    home = openE2eHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  function startRelay(): ChildProcessByStdio<Writable, Readable, null> {
    const args = [PROGRAM, "relay", "--allow-all", "--", process.execPath, SERVER];
    const child = spawn(process.execPath, args, { env: home.env, cwd: ROOT, stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.on("error", () => undefined);
    child.stdout.resume();
    const say = (frame: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...frame })}\n`);
    say({ id: 1, method: "initialize", params: INITIALIZE });
    say({ method: "notifications/initialized" });
    return child;
  }

  /** Kinds and results in the relay's own log, oldest first. */
  function records(): string[] {
    try {
      const [folder = ""] = readdirSync(join(home.dataDir, "relays"));
      const file = join(home.dataDir, "relays", folder, "relay.db");
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        const rows = database.prepare("select kind, tool, result from audit order by seq").all();
        return rows.map(({ kind, tool, result }) => `${String(kind)} ${String(tool)} ${String(result)}`.trim());
      } finally {
        database.close();
      }
    } catch {
      return [];
    }
  }

  it("leaves its intent, which the next one ends as unknown", async () => {
    const first = startRelay();
    const call = { id: 2, method: "tools/call", params: { name: "hang", arguments: {} } };
    first.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...call })}\n`);
    expect(await eventually(() => records().length === 1)).toBe(true);
    expect(records()).toEqual(["intent hang"]);
    const ended = new Promise((resolve) => first.once("close", resolve));
    first.kill("SIGKILL");
    await ended;
    const second = startRelay();
    expect(await eventually(() => records().length === 2)).toBe(true);
    expect(records()).toEqual(["intent hang", "outcome hang OUTCOME_UNKNOWN"]);
    const over = new Promise((resolve) => second.once("close", resolve));
    second.stdin.end();
    await over;
  });
});
