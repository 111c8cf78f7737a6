import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type CloudUnderTest, startCloud } from "../support/cloud-under-test.ts";

const done = (answer: Answer): boolean => (answer["backtest"] as { completed: boolean }).completed;

describe("backtests", () => {
  let cloud: CloudUnderTest;
  let projectId = 0;
  let backtestId = "";
  beforeAll(async () => {
    cloud = await startCloud();
    projectId = await cloud.project();
    backtestId = await cloud.backtest(projectId);
    await cloud.until("/backtests/read", { projectId, backtestId }, done);
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  const read = (path: string, body: Record<string, unknown> = {}): Promise<Answer> =>
    cloud.call(path, { projectId, backtestId, ...body });

  it("give LEAN's texts, the same figures as numbers, and null for what is not known", async () => {
    const answer = await read("/backtests/read");
    expect(answer).toMatchObject({
      success: true,
      backtest: {
        backtestId,
        projectId,
        name: "B",
        status: "Completed.",
        completed: true,
        progress: 1,
        error: null,
        hasInitializeError: false,
        parameterSet: [],
        rollingWindow: {},
        tradeableDates: 252,
        backtestStart: "2019-01-01 00:00:00",
        statistics: { "Sharpe Ratio": "-1.5", "Net Profit": "12.346%" },
        runtimeStatistics: { Equity: "$112,345.67" },
        totalPerformance: {
          portfolioStatistics: {
            compoundingAnnualReturn: 0.12345,
            sharpeRatio: -1.5,
            endEquity: 112345.67,
            beta: null,
            averageWinRate: null,
          },
          closedTrades: [],
        },
      },
    });
    const { charts } = answer["backtest"] as { charts: Record<string, { name: string }> };
    expect(Object.keys(charts)).toEqual(expect.arrayContaining(["Strategy Equity", "Benchmark", "Custom"]));
  });

  it("give what a ledger of trials needs under one name", async () => {
    const { backtest } = (await read("/backtests/read")) as unknown as {
      backtest: { quantwright: Record<string, unknown> };
    };
    expect(backtest.quantwright).toMatchObject({
      engine: { name: "quantwright" },
      fidelity: { equity: "exact-tested" },
      dataFingerprint: "b".repeat(64),
      dataPoints: 1234,
      algorithmHistoryDataPoints: 5,
      orderListHash: "a".repeat(32),
      requested: { start: "2019-01-01", end: "2019-12-31" },
      actual: { start: "2019-01-02", end: "2019-12-31" },
      warnings: [],
      synthetic: false,
      fills: [{ orderId: 1, price: "100.00" }],
    });
    expect(backtest.quantwright["dailyReturns"]).toHaveLength(252);
  });

  it("hand parameters to the algorithm as texts over those of the project, and give them back as they came", async () => {
    const parameters = { a: 0, b: 0.5, c: "foo" };
    await cloud.call("/projects/update", {
      projectId,
      parameters: [
        { key: "a", value: "9" },
        { key: "d", value: "own" },
      ],
    });
    const id = await cloud.backtest(projectId, parameters);
    const answer = await cloud.until("/backtests/read", { projectId, backtestId: id }, done);
    expect(answer).toMatchObject({ backtest: { parameterSet: parameters } });
    expect(cloud.runner.begun.at(-1)?.parameters).toEqual({ a: "0", b: "0.5", c: "foo", d: "own" });
    await cloud.call("/projects/update", { projectId, parameters: {} });
  });

  it("run the files as they were compiled, whatever they are now", async () => {
    const own = await cloud.project("compiled text");
    const compileId = await cloud.compile(own);
    await cloud.call("/files/update", { projectId: own, name: "main.py", content: "later text" });
    const created = await cloud.call("/backtests/create", { projectId: own, compileId, backtestName: "x" });
    const id = (created["backtest"] as { backtestId: string }).backtestId;
    await cloud.until("/backtests/read", { projectId: own, backtestId: id }, done);
    expect(cloud.runner.begun.at(-1)?.files["main.py"]).toBe("compiled text");
  });

  it("keep error and stack trace of an algorithm that fails, with the result so far", async () => {
    const own = await cloud.project("raise");
    const id = await cloud.backtest(own);
    expect(await cloud.until("/backtests/read", { projectId: own, backtestId: id }, done)).toMatchObject({
      success: true,
      backtest: {
        status: "Runtime Error",
        completed: true,
        error: "division by zero",
        stacktrace: "at main.py:7",
        hasInitializeError: true,
      },
    });
    const list = await cloud.call("/backtests/list", { projectId: own, includeStatistics: true });
    expect(list).toMatchObject({ success: true, count: 1, backtests: [{ status: "Runtime Error", alpha: 0.014 }] });
  });

  it("end as a runtime error when the sandbox breaks", async () => {
    const own = await cloud.project("crash");
    const id = await cloud.backtest(own);
    const answer = await cloud.until("/backtests/read", { projectId: own, backtestId: id }, done);
    expect(answer).toMatchObject({
      backtest: { status: "Runtime Error", error: "the sandbox broke", statistics: null },
    });
  });

  it("are listed with or without figures", async () => {
    const plain = await cloud.call("/backtests/list", { projectId });
    expect(plain).toMatchObject({ success: true, count: 2 });
    expect((plain["backtests"] as object[])[0]).not.toHaveProperty("alpha");
    const full = await cloud.call("/backtests/list", { projectId, includeStatistics: "true" });
    expect((full["backtests"] as object[]).at(-1)).toMatchObject({
      backtestId,
      alpha: 0.014,
      netProfit: 0.12346,
      trades: 250,
      drawdown: 0.022,
    });
  });

  it("give charts in a range, thinned to the points asked for, and empty standard ones", async () => {
    const range = { name: "Strategy Equity", count: 10, start: 86_400, end: 86_400 * 500 };
    const { chart } = (await read("/backtests/chart/read", range)) as unknown as {
      chart: { series: { Equity: { values: number[][] } } };
    };
    expect(chart.series.Equity.values).toHaveLength(10);
    expect(chart.series.Equity.values[0]?.[0]).toBe(86_400);
    expect(chart.series.Equity.values.at(-1)?.[0]).toBe(86_400 * 500);
    const onlyCount = await read("/backtests/chart/read", { name: "Custom", count: 100 });
    expect(onlyCount).toMatchObject({
      chart: { chartType: 0, series: { Points: { seriesType: 0, values: [[1, null]] } } },
    });
    expect(await read("/backtests/chart/read", { name: "Capacity", count: 5 })).toMatchObject({
      chart: { name: "Capacity", series: {} },
    });
  });

  it("give orders and logs by pages with their number in all, and no insights", async () => {
    const orders = await read("/backtests/orders/read", { start: 200, end: 300 });
    expect(orders).toMatchObject({ success: true, length: 250 });
    expect(orders["orders"]).toHaveLength(50);
    expect((orders["orders"] as object[])[0]).toMatchObject({ id: 201, canceledTime: null });
    const logs = await read("/backtests/read/log", { start: 0, end: 200, query: null });
    expect(logs).toMatchObject({ length: 300 });
    expect(logs["logs"]).toHaveLength(200);
    const even = await read("/backtests/read/log", { start: 149, end: 200, query: "EVEN" });
    expect(even).toMatchObject({ length: 150, logs: ["2019-01-02 00:00:00 Even line 298"] });
    for (const path of ["/backtests/read/insights", "/backtests/insights/read"]) {
      expect(await read(path, { start: 0, end: 100 })).toEqual({ success: true, insights: [], length: 0 });
    }
  });

  it("say how far they are while they run, in the words the client knows", async () => {
    const own = await cloud.project("wait");
    const ids = { projectId: own, backtestId: await cloud.backtest(own) };
    await cloud.until("/backtests/read", ids, ({ backtest }) => (backtest as { progress: number }).progress > 0);
    const running = { completed: false, status: "In Progress...", progress: 0.25, statistics: null, charts: {} };
    expect(await cloud.call("/backtests/read", ids)).toMatchObject({ success: true, backtest: running });
    const headers = { "user-agent": "QuantConnect MCP Server v1" };
    expect(await cloud.call("/backtests/read", ids, { headers })).toMatchObject({
      backtest: { status: "In Queue..." },
    });
    expect(await cloud.call("/backtests/orders/read", { ...ids, start: 0, end: 1 })).toEqual({
      success: true,
      orders: [],
      length: 0,
    });
    expect(await cloud.call("/backtests/update", { ...ids, name: "N", note: "why" })).toEqual({ success: true });
    expect(await cloud.call("/backtests/read", ids)).toMatchObject({ backtest: { name: "N", note: "why" } });

    expect(await cloud.call("/backtests/delete", ids)).toEqual({ success: true });
    expect((await cloud.call("/backtests/read", ids)).success).toBe(false);
    expect((await cloud.call("/backtests/delete", ids)).success).toBe(false);
    while (cloud.runner.running() > 0) await cloud.call("/authenticate");
  });

  it("are not made of a compile that failed", async () => {
    const own = await cloud.project("syntax error");
    const compileId = await cloud.compile(own);
    const answer = await cloud.call("/backtests/create", { projectId: own, compileId, backtestName: "x" });
    expect(answer).toMatchObject({ success: false, errors: [expect.stringContaining("BuildError")] });
  });

  it.each([
    ["/backtests/create", { compileId: "unknown", backtestName: "x" }],
    ["/backtests/create", { compileId: "", backtestName: "x" }],
    ["/backtests/create", { backtestName: "x" }],
    ["/backtests/create", { compileId: "x", backtestName: "x", parameters: { a: { b: 1 } } }],
    ["/backtests/read", { backtestId: " " }],
    ["/backtests/read", { backtestId: "unknown" }],
    ["/backtests/list", { projectId: -1 }],
    ["/backtests/list", { includeStatistics: "perhaps" }],
    ["/backtests/update", { backtestId: "unknown", name: "x" }],
    ["/backtests/update", { name: "" }],
    ["/backtests/chart/read", { name: "No such chart", count: 5, start: 0, end: 1 }],
    ["/backtests/chart/read", { name: "constructor", count: 5 }],
    ["/backtests/chart/read", { name: "Strategy Equity", count: 5, start: 2, end: 1 }],
    ["/backtests/orders/read", { start: 0, end: 101 }],
    ["/backtests/orders/read", { start: 5, end: 5 }],
    ["/backtests/orders/read", { start: -5, end: 5 }],
    ["/backtests/orders/read", { start: 0 }],
    ["/backtests/orders/read", { backtestId: " ", start: 0, end: 1 }],
    ["/backtests/read/log", { start: 0, end: 201 }],
    ["/backtests/read/insights", { start: 0, end: 500 }],
    ["/backtests/delete", { backtestId: "unknown" }],
  ])("refuse bad input: %s %j", async (path, body) => {
    const answer = await read(path, body);
    expect(answer.success).toBe(false);
    expect(answer.errors?.length).toBeGreaterThan(0);
  });
});
