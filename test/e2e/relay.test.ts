import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as FirstTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseJson } from "../../src/domain/parse-json.ts";
import { LEGACY, MODERN } from "../support/e2e-clients.ts";
import { openE2eHome, PROGRAM, type E2eHome } from "../support/e2e-home.ts";
import { eventually, familyOf, HAS_PROC, survivors } from "../support/e2e-processes.ts";
import { ODD_SERVER, type Frame } from "../support/relay-under-test.ts";

vi.setConfig({ testTimeout: 60_000 });

const EVERYTHING = fileURLToPath(new URL("../support/everything-server.ts", import.meta.url));
const relayOf = (...command: string[]): string[] => [
  PROGRAM,
  "relay",
  "--allow-all",
  "--",
  process.execPath,
  ...command,
];

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Every line of its output, raw. */
  readonly lines: string[];
  readonly errors: string[];
  say(frame: unknown): void;
  answerTo(id: unknown, milliseconds?: number): Promise<Frame>;
  readonly exited: Promise<number | null>;
}

/** Runs the relay on standard streams, with both of its ends in the test's hands. */
async function run(home: E2eHome, args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, args, { env: home.env, stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => void errors.push(line));
  child.stdin.on("error", () => undefined);
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const say = (frame: unknown): void =>
    void child.stdin.write(typeof frame === "string" ? `${frame}\n` : `${JSON.stringify(frame)}\n`);
  const answerTo: Running["answerTo"] = async (id, milliseconds = 10_000) => {
    const found = (): Frame | undefined =>
      lines.map((line) => parseJson(line) as Frame).find((one) => one["id"] === id && one["method"] === undefined);
    if (!(await eventually(() => found() !== undefined, milliseconds)))
      throw new Error(`no answer to ${String(id)}; ${errors.join("\n")}`);
    return found() ?? {};
  };
  say({
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "e2e", version: "1" } },
  });
  await answerTo(0);
  say({ jsonrpc: "2.0", method: "notifications/initialized" });
  return {
    child,
    lines,
    errors,
    say,
    answerTo,
    exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const call = (id: number, name: string, args: Frame = {}): Frame => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});

describe("quantwright relay on standard streams", () => {
  let home: E2eHome;
  beforeAll(() => {
    home = openE2eHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it("writes nothing but messages to its output, and what the server says aside to its errors", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    relay.say(call(1, "garbage"));
    expect(await relay.answerTo(1)).toHaveProperty("result");
    for (const line of relay.lines) expect(parseJson(line)).toMatchObject({ jsonrpc: "2.0" });
    expect(relay.errors.join("\n")).toContain("were no messages");
  });

  it("answers what is no message, and goes on", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    relay.say("no json at all");
    relay.say("[]");
    relay.say(call(1, "pid"));
    await relay.answerTo(1);
    const codes = relay.lines.map((line) => (parseJson(line) as { error?: { code: number } }).error?.code);
    expect(codes.filter((code) => code !== undefined)).toEqual([-32_700, -32_600]);
  });

  it("takes a request of 9 MB, refuses one of 20 MB under its id, and lives", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    relay.say(call(1, "echo", { text: "x".repeat(9_000_000) }));
    relay.say(call(2, "echo", { text: "x".repeat(20_000_000) }));
    relay.say(call(3, "pid"));
    expect(await relay.answerTo(2, 20_000)).toMatchObject({ error: { code: -32_600 } });
    expect(JSON.stringify(await relay.answerTo(1)).length).toBeGreaterThan(9_000_000);
    expect(await relay.answerTo(3)).toHaveProperty("result");
  });

  it("holds a flooding server back while its client does not read, and loses nothing", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    relay.child.stdout?.pause();
    relay.say(call(1, "flood", { lines: 20_000 }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    relay.child.stdout?.resume();
    await relay.answerTo(1, 20_000);
    expect(relay.lines.filter((line) => line.includes("notifications/message"))).toHaveLength(20_000);
  });

  it("ends with its client's input, and its server with it", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    const family = familyOf(relay.child.pid ?? 0);
    relay.child.stdin?.end();
    expect(await relay.exited).toBe(0);
    expect(await survivors(family)).toEqual([]);
  });

  it.skipIf(!HAS_PROC)("leaves no server behind when it is killed in a call", async () => {
    await using relay = await run(home, relayOf(ODD_SERVER));
    relay.say(call(1, "hang"));
    relay.say(call(2, "pid"));
    await relay.answerTo(2);
    const family = familyOf(relay.child.pid ?? 0);
    expect(family.length).toBeGreaterThanOrEqual(3);
    relay.child.kill("SIGKILL");
    await relay.exited;
    expect(await survivors(family)).toEqual([]);
  });

  it("serves a client of the second library in both eras, and one of the first", async () => {
    const parameters = {
      command: process.execPath,
      args: relayOf(EVERYTHING),
      env: { ...home.env },
      stderr: "ignore" as const,
    };
    for (const versionNegotiation of [LEGACY, MODERN]) {
      const client = new Client({ name: "e2e", version: "1" }, { versionNegotiation });
      await client.connect(new StdioClientTransport(parameters));
      expect((await client.listTools()).tools.length).toBeGreaterThan(20);
      const answer = await client.callTool({ name: "test_simple_text", arguments: {} });
      expect(answer.content).toEqual([{ type: "text", text: "This is a simple text response for testing." }]);
      await client.close();
    }
    const first = new FirstClient({ name: "e2e", version: "1" });
    await first.connect(new FirstTransport(parameters));
    expect(await first.callTool({ name: "test_simple_text" })).toHaveProperty("content");
    await first.close();
  });

  it("tells a listener of the new era that lists may differ, after its server died", async () => {
    let changes = 0;
    const client = new Client(
      { name: "e2e", version: "1" },
      {
        versionNegotiation: MODERN,
        listChanged: { tools: { onChanged: () => (changes += 1), autoRefresh: false } },
      },
    );
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: relayOf(EVERYTHING),
      env: { ...home.env },
      stderr: "ignore",
    });
    await client.connect(transport);
    await client.callTool({ name: "test_trigger_tool_change", arguments: {} });
    expect(await eventually(() => changes === 1)).toBe(true);
    const server = familyOf(transport.pid ?? 0).findLast(
      ({ commandLine }) => commandLine.endsWith("everything-server.ts") && !commandLine.includes(" relay "),
    );
    process.kill(server?.pid ?? 0, "SIGKILL");
    expect(await eventually(() => changes === 2)).toBe(true);
    expect(await client.callTool({ name: "test_simple_text", arguments: {} })).toHaveProperty("content");
    await client.close();
  });
});

describe("quantwright relay in front of a server over HTTP", () => {
  it("says that it is not there, finds it when it comes, and begins anew with one that forgot the session", async () => {
    await using home = openE2eHome();
    const serve = async (port: number): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
      const child = spawn(process.execPath, [EVERYTHING, "--http", String(port)], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      const url = await new Promise<string>((resolve) =>
        child.stderr.setEncoding("utf8").on("data", (part: string) => resolve(part.trim())),
      );
      return { url, child };
    };
    const end = (child: ChildProcess): Promise<unknown> => {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      return closed;
    };
    const first = await serve(0);
    await using relay = await run(home, [PROGRAM, "relay", "--allow-all", "--url", first.url]);
    relay.say(call(1, "test_simple_text"));
    expect(await relay.answerTo(1)).toHaveProperty("result.content");
    await end(first.child);
    relay.say(call(2, "test_simple_text"));
    expect(await relay.answerTo(2, 1000)).toHaveProperty("error");
    const second = await serve(Number(new URL(first.url).port));
    await new Promise((resolve) => setTimeout(resolve, 500));
    relay.say(call(3, "test_simple_text"));
    expect(await relay.answerTo(3, 2000)).toHaveProperty("result.content");
    await end(second.child);
  });
});

describe("quantwright relay refuses", () => {
  it.each([
    ["neither a command nor an address", ["--allow-all"], "one server was expected"],
    ["both", ["--allow-all", "--url", "http://127.0.0.1:1/mcp", "--", "true"], "one server was expected"],
    [
      "an address for others without a key",
      ["--allow-all", "--http", "0", "--host", "0.0.0.0", "--", "true"],
      "a key is needed",
    ],
    ["a variable with its value", ["--allow-all", "--env", "TOKEN=secret", "--", "true"], "without a value"],
    ["an address that is none", ["--allow-all", "--url", "nonsense"], "--url"],
  ])("%s", async (_what, args, message) => {
    await using home = openE2eHome();
    const done = await home.run(["relay", ...args]);
    expect(done.code).toBe(2);
    expect(done.err).toContain(message);
    expect(done.out).toBe("");
  });
});
