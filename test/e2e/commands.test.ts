import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../src/domain/parse-json.ts";
import { BUY_AND_HOLD } from "../support/e2e-algorithms.ts";
import { openE2eHome, PROGRAM, type E2eHome } from "../support/e2e-home.ts";

let home: E2eHome;
let strategy: string;
beforeAll(() => {
  home = openE2eHome();
  strategy = join(home.folder, "alone", "held.py");
  mkdirSync(join(home.folder, "alone"));
  writeFileSync(strategy, BUY_AND_HOLD);
});
afterAll(() => home[Symbol.asyncDispose]());

describe("help", () => {
  it("lists every command, and every command has its own", async () => {
    const { code, out } = await home.run(["--help"]);
    expect(code).toBe(0);
    for (const command of [
      "demo up down status doctor serve install login logout credentials tools upstream backtest cloud audit trials data".split(
        " ",
      ),
    ].flat()) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
    const own = await home.run(["backtest", "--help"]);
    expect(own).toMatchObject({ code: 0, err: "" });
    expect(own.out).toMatch(/--no-record[^]*--json/);
  });
});

describe("`backtest FILE`", () => {
  const schema = z.strictObject({
    name: z.string(),
    status: z.literal("Completed"),
    dataPoints: z.int().positive(),
    algorithmHistoryDataPoints: z.int(),
    statistics: z.record(z.string(), z.string()),
    orderListHash: z.string().regex(/^[0-9a-f]{32}$/),
    elapsedSeconds: z.number().positive(),
    trialId: z.string().nullable(),
    recorded: z.boolean(),
    warnings: z.array(z.looseObject({ message: z.string() })),
    synthetic: z.boolean(),
  });

  it("prints its result in the documented form and counts as a trial that the next desk takes over", async () => {
    const done = await home.run(["backtest", strategy, "--set", "qw-cash=5", "--json"]);
    expect(done).toMatchObject({ code: 0, err: "" });
    const result = schema.parse(done.json());
    expect(result).toMatchObject({ recorded: true, statistics: { "Total Orders": "1" } });
    const file = join(home.dataDir, "trials.jsonl");
    expect(readFileSync(file, "utf8")).toContain(result.trialId);
    writeFileSync(file, "no trial at all\n", { flag: "a" });
    const trials = (await home.run(["trials", "--json"])).lines()[0];
    expect(trials).toEqual([
      expect.objectContaining({
        id: result.trialId,
        source: "file",
        state: "completed",
        principal: "cli",
        parameters: { "qw-cash": "5" },
      }),
    ]);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(join(home.dataDir, "desk.log"), "utf8")).toContain("trials.jsonl line 2 is not a trial");
  });

  it("says that it was not recorded when it was asked not to, and shows people a chart", async () => {
    const quiet = await home.run(["backtest", strategy, "--no-record", "--json"]);
    expect(quiet.json()).toMatchObject({ trialId: null, recorded: false });
    const shown = await home.run(["backtest", strategy, "--no-record"]);
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toMatch(/Completed[^]*unrecorded[^]*[▁▂▃▄▅▆▇█]{3}[^]*Total Orders/);
    expect(existsSync(join(home.dataDir, "trials.jsonl"))).toBe(false);
  });

  it("of an algorithm that fails ends with 1 and names the user's line", async () => {
    const file = join(home.folder, "alone", "failing.py");
    writeFileSync(file, BUY_AND_HOLD.replace("if not", "1 / 0\n        if not"));
    const done = await home.run(["backtest", file, "--no-record", "--json"]);
    expect(done.code).toBe(1);
    expect(JSON.stringify(done.json())).toMatch(/ZeroDivisionError|division by zero/);
    expect(JSON.stringify(done.json())).toContain("failing.py");
  });
});

describe("`data`", () => {
  it("imports a CSV file into LEAN's layout and lists it with its source", async () => {
    const csv = join(home.folder, "prices.csv");
    const rows = [
      ["2020-01-02", 10, 11, 9, 10.5, 1000],
      ["2020-01-03", 10.5, 12, 10, 11, 900],
      ["2020-01-06", 11, 11.5, 10, 10.2, 800],
    ];
    writeFileSync(csv, `date,open,high,low,close,volume\n${rows.map((row) => row.join(",")).join("\n")}\n`);
    const data = join(home.folder, "own-data");
    const own = join(home.folder, "own-home");
    mkdirSync(own);
    writeFileSync(join(own, "settings.json"), JSON.stringify({ vault: "file", dataFolder: data }));
    const args = ["--data-dir", own, "--json"];
    const report = await home.run([
      "data",
      "import",
      csv,
      "--ticker",
      "TEST",
      "--source",
      "made up by a test",
      ...args,
    ]);
    expect(report).toMatchObject({ code: 0, err: "" });
    expect(existsSync(join(data, "equity", "usa", "daily", "test.zip"))).toBe(true);
    const list = z.array(z.looseObject({})).parse((await home.run(["data", "list", ...args])).lines()[0]);
    expect(list).toEqual([
      expect.objectContaining({
        ticker: "TEST",
        first: "2020-01-02",
        last: "2020-01-06",
        bars: 3,
        source: "made up by a test",
      }),
    ]);
    const wrong = await home.run(["data", "import", strategy, "--ticker", "TEST", ...args]);
    expect(wrong.code).toBe(1);
    expect(wrong.json()).toMatchObject({ error: { code: expect.any(String) as unknown } });
    expect((await home.run(["data", "list", ...args])).lines()[0]).toEqual(list);
  });
});

describe("`install`", () => {
  const at = (): string => join(home.folder, ".config", "Claude", "claude_desktop_config.json");

  it.skipIf(process.platform !== "linux")(
    "shows, adds, keeps what was there and its old file, and does nothing twice (paths of Linux)",
    async () => {
      const shown = await home.run(["install", "claude-desktop", "--print", "--json"]);
      expect(shown.json()).toMatchObject({
        changed: false,
        config: { mcpServers: { quantwright: { command: process.execPath } } },
      });
      expect(existsSync(at())).toBe(false);
      mkdirSync(join(at(), ".."), { recursive: true });
      const before = JSON.stringify({ theme: "dark", mcpServers: { other: { command: "other" } } });
      writeFileSync(at(), before);
      const done = await home.run(["install", "claude-desktop", "--data-dir", home.dataDir, "--json"]);
      expect(done.json()).toMatchObject({ changed: true, backup: `${at()}.before-quantwright` });
      expect(parseJson(readFileSync(at(), "utf8"))).toEqual({
        theme: "dark",
        mcpServers: {
          other: { command: "other" },
          quantwright: { command: process.execPath, args: [PROGRAM, "serve", "--data-dir", home.dataDir] },
        },
      });
      expect(readFileSync(`${at()}.before-quantwright`, "utf8")).toBe(before);
      expect(
        (await home.run(["install", "claude-desktop", "--data-dir", home.dataDir, "--json"])).json(),
      ).toMatchObject({ changed: false });
      expect(readFileSync(`${at()}.before-quantwright`, "utf8")).toBe(before);
    },
  );

  it.each(["{ half", '{"mcpServers": ["mine"]}', "[1]"])(
    "leaves a config that it does not understand alone: %s",
    async (text) => {
      const cwd = join(home.folder, `client-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`);
      mkdirSync(cwd);
      writeFileSync(join(cwd, ".mcp.json"), text);
      const done = await home.run(["install", "claude-code", "--json"], { cwd });
      expect(done.code).toBe(1);
      expect(done.json()).toMatchObject({ error: { code: "CLIENT_CONFIG_CORRUPT" } });
      expect(readFileSync(join(cwd, ".mcp.json"), "utf8")).toBe(text);
    },
  );
});

describe("the desk's commands", () => {
  it("answer in JSON lines, one and the same desk all the time", async () => {
    const up = await home.run(["up", "--json"]);
    const { pid } = z.looseObject({ pid: z.int() }).parse(up.json());
    expect((await home.run(["up", "--json"])).json()).toMatchObject({ started: false, pid });
    expect((await home.run(["status", "--json"])).json()).toMatchObject({ running: true, pid, profile: "local" });
    await home.call("desk_status");
    const commands = [
      ["tools", "list"],
      ["tools", "call", "list_strategies"],
      ["upstream", "list"],
      ["upstream", "restart", "quantconnect"],
      ["audit", "tail", "-n", "3"],
      ["audit", "verify"],
      ["audit", "export"],
      ["trials"],
      ["data", "list"],
      ["credentials"],
      ["doctor"],
    ];
    for (const command of commands) {
      const done = await home.run([...command, "--json"]);
      expect({ command, code: done.code, err: done.err }).toEqual({ command, code: 0, err: "" });
      expect(done.lines().length).toBeGreaterThan(0);
    }
    const records = z
      .array(z.looseObject({ seq: z.int() }))
      .parse((await home.run(["audit", "export", "--json"])).lines());
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    const tail = z
      .array(z.looseObject({ seq: z.int() }))
      .parse((await home.run(["audit", "tail", "-n", "2", "--json"])).lines()[0]);
    expect(tail).toEqual(records.slice(-2));
  });

  it("restart an upstream as another process, which serves on", async () => {
    const before = (await home.status())?.upstreams[0]?.pid;
    expect(await home.run(["upstream", "restart", "quantconnect"])).toMatchObject({ code: 0 });
    const after = (await home.status())?.upstreams[0];
    expect(after).toMatchObject({ state: "ready" });
    expect(after?.pid).not.toBe(before);
    expect(await home.call("qc_read_account")).toMatchObject({ success: true });
  });

  it("speak to people in tables, and stop the desk, once", async () => {
    expect((await home.run(["status"])).out).toMatch(/Desk +pid \d+[^]*quantconnect +ready/);
    expect((await home.run(["tools", "list"])).out).toMatch(/create_strategy +Makes.*…\n/);
    expect((await home.run(["tools", "show", "place_order"])).out).toMatch(
      /side +yes +"buy" "sell"[^]*limitPrice +– +number/,
    );
    expect((await home.run(["tools", "show", "place_ordre"])).code).toBe(2);
    expect((await home.run(["trials", "--strategy", "nobody"])).out).toContain('No trial of strategy "nobody"');
    expect((await home.run(["down", "--json"])).json()).toMatchObject({ stopped: true, running: false });
    expect((await home.run(["down", "--json"])).json()).toEqual({ stopped: false, running: false });
    expect((await home.run(["status", "--json"])).json()).toEqual({ running: false, dataDir: home.dataDir });
  });
});

describe("`cloud` alone", () => {
  it("makes its token file, serves the API to who knows it, and ends at Ctrl-C", async () => {
    const tokenFile = join(home.folder, "token");
    const args = [
      "cloud",
      "--port",
      "0",
      "--user-id",
      "42",
      "--token-file",
      tokenFile,
      "--folder",
      join(home.folder, "c"),
    ];
    const child = spawn(process.execPath, [PROGRAM, ...args, "--json"], {
      env: home.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const line = await new Promise<string>((resolve) =>
        createInterface({ input: child.stdout }).once("line", resolve),
      );
      const { url } = z.looseObject({ url: z.string() }).parse(parseJson(line));
      expect(statSync(tokenFile).mode & 0o077).toBe(0);
      const token = readFileSync(tokenFile, "utf8").trim();
      expect(await authenticate(url, token)).toMatchObject({ success: true });
      expect(await authenticate(url, "another-token-altogether")).toMatchObject({ success: false });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** QuantConnect's authentication: user id and the hash of token and time. */
async function authenticate(url: string, token: string): Promise<unknown> {
  const time = String(Math.floor(Date.now() / 1000));
  const hash = createHash("sha256").update(`${token}:${time}`).digest("hex");
  const authorization = `Basic ${Buffer.from(`42:${hash}`).toString("base64")}`;
  const base = url.endsWith("/") ? url.slice(0, -1) : url;
  const answer = await fetch(`${base}/authenticate`, { method: "POST", headers: { authorization, timestamp: time } });
  return answer.json();
}
