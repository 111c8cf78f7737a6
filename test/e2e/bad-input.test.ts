import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync, type ChildProcess } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { algorithm, BUY_AND_HOLD, busyAlgorithm } from "../support/e2e-algorithms.ts";
import { openE2eHome, type E2eHome, type Finished } from "../support/e2e-home.ts";
import { allProcesses, eventually, familyOf, survivors, type SeenProcess } from "../support/e2e-processes.ts";
import { mountFolder } from "../support/e2e-mount.ts";

let home: E2eHome;
beforeAll(() => {
  home = openE2eHome();
});
afterAll(() => home[Symbol.asyncDispose]());

const errorSchema = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string(), remedy: z.string() }),
});

/** One refusal on standard output, with a code, a reason and a remedy, and nothing else said. */
function refusalOf(done: Finished): { code: string; message: string; remedy: string; exit: number | null } {
  expect(done.err).toBe("");
  expect(done.lines()).toHaveLength(1);
  return { ...errorSchema.parse(done.json()).error, exit: done.code };
}

function strategyFile(text: string, name = "strategy.py"): string {
  const folder = join(home.folder, `strategies-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("a tool call", () => {
  it.each([
    ["with a wrong argument", "get_market_data", '{"ticker":5}', 2, "ARGUMENTS_INVALID", /ticker.*expected string.*5/],
    ["with an unknown argument", "desk_status", '{"x":1}', 2, "ARGUMENTS_INVALID", /x/],
    ["that is no JSON", "desk_status", "{x", 2, "USAGE", /not JSON/],
    ["of an unknown tool", "desk_statsu", "{}", 2, "TOOL_UNKNOWN", /desk_statsu/],
    ["for an unknown symbol", "get_market_data", '{"ticker":"NOPE"}', 1, "DATA_MISSING", /NOPE/],
    ["for an unknown strategy", "run_backtest", '{"strategyId":"nope"}', 1, "STRATEGY_UNKNOWN", /nope/],
    ["for an unknown run", "run_status", '{"runId":"nope"}', 1, "RUN_UNKNOWN", /nope/],
    ["that would trade", "qc_stop_live_algorithm", '{"projectId":1}', 4, "OPERATORS_NONE", /enrolled/],
  ])(
    "%s is refused with what was expected, what came and what to do",
    async (...[, tool, args, exit, code, message]) => {
      const refusal = refusalOf(await home.run(["tools", "call", tool, args, "--json"]));
      expect(refusal).toMatchObject({ exit, code, message: expect.stringMatching(message) as unknown });
    },
  );

  it("of malformed Python names the line; corrected, the strategy runs", async () => {
    const code = "from AlgorithmImports import *\n\nclass A(QCAlgorithm)\n    pass\n";
    const { strategyId } = await home.call("create_strategy", { name: "malformed", code });
    const failed = await home.run(["tools", "call", "run_backtest", JSON.stringify({ strategyId }), "--json"]);
    expect(failed.code).toBe(1);
    expect(failed.json()).toMatchObject({
      run: {
        state: "failed",
        error: { code: "BUILD_ERROR", message: expect.stringMatching(/main\.py.*3/s) as unknown },
      },
    });
    await home.call("edit_strategy", { strategyId, content: BUY_AND_HOLD });
    expect(await home.call("run_backtest", { strategyId })).toMatchObject({ run: { state: "completed" } });
  });

  it("of an algorithm that takes all memory ends as an error of the algorithm; the desk goes on", async () => {
    const code = algorithm("    def on_data(self, data):\n        self.kept = [0] * 10 ** 9\n");
    const { strategyId } = await home.call("create_strategy", { name: "greedy", code });
    const answer = await home.call("run_backtest", { strategyId });
    expect(answer).toMatchObject({
      run: { state: "completed" },
      status: "Runtime Error",
      error: expect.stringMatching(/memory/i) as unknown,
    });
    expect(await home.call("desk_status")).toMatchObject({ upstreams: [{ state: "ready" }] });
  });

  it("of an algorithm that never ends is ended by cancel_run", async () => {
    const code = algorithm("    def on_data(self, data):\n        while True:\n            pass\n");
    const { strategyId } = await home.call("create_strategy", { name: "endless", code });
    const waiting = home.run(["tools", "call", "run_backtest", JSON.stringify({ strategyId }), "--json"]);
    const run = await running("endless");
    expect(await home.call("cancel_run", { runId: run })).toMatchObject({
      cancelled: true,
      run: { state: "cancelled" },
    });
    expect((await waiting).json()).toMatchObject({ run: { state: "cancelled" } });
    const desk = await home.status();
    const sandboxes = (): SeenProcess[] =>
      familyOf(desk?.pid ?? 0).filter(({ commandLine }) => commandLine.includes("--permission"));
    // One sandbox may wait for the next job, none may still work on this one.
    expect(await eventually(() => sandboxes().length <= 2)).toBe(true);
  });
});

async function running(title: string): Promise<string> {
  const schema = z.looseObject({
    runs: z.array(z.looseObject({ id: z.string(), title: z.string(), state: z.string(), progress: z.number() })),
  });
  for (let tries = 0; tries < 100; tries += 1) {
    const { runs } = schema.parse((await home.run(["status", "--json"])).json());
    const found = runs.find((run) => run.title.includes(title) && run.state === "running" && run.progress >= 0.05);
    if (found !== undefined) return found.id;
  }
  throw new Error("the backtest did not start");
}

describe("`backtest FILE`", () => {
  it("names the line of malformed Python, once, and counts no trial", async () => {
    const refusal = refusalOf(await home.run(["backtest", strategyFile("def x(:\n    pass\n"), "--json"]));
    expect(refusal).toMatchObject({ exit: 1, code: "BUILD_ERROR" });
    expect(refusal.message).toContain("strategy.py:1:");
    expect(existsSync(join(home.dataDir, "trials.jsonl"))).toBe(false);
  });

  it("says which file is not there, and which data are", async () => {
    expect(refusalOf(await home.run(["backtest", "nothing.py", "--json"]))).toMatchObject({
      exit: 2,
      code: "FILE_UNKNOWN",
    });
    const file = strategyFile(BUY_AND_HOLD);
    expect(refusalOf(await home.run(["backtest", file, "--data", "/nowhere", "--json"]))).toMatchObject({
      exit: 1,
      code: "DATA_MISSING",
    });
    const unknown = strategyFile(BUY_AND_HOLD.replaceAll("SPY", "NOPE"));
    const done = await home.run(["backtest", unknown, "--no-record", "--json"]);
    expect(done.code).toBe(1);
    expect(done.json()).toMatchObject({ error: { code: expect.any(String) as unknown } });
    expect(JSON.stringify(done.json())).toMatch(/NOPE|nope/);
  });

  it("ends at Ctrl-C with one message, no trial and no process left", async () => {
    const file = strategyFile(busyAlgorithm(1000));
    let family: SeenProcess[] = [];
    const done = await home.run(["backtest", file, "--json"], {
      started: (child) => void interrupt(child).then((seen) => (family = seen)),
    });
    expect(done.code).toBe(1);
    expect(refusalOf(done)).toMatchObject({ code: "CANCELLED" });
    expect(await survivors(family)).toEqual([]);
    expect(existsSync(join(home.dataDir, "trials.jsonl"))).toBe(false);
  });
});

/** Ctrl-C as soon as a sandbox works; gives the processes that there were. */
async function interrupt(child: ChildProcess): Promise<SeenProcess[]> {
  const pid = child.pid ?? 0;
  await eventually(() => familyOf(pid).some(({ commandLine }) => commandLine.includes("--permission")));
  // The second sandbox is the spare, which is begun when the first one has its job.
  await eventually(
    () => familyOf(pid).filter(({ commandLine }) => commandLine.includes("--permission")).length > 1,
    5000,
  );
  const family = familyOf(pid);
  child.kill("SIGINT");
  return family;
}

describe("a tool call at the terminal", () => {
  it("that is interrupted stops waiting at once and names its run, which goes on until it is cancelled", async () => {
    const code = algorithm("    def on_data(self, data):\n        while True:\n            pass\n");
    const { strategyId } = await home.call("create_strategy", { name: "interrupted", code });
    let child: ChildProcess | undefined;
    const calling = home.run(["tools", "call", "run_backtest", JSON.stringify({ strategyId }), "--json"], {
      started: (started) => (child = started),
    });
    const runId = await running("interrupted");
    child?.kill("SIGINT");
    const done = await calling;
    expect(done.code).toBe(0);
    expect(done.json()).toMatchObject({ run: { runId, state: "running" } });
    expect(await home.call("cancel_run", { runId })).toMatchObject({ cancelled: true });
  });
});

describe("the command line", () => {
  it.each([
    [["nonsense"], /nonsense/],
    [[], /command/],
    [["serve", "--toolset", "all"], /--toolset/],
    [["cloud", "--port", "x"], /--port: expected number, "x" came/],
    [["trials", "--limit", "0"], /--limit/],
    [["status", "--profile", "x"], /--profile/],
    [["backtest"], /file/],
    [["login", "someone"], /quantconnect, upstream, broker, desk was expected, "someone" came/],
    [["install", "someone"], /someone/],
    [["upstream", "restart", "someone"], /someone/],
  ])("%j is a usage error: exit code 2 and one message", async (args, message) => {
    const refusal = refusalOf(await home.run([...args, "--json"]));
    expect(refusal.exit).toBe(2);
    expect(refusal.message + refusal.remedy).toMatch(message);
    const human = await home.run(args);
    expect(human).toMatchObject({ code: 2, out: "" });
    expect(human.err).not.toBe("");
  });

  it("that is asked a question on a closed standard input says what it expected", async () => {
    expect(refusalOf(await home.run(["login", "quantconnect", "--json"]))).toMatchObject({ exit: 2, code: "USAGE" });
  });

  it("says that the port of a cloud is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const token = join(home.folder, "token");
    const args = ["cloud", "--port", String(port), "--token-file", token, "--folder", join(home.folder, "alone")];
    const refusal = refusalOf(await home.run([...args, "--json"]));
    server.close();
    expect(refusal).toMatchObject({
      exit: 1,
      code: "PORT_UNAVAILABLE",
      message: expect.stringContaining(String(port)) as unknown,
    });
  });
});

describe("a data directory that cannot be used", () => {
  it("because its settings or its identity are corrupt is named, and both are left as they are", async () => {
    for (const [name, text, code] of [
      ["settings.json", '{"nodes": "many"}', "SETTINGS_CORRUPT"],
      ["settings.json", "{", "SETTINGS_CORRUPT"],
      ["desk.json", '{"id": 1}', "DATA_DIR_UNUSABLE"],
      ["vault.json", "{", "VAULT_UNREADABLE"],
    ] as const) {
      const folder = join(home.folder, `corrupt-${code}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, name), text);
      const refusal = refusalOf(await home.run(["up", "--data-dir", folder, "--json"]));
      expect(refusal).toMatchObject({ exit: 1, code });
      expect(refusal.message).toContain(name);
      expect(readFileSync(join(folder, name), "utf8")).toBe(text);
      rmSync(folder, { recursive: true });
    }
  });

  it("because the market data that its settings name are not there says so; without such a setting it has its own", async () => {
    const folder = join(home.folder, "fresh");
    mkdirSync(folder);
    writeFileSync(join(folder, "settings.json"), '{"vault":"file","dataFolder":"elsewhere"}');
    const at = ["--data-dir", folder, "--json"];
    expect(refusalOf(await home.run(["up", ...at]))).toMatchObject({
      exit: 1,
      code: "DATA_FOLDER_MISSING",
      message: expect.stringContaining(join(folder, "elsewhere")) as unknown,
    });
    writeFileSync(join(folder, "settings.json"), '{"vault":"file"}');
    const code = algorithm("").replaceAll('"SPY"', '"NOPE"');
    try {
      const made = await home.run(["tools", "call", "create_strategy", JSON.stringify({ name: "first", code }), ...at]);
      const { strategyId } = made.json();
      const tried = await home.run(["tools", "call", "run_backtest", JSON.stringify({ strategyId }), ...at]);
      expect(tried.json()).toMatchObject({ run: { state: "completed" }, status: "Runtime Error" });
      expect(tried.out).toMatch(/NOPE|nope/);
    } finally {
      await home.run(["down", ...at]);
    }
  });

  it("because a file is in its place, or it cannot be written, says so", async () => {
    const file = join(home.folder, "a-file");
    writeFileSync(file, "mine");
    expect(refusalOf(await home.run(["up", "--data-dir", file, "--json"]))).toMatchObject({
      exit: 1,
      code: "DATA_DIR_UNUSABLE",
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  const readOnly = mountFolder("ro,size=1m");
  it.skipIf(readOnly === undefined)(
    "because it is read-only says so (needs the right to mount, or not to be root)",
    async () => {
      using mounted = readOnly;
      for (const command of ["up", "status", "credentials"])
        expect(refusalOf(await home.run([command, "--data-dir", mounted?.folder ?? "", "--json"]))).toMatchObject({
          exit: 1,
          code: "DATA_DIR_UNUSABLE",
        });
    },
  );

  const small = mountFolder("size=200k");
  it.skipIf(small === undefined)(
    "because its disk is full says so and starts nothing (needs the right to mount)",
    async () => {
      using mounted = small;
      const folder = mounted?.folder ?? "";
      writeFileSync(join(folder, "settings.json"), '{"vault":"file"}');
      expect(refusalOf(await home.run(["up", "--data-dir", folder, "--json"]))).toMatchObject({
        exit: 1,
        code: "STORE_UNAVAILABLE",
        message: expect.stringContaining("full") as unknown,
      });
      expect(allProcesses().filter(({ commandLine }) => commandLine.includes(folder))).toEqual([]);
    },
  );

  const large = mountFolder("size=24m");
  it.skipIf(large === undefined)(
    "when its disk fills up while the desk runs: calls are refused, what was recorded stays, and work goes on when there is room (needs the right to mount)",
    async () => {
      using mounted = large;
      const folder = mounted?.folder ?? "";
      writeFileSync(join(folder, "settings.json"), '{"vault":"file"}');
      const at = ["--data-dir", folder, "--json"];
      try {
        expect(await home.run(["up", ...at])).toMatchObject({ code: 0 });
        expect(await home.run(["tools", "call", "create_strategy", '{"name":"before"}', ...at])).toMatchObject({
          code: 0,
        });
        fill(join(folder, "filler"));
        const refused: Finished[] = [];
        for (let tries = 0; tries < 12 && refused.length === 0; tries += 1) {
          const done = await home.run(["tools", "call", "create_strategy", `{"name":"full ${tries}"}`, ...at]);
          if (done.code !== 0) refused.push(done);
        }
        expect(refused.map((done) => refusalOf(done).message + refusalOf(done).code).join("")).toMatch(/full|FULL/);
        rmSync(join(folder, "filler"));
        expect(await home.run(["tools", "call", "create_strategy", '{"name":"after"}', ...at])).toMatchObject({
          code: 0,
        });
        expect((await home.run(["audit", "verify", ...at])).json()).toMatchObject({ ok: true });
      } finally {
        await home.run(["down", ...at]);
      }
    },
    60_000,
  );
});

/** Takes all the room that there is. */
function fill(file: string): void {
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${file}`, "bs=4k"], { stdio: "ignore" });
  } catch {
    chmodSync(file, 0o600);
  }
}
