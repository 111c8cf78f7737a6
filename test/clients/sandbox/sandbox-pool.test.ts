import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openTestPool, runOnce, TEST_CACHE } from "../../support/sandbox-pool.ts";

const open = new Set<number>();
const pool = openTestPool({
  concurrency: 1,
  registerProcess: ({ pid }) => {
    open.add(pid);
    return () => open.delete(pid);
  },
});
afterAll(() => pool[Symbol.asyncDispose]());

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const HEAD = "from AlgorithmImports import *\n\n\nclass Probe(QCAlgorithm):\n    def initialize(self):\n";

describe("a backtest that goes wrong ends with one clear error", () => {
  it("when it never ends", async () => {
    const result = await pool.backtest({ files: runOnce("while True: pass"), limits: { wallSeconds: 1 } });
    expect(result).toMatchObject({ status: "RuntimeError", error: { code: "TIME_LIMIT", phase: "limit" } });
    expect(result.error?.message).toContain("1 s");
  });

  it("when it needs more memory than it may, whatever it catches", async () => {
    const grab = "kept = []\nwhile True:\n    kept.append(bytearray(1 << 20))";
    const result = await pool.backtest({ files: runOnce(grab), limits: { memoryMib: 96 } });
    expect(result).toMatchObject({ status: "RuntimeError", error: { code: "MEMORY_LIMIT" } });
  });

  it.each(["import os\nos._exit(3)", "import os\nos.abort()", "x = []\nfor _ in range(10**6): x = [x]\nrepr(x)"])(
    "when it ends the interpreter: %j",
    async (code) => {
      const result = await pool.backtest({ files: runOnce(code) });
      expect(result).toMatchObject({ status: "RuntimeError", error: { code: "SANDBOX_CRASHED" } });
      expect(result.error?.remedy).toMatch(/os\._exit/);
    },
  );

  it("when it raises: with file, line and source of the user's own frames only", async () => {
    const main = `${HEAD}        import helper\n        helper.fail(0)\n`;
    const helper = "def fail(n):\n    return 1 / n\n";
    const { error } = await pool.backtest({ files: { "main.py": main, "helper.py": helper } });
    expect(error).toMatchObject({ phase: "initialize", code: "ALGORITHM_ERROR" });
    expect(error?.message).toBe("ZeroDivisionError: division by zero (helper.py, line 2, in fail)");
    expect(error?.stackTrace).toMatch(/File "main\.py", line 7, in initialize\n\s+helper\.fail\(0\)/);
    expect(error?.stackTrace).not.toMatch(/quantwright|AlgorithmImports/);
  });

  it("when it calls sys.exit", async () => {
    const { error } = await pool.backtest({ files: runOnce("import sys\nsys.exit(1)") });
    expect(error?.code).toBe("ALGORITHM_ERROR");
    expect(error?.message).toContain("SystemExit: 1");
  });

  it("when it is no Python, has no algorithm, or imports what is not there", async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ["def (:\n", "ALGORITHM_ERROR", /SyntaxError: invalid syntax \(main\.py, line 1\)/],
      ["x = 1\n", "NO_ALGORITHM", /main\.py must define exactly one class/],
      ["import numpy\n", "ALGORITHM_ERROR", /numpy/],
    ];
    for (const [main, code, message] of cases) {
      const { error, status } = await pool.backtest({ files: { "main.py": main } });
      expect({ status, ...error }).toMatchObject({ status: "RuntimeError", phase: "load", code });
      expect(error?.message).toMatch(message);
    }
    const { error } = await pool.backtest({ files: { "../../x.py": "", "main.py": "" } });
    expect(error?.code).toBe("PATH_REFUSED");
  });

  it("when it is cancelled, also while it waits for its turn", async () => {
    const running = new AbortController();
    const waiting = new AbortController();
    const endless = { files: runOnce("while True: pass") };
    const results = [
      pool.backtest(endless, { signal: running.signal }),
      pool.backtest(endless, { signal: waiting.signal }),
    ];
    waiting.abort();
    expect(await results[1]).toMatchObject({ status: "Stopped" });
    running.abort();
    expect(await results[0]).toMatchObject({ status: "Stopped" });
  });

  it("when its process is killed from outside; the next one runs", async () => {
    let ended = false;
    const endless = pool.backtest({ files: runOnce("while True: pass") }).finally(() => {
      ended = true;
    });
    await expect
      .poll(
        () => {
          for (const pid of open) process.kill(-pid, "SIGKILL");
          return ended;
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBe(true);
    expect(await endless).toMatchObject({ status: "RuntimeError", error: { code: "SANDBOX_CRASHED" } });
    expect((await pool.backtest({ files: runOnce("pass") })).error).toBeUndefined();
  });
});

describe("a backtest", () => {
  it("keeps what Python prints out of the protocol and in the log, bounded", async () => {
    const code = "print('printed')\nfor n in range(30000): self.log('x' * 5000)";
    const result = await pool.backtest({ files: runOnce(code) });
    expect(result.error).toBeUndefined();
    expect(result.logs[0]).toMatch(/ printed$/);
    expect(result.logs).toHaveLength(10_000);
    expect(Math.max(...result.logs.map((line) => line.length))).toBeLessThan(2100);
    expect(result.warnings.filter(({ code }) => code === "LOG_LIMIT")).toHaveLength(1);
  });

  it("sees the algorithm's time, fixed hashes and fixed randomness, so that every run is the same", async () => {
    const code = "import time\nself.log(f'{datetime.now()} {int(time.time())} {hash(\"SPY\")} {random.random()}')";
    const runs = [await pool.backtest({ files: runOnce(code) }), await pool.backtest({ files: runOnce(code) })];
    expect(runs[0]?.logs[0]).toMatch(/2014-01-02 05:00:00 1388638800 /);
    expect(runs[0]?.logs).toEqual(runs[1]?.logs);
  });

  it("knows nothing of the machine's paths", async () => {
    const code = "import os, sys\nself.log(f'{dict(os.environ)} {sys.argv} {sys.executable} {sys.path}')";
    const result = await pool.backtest({ files: runOnce(code) });
    expect(JSON.stringify(result)).not.toContain(process.cwd());
  });
});

describe("the pool", () => {
  it("leaves no process behind", async () => {
    const own = new Set<number>();
    const released: number[] = [];
    {
      await using short = openTestPool({
        registerProcess: ({ pid }) => {
          own.add(pid);
          return () => released.push(pid);
        },
      });
      await short.backtest({ files: runOnce("pass") });
    }
    expect(own.size).toBeGreaterThan(0);
    expect([...own].filter(isRunning)).toEqual([]);
    expect(new Set(released)).toEqual(own);
  });

  it("ends at once, also while its first snapshot is being made", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-cache-"));
    const own = new Set<number>();
    const registerProcess = ({ pid }: { readonly pid: number }): void => void own.add(pid);
    const short = openTestPool({ cacheFolder: folder, registerProcess });
    const refused = short.compile({}).catch((error: unknown) => error);
    await expect.poll(() => own.size).toBe(1);
    await short[Symbol.asyncDispose]();
    expect(await refused).toMatchObject({ refusal: { code: "SANDBOX_CLOSED" } });
    expect([...own].filter(isRunning)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes one snapshot, also when two pools begin at once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-cache-"));
    const said: string[] = [];
    const options = { cacheFolder: folder, log: (message: string) => void said.push(message) };
    {
      await using one = openTestPool(options);
      await using two = openTestPool(options);
      const reports = await Promise.all([one, two].map((each) => each.compile({ "main.py": "x = (" })));
      expect(reports.map(({ ok }) => ok)).toEqual([false, false]);
    }
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^pyodide-\w+\.snapshot$/)]);
    expect(said).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("starts without a snapshot that is damaged, and takes it away", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-cache-"));
    // Under the names that good ones have, the current one among them.
    for (const name of readdirSync(TEST_CACHE)) writeFileSync(join(folder, name), "damaged");
    const before = readdirSync(folder).length;
    const said: string[] = [];
    {
      await using damaged = openTestPool({ cacheFolder: folder, log: (message) => void said.push(message) });
      expect(await damaged.compile({ "main.py": "x = (" })).toMatchObject({ ok: false });
    }
    expect(said).toEqual([expect.stringContaining("without a memory snapshot")]);
    expect(readdirSync(folder)).toHaveLength(before - 1);
    rmSync(folder, { recursive: true, force: true });
  });

  it("refuses a data folder that is not there", async () => {
    await using wrong = openTestPool({ dataFolders: [join(tmpdir(), "no-such-folder")] });
    await expect(wrong.compile({})).rejects.toMatchObject({ refusal: { code: "DATA_FOLDER_MISSING" } });
  });
});
