import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromJsonSchema } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

const FACTS = fileURLToPath(new URL("../../../../shared/quantconnect/models.json", import.meta.url));
const STRICT_CLIENT = { headers: { "user-agent": "QuantConnect MCP Server v1" } };

/** The models say `nullable` beside a type, which JSON Schema does not know, and times in a form of their own. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const {
    nullable,
    format: _,
    ...rest
  } = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

describe.skipIf(!existsSync(FACTS))(
  "answers as QuantConnect's own strict client checks them (skipped without ../shared/quantconnect/models.json)",
  () => {
    const schemas = existsSync(FACTS)
      ? z.looseObject({ $defs: z.record(z.string(), z.unknown()) }).parse(JSON.parse(readFileSync(FACTS, "utf8"))).$defs
      : {};
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

    const issuesOf = async (model: string, answer: unknown): Promise<unknown> => {
      const definition = { $ref: `#/$defs/${model}`, $defs: plain(schemas) };
      // A schema read from a file has no type that the library could know.
      const schema = fromJsonSchema(definition as never);
      return (await schema["~standard"].validate(answer)).issues ?? [];
    };
    const validate = async (model: string, path: string, body: Record<string, unknown>): Promise<unknown> => {
      const answer = await cloud.call(path, body, STRICT_CLIENT);
      expect(answer.success).toBe(true);
      return issuesOf(model, answer);
    };

    it("finds a value that would break that client", async () => {
      const wrong = { success: true, backtest: { status: "In Progress...", statistics: [] } };
      expect(await issuesOf("BacktestResponse", wrong)).not.toEqual([]);
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
