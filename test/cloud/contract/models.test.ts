import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";
import { HAS_MODELS, modelIssues, STRICT_CLIENT } from "../support/strict-models.ts";

describe.skipIf(!HAS_MODELS)(
  "answers as QuantConnect's own strict client checks them (skipped without ../shared/quantconnect/models.json)",
  () => {
    let cloud: CloudUnderTest;
    let projectId = 0;
    let compileId = "";
    let backtestId = "";
    beforeAll(async () => {
      cloud = await startCloud();
      projectId = await cloud.project();
      compileId = await cloud.compile(projectId);
      backtestId = await cloud.backtest(projectId, { a: 0, b: 0.5, c: "foo" });
      const done = ({ backtest }: Answer): boolean => (backtest as { completed: boolean }).completed;
      await cloud.until("/backtests/read", { projectId, backtestId }, done);
    });
    afterAll(() => cloud[Symbol.asyncDispose]());

    const validate = async (model: string, path: string, body: Record<string, unknown>): Promise<unknown> => {
      const answer = await cloud.call(path, body, STRICT_CLIENT);
      expect(answer.success).toBe(true);
      return modelIssues(model, answer);
    };

    it("finds a value that would break that client", async () => {
      const wrong = { success: true, backtest: { status: "In Progress...", statistics: [] } };
      expect(await modelIssues("BacktestResponse", wrong)).not.toEqual([]);
    });

    it.each([
      ["AccountResponse", "/account/read", {}],
      ["ProjectListResponse", "/projects/read", {}],
      ["ProjectListResponse", "/projects/create", { name: "Model", language: "C#" }],
      ["LeanVersionsResponse", "/lean/versions/read", {}],
    ])("fits %s: %s", async (model, path, body) => {
      expect(await validate(model, path, body)).toEqual([]);
    });

    it.each([
      ["ProjectNodesResponse", "/projects/nodes/read", {}],
      ["ProjectFilesResponse", "/files/read", {}],
      ["ProjectFilesResponse", "/files/create", { name: "new.py" }],
      ["CreateCompileResponse", "/compile/create", {}],
      ["BacktestSummaryResponse", "/backtests/list", { includeStatistics: true }],
    ])("fits %s: %s of a project", async (model, path, body) => {
      expect(await validate(model, path, { projectId, ...body })).toEqual([]);
    });

    it.each([
      ["ReadCompileResponse", "/compile/read", {}],
      ["BacktestResponse", "/backtests/create", { backtestName: "n" }],
      ["BacktestResponse", "/backtests/read", {}],
      [
        "ReadChartResponse",
        "/backtests/chart/read",
        { name: "Strategy Equity", count: 10, start: 0, end: 2_000_000_000 },
      ],
      ["ReadChartResponse", "/backtests/chart/read", { name: "Custom", count: 10 }],
      ["ReadChartResponse", "/backtests/chart/read", { name: "Capacity", count: 10 }],
      ["BacktestOrdersResponse", "/backtests/orders/read", { start: 0, end: 100 }],
      ["BacktestInsightsResponse", "/backtests/read/insights", { start: 0, end: 100 }],
    ])("fits %s: %s of a backtest", async (model, path, body) => {
      expect(await validate(model, path, { projectId, compileId, backtestId, ...body })).toEqual([]);
    });

    it("fits BacktestResponse while it waits and runs", async () => {
      const own = await cloud.project("wait");
      for (const id of [await cloud.backtest(own), await cloud.backtest(own), await cloud.backtest(own)]) {
        expect(await validate("BacktestResponse", "/backtests/read", { projectId: own, backtestId: id })).toEqual([]);
      }
      expect(await validate("BacktestSummaryResponse", "/backtests/list", { projectId: own })).toEqual([]);
    });
  },
);
