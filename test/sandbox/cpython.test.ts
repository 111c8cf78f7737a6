import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { BacktestResult } from "../../src/lean/backtest-result.ts";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { hasSharedLean, leanTarget, SHARED_DATA, SHARED_LEAN } from "../support/lean-targets.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool, runOnce } from "../support/sandbox-pool.ts";
import { testPython } from "../support/test-python.ts";
import { LiveDeployment, utc } from "./live-deployment.ts";

const python = testPython();
const data = writeSyntheticData();
const running = new Set<number>();
const pool = openTestPool({
  dataFolders: [data],
  trustedPython: { path: python, environment: { PATH: "/usr/bin:/bin" } },
  liveLimits: { messageSeconds: 10, startSeconds: 60 },
  registerProcess: ({ pid }) => {
    running.add(pid);
    return () => running.delete(pid);
  },
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

const TRUSTED = { isTrusted: true } as const;

function trusted(body: string, limits: { readonly wallSeconds?: number } = {}): Promise<BacktestResult> {
  return pool.backtest({ files: runOnce(body), limits }, TRUSTED);
}

/** What does not depend on which Python ran it. */
function comparable(result: BacktestResult): object {
  return { ...result, engine: { ...result.engine, executor: undefined } };
}

/** An algorithm on the synthetic prices with a body for `initialize` and one for `on_data`. */
function algorithm(initialize: string, onData: string): Record<string, string> {
  const lines = (text: string): string => text.trim().replaceAll(/^/gm, "        ");
  return {
    "main.py": `from AlgorithmImports import *


class Probe(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 11)
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.ibm = self.add_equity("IBM", Resolution.MINUTE).symbol
${lines(initialize)}

    def on_data(self, data):
${lines(onData)}
`,
  };
}

function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

describe.skipIf(python === undefined || !hasSharedLean)(
  "LEAN's published results (skipped without ../shared/lean or a Python in .cache/python)",
  () => {
    const lean = openTestPool({
      dataFolders: hasSharedLean ? [SHARED_DATA] : [],
      trustedPython: { path: python, environment: {} },
    });
    afterAll(() => lean[Symbol.asyncDispose]());
    const own = join(SHARED_LEAN, "own");
    const files = hasSharedLean
      ? Object.fromEntries(
          readdirSync(own)
            .filter((name) => name.endsWith(".py"))
            .map((name) => [name, readFileSync(join(own, name), "utf8")]),
        )
      : {};
    const entries = JSON.parse(hasSharedLean ? readFileSync(join(SHARED_LEAN, "targets.json"), "utf8") : "{}") as {
      readonly targets?: readonly { readonly name: string; readonly file: string }[];
    };

    it.each([
      "BasicTemplateAlgorithm",
      "BasicTemplateFrameworkAlgorithm",
      "ClassicRenkoConsolidatorAlgorithm",
      "DelistingEventsAlgorithm",
      "LimitFillRegressionAlgorithm",
      "OrderTicketDemoAlgorithm",
      "ParameterizedAlgorithm",
    ])("are those of %s in CPython too, and the whole result is the sandbox's", async (name) => {
      const target = leanTarget(name);
      const entry = entries.targets?.find((one) => one.name === name)?.file.replace("own/", "") ?? "";
      const job = { files, entry, parameters: { "ema-fast": "10", "ema-slow": "20", ...target.parameters } };
      const result = await lean.backtest(job, TRUSTED);
      expect(result.error).toBeUndefined();
      expect(result.engine.executor).toMatch(/^cpython 3\.\d+\.\d+$/);
      const { OrderListHash: hash, ...statistics } = target.expectedStatistics;
      expect(result.orderListHash).toBe(hash);
      expect(result.statistics).toMatchObject(statistics);
      const inSandbox = await lean.backtest(job);
      expect(inSandbox.engine.executor).toBeUndefined();
      expect(comparable(result)).toEqual(comparable(inSandbox));
    });
  },
);

describe.skipIf(python === undefined)("a trusted project (skipped without a Python in .cache/python)", () => {
  it("runs in CPython with the result that it has in the sandbox", async () => {
    const text = readFileSync(new URL("../../examples/strategies/sma_cross.py", import.meta.url), "utf8");
    const parameters = { "qw-start": "2013-01-02", "qw-end": "2013-12-31", fast: "3", slow: "8" };
    const job = { files: { "main.py": text }, parameters };
    const [ours, sandboxed] = [await pool.backtest(job, TRUSTED), await pool.backtest(job)];
    expect(ours.status).toBe("Completed");
    expect(ours.engine.executor).toMatch(/^cpython 3\./);
    expect(ours.orders.length).toBeGreaterThan(0);
    expect(comparable(ours)).toEqual(comparable(sandboxed));
  });

  it("does with orders, indicators, consolidators, schedules and events what the sandbox does", async () => {
    const files = algorithm(
      `
self.fast = self.ema(self.spy, 5)
self.renko = 0
self.consolidate(self.ibm, timedelta(minutes=30), self.half_hour)
self.schedule.on(self.date_rules.every_day(self.spy), self.time_rules.after_market_open(self.spy, 60), lambda: self.log("an hour"))
self.set_benchmark(lambda at: at.minute)
self.names = {"one", "two", "three"}`,
      `
if not self.portfolio.invested:
    self.set_holdings([PortfolioTarget(self.spy, 0.4), PortfolioTarget(self.ibm, -0.2)])
    self.limit_order(self.spy, -5, round(data[self.spy].close * 1.001, 2), tag="take")
    self.log(f"{random.random()} {math.nan} {self.time} {sorted(self.names)}")
self.plot("Mine", "fast", self.fast.current.value)`,
    );
    const more = `
    def half_hour(self, bar):
        self.log(f"{bar.end_time} {bar.close} {self.portfolio[self.spy].quantity}")

    def on_order_event(self, order_event):
        self.log(str(order_event))
`;
    files["main.py"] += more;
    const [ours, sandboxed] = [await pool.backtest({ files }, TRUSTED), await pool.backtest({ files })];
    expect(ours.error).toBeUndefined();
    expect(ours.fills.length).toBeGreaterThan(2);
    expect(ours.logs.length).toBeGreaterThan(20);
    expect(comparable(ours)).toEqual(comparable(sandboxed));
  });

  it("gets history as a real DataFrame by symbol and time, with the sandbox's values", async () => {
    const at = `if self.time.hour == 11 and self.time.minute == 0 and self.time.day == 8:`;
    const show = `    for key, row in frame.iterrows(): self.log(f"{key[0]} {key[1]} {row.open} {row.high} {row.low} {row.close} {row.volume:.0f}")`;
    const frame = `    frame = self.history([self.spy, self.ibm], 5, Resolution.MINUTE)`;
    const plain = algorithm("pass", [at, frame, show].join("\n"));
    const [ours, sandboxed] = [await pool.backtest({ files: plain }, TRUSTED), await pool.backtest({ files: plain })];
    expect(ours.error).toBeUndefined();
    expect(ours.logs.length).toBeGreaterThan(5);
    expect(ours.logs).toEqual(sandboxed.logs);
    const checks = `
    assert type(frame) is pd.DataFrame
    assert frame.index.names == ["symbol", "time"] and list(frame.columns) == ["close", "high", "low", "open", "volume"]
    assert str(frame.index.levels[1].dtype) == "datetime64[ns]" and set(map(str, frame.dtypes)) == {"float64"}
    closes = frame["close"].unstack(level=0)
    assert list(closes.columns) == [self.ibm, self.spy]
    assert list(frame.loc["SPY"].close) == list(closes[self.spy].dropna()) and frame.loc[self.spy].index[-1] == self.time
    assert self.history(self.spy, timedelta(0), Resolution.MINUTE).empty
    self.log("checked")`;
    const real = await pool.backtest({ files: algorithm("pass", [at, frame, checks].join("\n")) }, TRUSTED);
    expect(real.error).toBeUndefined();
    expect(real.logs.join()).toContain("checked");
  });

  it("has numpy and pandas, and the engine takes numpy's numbers", async () => {
    const { error, orders } = await pool.backtest(
      {
        files: algorithm(
          "assert np.fft.fft([1, 0])[0] == 1 and pd.Series([1, 2]).mean() == 1.5\nself.done = False",
          `
if not self.done:
    self.done = True
    self.market_order(self.spy, np.int64(7))
    self.market_order(self.ibm, int(np.float64(3)))
    self.plot("Mine", "mean", np.mean([1.0, 2.0]))`,
        ),
      },
      TRUSTED,
    );
    expect(error).toBeUndefined();
    expect(orders.map(({ quantity }) => quantity)).toEqual([7, 3]);
  });

  it("compiles with what its interpreter can import, and with nothing else", async () => {
    const head = "from AlgorithmImports import *\nimport numpy, socket\nimport pandas as pd\n";
    const body =
      "\n\nclass A(QCAlgorithm):\n    def initialize(self):\n        x = numpy.linalg.inv(pd.DataFrame([[1]]))\n";
    const tables = "        self.history(['SPY'], 3).groupby('symbol').mean()\n        np.fft.fft(x)\n";
    expect(await pool.compile({ "main.py": head + body + tables }, TRUSTED)).toEqual({ ok: true, diagnostics: [] });
    const { ok, diagnostics } = await pool.compile({ "main.py": `import no_such_package\n${head}${body}` }, TRUSTED);
    expect(ok).toBe(false);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ code: "UNSUPPORTED_IMPORT", line: 1 });
    expect(diagnostics[0]?.remedy).toMatch(/--python/);
    const inSandbox = await pool.compile({ "main.py": head + body });
    expect(inSandbox.ok).toBe(false);
    expect(inSandbox.diagnostics[0]?.remedy).toMatch(/quantwright backtest FILE --trust/);
  });

  it("keeps prints, also of the process itself, out of the protocol", async () => {
    const result = await trusted(
      "import os, sys\nprint('one\\ntwo')\nprint('half', end='')\nprint()\nprint('wrong', file=sys.stderr)\nos.write(1, b'raw')\nos.system('echo shell')",
    );
    expect(result.error).toBeUndefined();
    expect(result.logs.map((line) => line.split(" ").at(-1))).toEqual(["one", "two", "half", "wrong"]);
  });

  it("hands not-a-number and large texts over in both directions", async () => {
    const { error, logs } = await trusted(
      `
text = "ä€😀" * 100_000
self.object_store.save("large", text)
assert self.object_store.read("large") == text
self.plot("Mine", "infinite", float("inf"))
self.debug("\\ud800")
try:
    self.market_order("SPY", float("nan"))
except ValueError as error:
    self.log(f"refused {type(error).__name__}")
`.trim(),
    );
    expect(error).toBeUndefined();
    expect(logs.join("\n")).toMatch(/refused ValueError/);
  });
});

describe.skipIf(python === undefined)("a trusted project that goes wrong (skipped without a Python)", () => {
  it("raises: with file, line and source of the user's own frames only", async () => {
    const main = runOnce("import helper\nhelper.fail(0)")["main.py"] ?? "";
    const { error } = await pool.backtest(
      { files: { "main.py": main, "helper.py": "def fail(n):\n    return 1 / n\n" } },
      TRUSTED,
    );
    expect(error).toMatchObject({
      phase: "initialize",
      code: "ALGORITHM_ERROR",
      message: "ZeroDivisionError: division by zero (helper.py, line 2, in fail)",
    });
    expect(error?.stackTrace).toMatch(/File "main\.py", line 8, in initialize\n\s+helper\.fail\(0\)/);
    expect(error?.stackTrace).not.toMatch(/quantwright|AlgorithmImports|\/tmp/);
  });

  it.each([
    ["raise SystemExit(1)", "ALGORITHM_ERROR", /SystemExit: 1/],
    ["self.market_order('SPY', 'x')", "ALGORITHM_ERROR", /./],
    ["def deep(n): return deep(n + 1)\ndeep(0)", "ALGORITHM_ERROR", /RecursionError/],
    ["import os\nos._exit(3)", "SANDBOX_CRASHED", /Python interpreter ended/],
    ["import os\nos.abort()", "SANDBOX_CRASHED", /Python interpreter ended/],
    ["import os\nos.kill(os.getpid(), 9)", "SANDBOX_CRASHED", /Python interpreter ended/],
  ])("ends with one clear error: %j", async (code, expected, message) => {
    const result = await trusted(code);
    expect(result).toMatchObject({ status: "RuntimeError", error: { code: expected } });
    expect(result.error?.message).toMatch(message);
  });

  it("passes its own exception through the engine and back, and hears the engine's refusals", async () => {
    const own = await pool.backtest(
      {
        files: algorithm(
          "self.schedule.on(self.date_rules.every_day(), self.time_rules.at(11, 0), lambda: {}['mine'])",
          "pass",
        ),
      },
      TRUSTED,
    );
    expect(own.error?.message).toMatch(/^KeyError: 'mine' \(main\.py, line \d+, in <lambda>\)$/);
    const code = "try:\n    self.set_warm_up(-1)\nexcept ValueError as error:\n    self.log(f'refused: {error}')";
    const [refused, sandboxed] = [await trusted(code), await pool.backtest({ files: runOnce(code) })];
    expect(refused.error).toBeUndefined();
    expect(refused.logs).toEqual(sandboxed.logs);
    expect(refused.logs.join()).toMatch(/refused: /);
  });

  it("cannot ask the engine from another thread, nor from a copy of its process", async () => {
    const { error, logs } = await trusted(
      `
import os, threading
def ask():
    try:
        self.get_parameter("x")
    except RuntimeError as error:
        print("refused", error)
thread = threading.Thread(target=ask)
thread.start()
thread.join()
child = os.fork()
if child == 0:
    try:
        ask()
        print("never heard")
    finally:
        os._exit(0)
os.waitpid(child, 0)
`.trim(),
    );
    expect(error).toBeUndefined();
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatch(/refused the engine can only be asked by the thread that runs the algorithm/);
  });

  it("is ended with its engine and its own children, and its files go", async () => {
    const before = new Set(readdirSync(tmpdir()));
    const folder = mkdtempSync(join(tmpdir(), "cpython-test-"));
    const code = `
import os, subprocess, time
child = subprocess.Popen(["sleep", "1000"])
open("${folder}/pids", "w").write(f"{os.getpid()} {child.pid} " + os.popen("ps -o pid= --ppid %d" % os.getpid()).read())
while True: time.sleep(1)`.trim();
    const result = await trusted(code, { wallSeconds: 4 });
    expect(result.error).toMatchObject({ code: "TIME_LIMIT", phase: "limit" });
    const pids = readFileSync(join(folder, "pids"), "utf8").trim().split(/\s+/).map(Number);
    // Python, the user's child, the engine, and `ps` itself.
    expect(pids.length).toBeGreaterThanOrEqual(4);
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(
      readdirSync(tmpdir()).filter((name) => name.startsWith("quantwright-project-") && !before.has(name)),
    ).toEqual([]);
    expect([...running].filter((pid) => pids.includes(pid))).toEqual([]);
  });
});

describe("the Python of trusted projects", () => {
  it.each(["/no/such/python", "/bin/false"])("is refused where it cannot be used: %s", async (path) => {
    await using other = openTestPool({ trustedPython: { path, environment: {} } });
    const result = await other.backtest({ files: runOnce("pass") }, TRUSTED);
    expect(result).toMatchObject({ status: "RuntimeError", error: { code: "PYTHON_UNUSABLE" } });
    expect(result.error?.message).toContain(path);
    expect(result.error?.remedy).toMatch(/--python/);
    await expect(other.compile(runOnce("pass"), TRUSTED)).rejects.toMatchObject({
      refusal: { code: "PYTHON_UNUSABLE" },
    });
  });
});

describe.skipIf(python === undefined)("a trusted live algorithm (skipped without a Python)", () => {
  it("trades on its broker as the sandbox's does", async () => {
    const files = {
      "main.py": `from AlgorithmImports import *


class Probe(QCAlgorithm):
    def initialize(self):
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.bars = 0

    def on_data(self, data):
        self.bars += 1
        if self.bars % 100 == 1:
            self.market_order(self.spy, 5 if self.bars % 200 == 1 else -3)

    def on_command(self, data):
        self.log(f"heard {data.text}")
`,
    };
    const deploy = async (isTrusted: boolean): Promise<LiveDeployment> => {
      const deployment = new LiveDeployment({
        pool: { live: (job, handlers) => pool.live(job, handlers, { isTrusted }) },
        data: openDataFolder([data]),
        startUtc: utc("2013-10-07T04:00:00Z"),
        endUtc: utc("2013-10-09T03:59:59Z"),
        files,
      });
      await deployment.start();
      await deployment.session.advance(utc("2013-10-08T20:00:00Z"));
      return deployment;
    };
    const [ours, sandboxed] = [await deploy(true), await deploy(false)];
    expect(ours.fills().length).toBeGreaterThan(3);
    expect(ours.fills()).toEqual(sandboxed.fills());
    await ours.session.command("1", { text: "hello" });
    expect(ours.logs.join("\n")).toContain("heard hello");
    for (const { session } of [ours, sandboxed]) await session.kill();
  });
});
