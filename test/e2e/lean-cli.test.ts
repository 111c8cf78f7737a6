import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type E2eCloud, ORGANIZATION, startE2eCloud } from "../support/e2e-cloud.ts";
import { ROOT } from "../support/e2e-home.ts";

/** Where `QC_API=local` makes the lean CLI look. */
const PORT = 5612;
const LEAN = join(ROOT, ".cache", "python", "bin", "lean");

/** What the lean CLI would fetch at its start; one brokerage is all that these commands need. */
const MODULES = {
  modules: [
    {
      id: "QuantConnectBrokerage",
      "display-id": "Paper Trading",
      type: ["brokerage", "data-queue-handler"],
      platform: ["cloud"],
      configurations: [],
      "live-cash-balance-state": "optional",
      "live-holdings-state": "optional",
    },
  ],
};

const STRATEGY = `from AlgorithmImports import *


class Crossing(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2022, 1, 3)
        self.set_end_date(2022, 12, 30)
        self.set_cash(100000)
        self.symbol = self.add_equity("SPY", Resolution.DAILY).symbol
        self.fast = self.sma(self.symbol, int(self.get_parameter("fast") or 10))
        self.slow = self.sma(self.symbol, int(self.get_parameter("slow") or 30))

    def on_data(self, data):
        if self.slow.is_ready:
            self.set_holdings(self.symbol, 1 if self.fast.current.value > self.slow.current.value else 0)

    def on_command(self, data):
        self.log(f"heard {data.text}")
`;

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

const hasLean = existsSync(LEAN);
const isFree = hasLean && (await isPortFree(PORT));
const why = hasLean ? `needs port ${PORT}, which is in use` : "needs the lean CLI in .cache/python, as CI makes it";

describe.skipIf(!isFree)(`the lean CLI against \`quantwright cloud\`${isFree ? "" : ` (${why})`}`, () => {
  let cloud: E2eCloud;
  let workspace: string;
  const lean = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: cloud.folder, QC_API: "local", COLUMNS: "200" };
    const run = promisify(execFile)(LEAN, args, { cwd: workspace, env, timeout: 100_000 });
    // It tells its errors on standard output.
    const { stdout } = await run.catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
    });
    return stdout;
  };

  beforeAll(async () => {
    const packages = join(ROOT, ".cache", "python", "lib");
    const [version = ""] = readdirSync(packages);
    writeFileSync(join(packages, version, "site-packages", "lean", "modules-1.14.json"), JSON.stringify(MODULES));
    cloud = await startE2eCloud({ port: PORT });
    workspace = join(cloud.folder, "workspace");
    mkdirSync(join(workspace, "data"), { recursive: true });
    const config = { "data-folder": "data", "organization-id": ORGANIZATION };
    writeFileSync(join(workspace, "lean.json"), JSON.stringify(config));
    // It has looked for news just now: it shall ask no other host.
    const now = Date.now() / 1000;
    const looked = { "last-update-check-cli": now, "last-update-check-announcements": now };
    mkdirSync(join(cloud.folder, ".lean"));
    writeFileSync(join(cloud.folder, ".lean", "cache"), JSON.stringify(looked));
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("logs in with the token, and is told of a wrong one", async () => {
    await expect(lean("login", "-u", "1", "-t", "wrong")).rejects.toThrow(/Credentials are invalid/);
    expect(await lean("login", "-u", "1", "-t", cloud.token)).toContain("Successfully logged in");
    expect(await lean("whoami")).toContain("logged in as Owner");
  });

  it("creates a project, pushes it, and pulls it again", async () => {
    await lean("project-create", "--language", "python", "Crossing");
    writeFileSync(join(workspace, "Crossing", "main.py"), STRATEGY);
    expect(await lean("cloud", "push", "--project", "Crossing")).toContain("Successfully updated");
    rmSync(join(workspace, "Crossing", "main.py"));
    await lean("cloud", "pull", "--project", "Crossing");
    expect(readFileSync(join(workspace, "Crossing", "main.py"), "utf8")).toBe(STRATEGY);
  }, 120_000);

  it("backtests in the cloud with parameters and shows LEAN's statistics", async () => {
    const out = await lean("cloud", "backtest", "Crossing", "--name", "from the CLI", "--parameter", "fast", "5");
    expect(out).toContain("Backtest name: from the CLI");
    expect(out).toMatch(/Total Orders\s+│ [1-9]\d*/);
    expect(out).toMatch(/Sharpe Ratio\s+│ -?\d/);
  }, 120_000);

  it("optimises two by three points", async () => {
    const goal = ["--target", "Sharpe Ratio", "--target-direction", "max"];
    const grid = ["--parameter", "fast", "5", "10", "5", "--parameter", "slow", "20", "40", "10"];
    const nodes = ["--node", "O2-8", "--parallel-nodes", "2"];
    const out = await lean("cloud", "optimize", "Crossing", ...goal, ...grid, ...nodes);
    expect(out).toContain("Optimal backtest results");
    expect(out).toMatch(/slow: (20|30|40)/);
  }, 120_000);

  it("deploys on paper, reads the status, sends a command, and stops", async () => {
    const place = ["--brokerage", "Paper Trading", "--data-provider-live", "Paper Trading"];
    const node = ["--node", "Local live node 1", "--auto-restart", "no"];
    const notices = ["--notify-order-events", "no", "--notify-insights", "no"];
    const account = ["--live-cash-balance", "USD:50000", "--live-holdings", ""];
    const out = await lean("cloud", "live", "deploy", "Crossing", ...place, ...node, ...notices, ...account);
    expect(out).toContain("Live url:");
    await expect
      .poll(() => lean("cloud", "status", "Crossing"), { timeout: 60_000, interval: 1000 })
      .toMatch(/Live status: Running/);
    expect(await lean("cloud", "live", "command", "Crossing", "--data", '{"text":"hello"}')).toContain("successfully");
    expect(await lean("cloud", "live", "stop", "Crossing")).toContain("successfully");
    expect(await lean("cloud", "status", "Crossing")).toContain("Live status: Stopped");
  }, 120_000);

  it("sets, lists, gets and deletes objects", async () => {
    writeFileSync(join(workspace, "weights.txt"), "0.25");
    await lean("cloud", "object-store", "set", "models/weights.txt", join(workspace, "weights.txt"));
    expect(await lean("cloud", "object-store", "list", "/models")).toContain("weights.txt");
    expect(await lean("cloud", "object-store", "properties", "models/weights.txt")).toContain("0.25");
    await lean("cloud", "object-store", "get", "models/weights.txt");
    await lean("cloud", "object-store", "delete", "models/weights.txt");
    expect(await lean("cloud", "object-store", "list", "/")).not.toContain("models");
  }, 120_000);
});
