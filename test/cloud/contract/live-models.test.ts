import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Answer,
  type CloudUnderTest,
  credentials,
  ORGANIZATION_ID,
  startCloud,
} from "../support/cloud-under-test.ts";
import { HAS_MODELS, modelIssues, STRICT_CLIENT } from "../support/strict-models.ts";

const REPLAY = { Replay: { id: "Replay", start: "2024-03-04", end: "2025-12-31", speed: 500_000 } };
const RANGE = { count: 10, start: 0, end: 2_000_000_000 };
const organizationId = ORGANIZATION_ID;
const SEARCH = {
  name: "Search",
  target: "TotalPerformance.PortfolioStatistics.SharpeRatio",
  targetTo: "max",
  strategy: "QuantConnect.Optimizer.Strategies.GridSearchOptimizationStrategy",
  parameters: [{ name: "x", min: 1, max: 2, step: 1 }],
  nodeType: "O2-8",
  parallelNodes: 1,
};
const FILES = [{ name: "main.py", content: "one\nsyntax error" }];

describe.skipIf(!HAS_MODELS)(
  "live, optimisation, object and assistant answers as QuantConnect's own strict client checks them (skipped without ../shared/quantconnect/models.json)",
  () => {
    let cloud: CloudUnderTest;
    let ids: { projectId: number; compileId: string };
    let deployed: Answer;
    let searched: Answer;
    beforeAll(async () => {
      cloud = await startCloud();
      const projectId = await cloud.project("buy");
      ids = { projectId, compileId: await cloud.compile(projectId) };
      const { nodes } = await cloud.call("/projects/nodes/read", { projectId });
      const nodeId = (nodes as { live: [{ id: string }] }).live[0].id;
      const brokerage = { id: "QuantConnectBrokerage" };
      const order = { ...ids, nodeId, versionId: "-1", brokerage, dataProviders: REPLAY };
      deployed = await cloud.call("/live/create", order, STRICT_CLIENT);
      await cloud.until("/live/orders/read", { projectId, start: 0, end: 10 }, (answer) =>
        JSON.stringify(answer["orders"]).includes('"status":3'),
      );
      searched = await cloud.call("/optimizations/create", { ...ids, ...SEARCH }, STRICT_CLIENT);
      await cloud.until("/optimizations/list", { projectId }, (answer) =>
        JSON.stringify(answer["optimizations"]).includes('"completed"'),
      );
      const form = new FormData();
      form.append("organizationId", organizationId);
      form.append("key", "a/b");
      form.append("objectData", new Blob(["text"]), "upload");
      await fetch(`${cloud.url}/object/set`, { method: "POST", headers: credentials(), body: form });
    });
    afterAll(() => cloud[Symbol.asyncDispose]());

    const issuesOf = async (model: string, path: string, body: Record<string, unknown>): Promise<unknown> => {
      const answer = await cloud.call(path, body, STRICT_CLIENT);
      return answer.success ? modelIssues(model, answer) : answer.errors;
    };

    it("fit where something is created", async () => {
      expect(await modelIssues("CreateLiveAlgorithmResponse", deployed)).toEqual([]);
      expect(await modelIssues("ListOptimizationResponse", searched)).toEqual([]);
    });

    it.each([
      ["LiveAlgorithmResults", "/live/read", {}],
      ["LiveAlgorithmListResponse", "/live/list", {}],
      ["ReadChartResponse", "/live/chart/read", { name: "Strategy Equity", ...RANGE }],
      ["LivePortfolioResponse", "/live/portfolio/read", {}],
      ["LiveOrdersResponse", "/live/orders/read", { start: 0, end: 100 }],
      ["LiveInsightsResponse", "/live/insights/read", { start: 0, end: 100 }],
      ["RestResponse", "/live/commands/create", { command: { text: "x" } }],
      ["ListOptimizationResponse", "/optimizations/list", {}],
      ["EstimateOptimizationResponse", "/optimizations/estimate", SEARCH],
    ])("fits %s: %s of a project", async (model, path, body) => {
      expect(await issuesOf(model, path, { projectId: ids.projectId, ...body })).toEqual([]);
    });

    it("fit where they name a deployment, an optimisation or an object", async () => {
      const { projectId } = ids;
      const lines = { projectId, algorithmId: deployed["deployId"], startLine: 0, endLine: 100 };
      const [{ optimizationId }] = searched["optimizations"] as [{ optimizationId: string }];
      const calls: readonly (readonly [string, string, Record<string, unknown>])[] = [
        ["ReadLiveLogsResponse", "/live/logs/read", lines],
        ["ReadOptimizationResponse", "/optimizations/read", { optimizationId }],
        ["GetObjectStorePropertiesResponse", "/object/properties", { organizationId, key: "a/b" }],
        ["ListObjectStoreResponse", "/object/list", { organizationId, path: "/" }],
        ["GetObjectStoreResponse", "/object/get", { organizationId, keys: ["a"] }],
      ];
      for (const [model, path, body] of calls) expect([path, await issuesOf(model, path, body)]).toEqual([path, []]);
    });

    it.each([
      ["SyntaxCheckResponse", "/ai/tools/syntax-check", { language: "Py", files: FILES }],
      ["BacktestInitResponse", "/ai/tools/backtest-init", { language: "Py", files: FILES }],
      ["CodeCompletionResponse", "/ai/tools/complete", { language: "Py", sentence: "self.add_e" }],
      ["ErrorEnhanceResponse", "/ai/tools/error-enhance", { language: "Py", error: { message: "ValueError: x" } }],
      ["PEP8ConvertResponse", "/ai/tools/pep8-convert", { files: FILES }],
      [
        "SearchResponse",
        "/ai/tools/search",
        { language: "Py", criteria: [{ input: "object store", type: "Docs", count: 1 }] },
      ],
    ])("fits %s: %s", async (model, path, body) => {
      expect(await issuesOf(model, path, body)).toEqual([]);
    });
  },
);
