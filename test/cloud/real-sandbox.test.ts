import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxPool, type SandboxPool } from "../../src/clients/sandbox/sandbox-pool.ts";
import {
  type Answer,
  type CloudUnderTest,
  ORGANIZATION_ID,
  startCloud,
  temporaryFolder,
} from "./support/cloud-under-test.ts";

const LEAN_DATA = fileURLToPath(new URL("../../../shared/lean/data", import.meta.url));

const BUY_AND_HOLD = `from AlgorithmImports import *


class BuyAndHold(QCAlgorithm):

    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 11)
        self.set_cash(100000)
        self.add_equity("SPY", Resolution.MINUTE)

    def on_data(self, data):
        if not self.portfolio.invested:
            self.set_holdings("SPY", 1)
`;

const COUNT_RUNS = `from AlgorithmImports import *


class CountRuns(QCAlgorithm):

    def initialize(self):
        self.set_start_date(2013, 10, 7)
        self.set_end_date(2013, 10, 8)
        store = self.object_store
        before = store.read("runs/count") if store.contains_key("runs/count") else "none"
        self.log(f"before this run: {before}")
        store.save("runs/count", "1" if before == "none" else str(int(before) + 1))
`;

describe("the cloud with real sandboxes", () => {
  const cacheFolder = temporaryFolder();
  let pool: SandboxPool;
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    const dataFolders = existsSync(LEAN_DATA) ? [LEAN_DATA] : [];
    pool = createSandboxPool({
      dataFolders,
      cacheFolder,
      nodePath: process.execPath,
      concurrency: 1,
      log: () => undefined,
    });
    cloud = await startCloud({ jobs: pool });
  });
  afterAll(async () => {
    await cloud[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    rmSync(cacheFolder, { recursive: true, force: true });
  });

  const finished = async (projectId: number): Promise<Answer> => {
    const backtestId = await cloud.backtest(projectId);
    const done = ({ backtest }: Answer): boolean => (backtest as { completed: boolean }).completed;
    return cloud.until("/backtests/read", { projectId, backtestId }, done);
  };

  it("finds a syntax error with its line", async () => {
    const projectId = await cloud.project("import math\nx = (\n");
    const compileId = await cloud.compile(projectId);
    const read = await cloud.call("/compile/read", { projectId, compileId });
    expect(read).toMatchObject({ success: true, state: "BuildError" });
    expect(read["logs"]).toContainEqual(expect.stringMatching(/^main\.py:2:5: error SYNTAX_ERROR/));
  });

  it("keeps what an algorithm raised and where", async () => {
    const projectId = await cloud.project(BUY_AND_HOLD.replace("self.set_cash(100000)", "self.set_cash(1 / 0)"));
    expect(await finished(projectId)).toMatchObject({
      backtest: { status: "Runtime Error", hasInitializeError: true },
    });
  });

  it("keeps what an algorithm saves in the object store for the next backtest and for the API", async () => {
    const projectId = await cloud.project(COUNT_RUNS);
    const logs: unknown[] = [];
    for (let run = 0; run < 2; run += 1) {
      const { backtest } = (await finished(projectId)) as unknown as { backtest: { backtestId: string } };
      const { backtestId } = backtest;
      logs.push(
        (await cloud.call("/backtests/read/log", { projectId, backtestId, start: 0, end: 50, query: "run:" }))["logs"],
      );
    }
    expect(logs).toEqual([[expect.stringMatching(/run: none$/)], [expect.stringMatching(/run: 1$/)]]);
    const organizationId = ORGANIZATION_ID;
    expect(await cloud.call("/object/list", { organizationId, path: "runs" })).toMatchObject({
      objects: [{ key: "runs/count", size: 1, folder: false }],
    });
    expect(await cloud.call("/object/properties", { organizationId, key: "runs/count" })).toMatchObject({
      metadata: { preview: "2" },
    });
  });

  it.skipIf(!existsSync(LEAN_DATA))(
    "gives LEAN's orders and statistics (skipped without ../shared/lean/data)",
    async () => {
      const answer = await finished(await cloud.project(BUY_AND_HOLD));
      expect(answer).toMatchObject({
        backtest: {
          status: "Completed.",
          tradeableDates: 5,
          statistics: { "Total Orders": "1", "Sharpe Ratio": "8.854", "Net Profit": "1.692%", "Total Fees": "$3.44" },
          quantwright: { dataPoints: 3943, orderListHash: "3da9fa60bf95b9ed148b95e02e0cfc9e", synthetic: false },
        },
      });
    },
  );
});
