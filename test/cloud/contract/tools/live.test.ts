import { expect, it } from "vitest";
import { type CallerUnderTest, overBothTransports } from "../../support/cloud-caller.ts";
import { type Answer, ORGANIZATION_ID } from "../../support/cloud-under-test.ts";

const PAPER = { id: "QuantConnectBrokerage" };
const organizationId = ORGANIZATION_ID;
const UNKNOWN = { projectId: -1 };
const PAGE = { start: 0, end: 100 };
const ALL_TIME = { count: 10, start: 0, end: 2_000_000_000 };

interface Target {
  readonly projectId: number;
  readonly compileId: string;
  readonly nodeId: string;
  readonly versionId: string;
  readonly brokerage: unknown;
}

/** A compiled project with a replay as its feed, and a free node; the feed's speed in seconds of the market a second. */
async function ready(test: CallerUnderTest, main: string, speed: string): Promise<Target> {
  const projectId = await test.cloud.project(main);
  const feed = { "qw-feed": "replay", "qw-feed-start": "2024-03-04", "qw-feed-speed": speed };
  const parameters = Object.entries(feed).map(([key, value]) => ({ key, value }));
  await test.cloud.call("/projects/update", { projectId, parameters });
  const { nodes } = await test.ok("read_project_nodes", { projectId });
  const { live } = nodes as { live: readonly { id: string; busy: boolean }[] };
  const nodeId = live.find(({ busy }) => !busy)?.id ?? "";
  return { projectId, compileId: await test.cloud.compile(projectId), nodeId, versionId: "-1", brokerage: PAPER };
}

overBothTransports("live algorithms", (test) => {
  const until = async (tool: string, args: Record<string, unknown>, done: (answer: Answer) => boolean) => {
    await expect.poll(async () => done(await test.ok(tool, args)), { timeout: 20_000, interval: 20 }).toBe(true);
    return test.ok(tool, args);
  };
  /** Deploys, and waits until it runs. */
  const deploy = async (main: string, speed = "1"): Promise<{ projectId: number; deployId: string }> => {
    const target = await ready(test, main, speed);
    const { deployId } = await test.ok("create_live_algorithm", { ...target });
    await until("read_live_algorithm", { projectId: target.projectId }, ({ status }) => status === "Running");
    return { projectId: target.projectId, deployId: String(deployId) };
  };

  it("are deployed on paper, listed, read and stopped", async () => {
    const target = await ready(test, "nothing", "1");
    const { projectId } = target;
    const created = await test.ok("create_live_algorithm", { ...target });
    expect(created).toMatchObject({ source: "api-v2", projectId, live: { brokerage: "PaperBrokerage" } });
    expect(created["deployId"]).toMatch(/^L-[0-9a-f]{32}$/);
    const { deployId } = created;
    await until("read_live_algorithm", { projectId }, ({ status }) => status === "Running");
    expect(await test.ok("read_live_algorithm", { projectId })).toMatchObject({ deployId, stopped: null });
    expect(await test.ok("list_live_algorithms", { status: "Running" })).toMatchObject({
      live: [{ projectId, deployId, status: "Running" }],
    });
    expect(await test.refused("create_live_algorithm", { ...target })).toMatch(/in use|live already/);
    await test.ok("stop_live_algorithm", { projectId });
    expect(await test.ok("read_live_algorithm", { projectId })).toMatchObject({
      status: "Stopped",
      stopped: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as unknown,
    });
    for (const tool of ["stop_live_algorithm", "liquidate_live_algorithm"]) {
      expect(await test.refused(tool, { projectId })).toContain("has ended: Stopped");
    }
  });

  it("show what they trade: orders, portfolio, logs, charts, and closed trades once they are flat", async () => {
    const { projectId, deployId } = await deploy("buy", "500000");
    const { orders } = await until("read_live_orders", { projectId, ...PAGE }, (answer) =>
      JSON.stringify(answer["orders"]).includes('"status":3'),
    );
    expect(orders).toMatchObject([{ id: 1, quantity: 10, status: 3, symbol: { value: "SPY" } }]);
    expect(await test.ok("read_live_portfolio", { projectId })).toMatchObject({
      portfolio: { holdings: { "SPY R735QTJ8XC9X": { q: 10 } }, cash: { USD: { symbol: "USD" } } },
    });
    expect(await test.ok("read_live_trades", { projectId, ...PAGE })).toMatchObject({ trades: [], length: 0 });
    const logs = await test.ok("read_live_logs", { projectId, algorithmId: deployId, startLine: 0, endLine: 250 });
    expect(logs).toMatchObject({ deploymentOffset: 0 });
    expect(JSON.stringify(logs["logs"])).toContain(`Launching analysis for ${deployId}`);
    expect(await test.ok("read_live_chart", { projectId, name: "Strategy Equity", ...ALL_TIME })).toMatchObject({
      chart: { name: "Strategy Equity" },
    });
    expect(await test.ok("read_live_insights", { projectId, end: 100 })).toMatchObject({ insights: [], length: 0 });
    await test.ok("liquidate_live_algorithm", { projectId });
    expect(await test.ok("read_live_algorithm", { projectId })).toMatchObject({ status: "Liquidated" });
    expect(await test.ok("read_live_portfolio", { projectId })).toMatchObject({ portfolio: { holdings: {} } });
    const { trades, length } = await test.ok("read_live_trades", { projectId, ...PAGE });
    expect(length).toBe(1);
    const [trade] = trades as [Record<"entryPrice" | "exitPrice" | "profitLoss" | "totalFees", number>];
    expect(trade).toMatchObject({
      id: `${deployId}-0`,
      symbol: { value: "SPY" },
      direction: 0,
      quantity: 10,
      orderIds: [1, 2],
      orders: [{ id: 1 }, { id: 2 }],
    });
    expect(trade.profitLoss).toBeCloseTo((trade.exitPrice - trade.entryPrice) * 10, 6);
    expect(trade.totalFees).toBeGreaterThan(0);
    expect(await test.ok("read_live_trades", { projectId, start: 1, end: 2 })).toMatchObject({ trades: [], length: 1 });
  });

  it("take commands, alone or all at once, as long as they run", async () => {
    const [one, other] = [await deploy("nothing"), await deploy("nothing")];
    const before = test.cloud.liveRunner.starts.flatMap(({ commands }) => commands).length;
    await test.ok("create_live_command", { projectId: one.projectId, command: { order: "5", nothing: null } });
    await until("read_live_orders", { projectId: one.projectId, ...PAGE }, ({ length }) => length === 1);
    const hello = { text: "hello" };
    await test.ok("broadcast_live_command", { organizationId, excludeProjectId: one.projectId, command: hello });
    await expect
      .poll(() => test.cloud.liveRunner.starts.flatMap(({ commands }) => commands).slice(before))
      .toEqual([{ order: "5", nothing: null }, hello]);
    for (const { projectId } of [one, other]) await test.ok("stop_live_algorithm", { projectId });
    expect(await test.refused("create_live_command", { projectId: one.projectId, command: {} })).toContain("has ended");
    await test.refused("broadcast_live_command", { organizationId: " ", command: {} });
  });

  it("tell why they failed", async () => {
    const target = await ready(test, "raise", "1");
    const { projectId } = target;
    await test.ok("create_live_algorithm", { ...target });
    const failed = await until("read_live_algorithm", { projectId }, ({ status }) => status === "RuntimeError");
    expect(failed).toMatchObject({ message: "ValueError: raised", stacktrace: "main.py line 1" });
    expect(await test.ok("list_live_algorithms", { projectId, status: "RuntimeError" })).toMatchObject({
      live: [{ projectId }],
    });
    expect((await test.ok("list_live_algorithms", { projectId, status: "Stopped" }))["live"]).toEqual([]);
  });

  it("are not deployed without a project, a good compile, a node and a brokerage that exist", async () => {
    const good = await ready(test, "nothing", "1");
    const kraken = { id: "KrakenBrokerage", "kraken-api-key": "planted-live-key", "kraken-api-secret": "s" };
    const changes = [
      UNKNOWN,
      { compileId: "unknown" },
      { nodeId: "unknown" },
      { brokerage: { id: "NoBrokerage" } },
      { brokerage: kraken },
      { brokerage: { ...kraken, "kraken-verification-tier": "Pro" } },
    ];
    for (const change of changes) {
      expect(await test.refused("create_live_algorithm", { ...good, ...change })).not.toContain("planted-live-key");
    }
    expect((await test.ok("list_live_algorithms", { projectId: good.projectId }))["live"]).toEqual([]);
  });

  it("do not exist for a project that was never deployed", async () => {
    const projectId = await test.cloud.project("nothing");
    const calls: readonly (readonly [string, Record<string, unknown>])[] = [
      ["read_live_algorithm", {}],
      ["read_live_portfolio", {}],
      ["read_live_orders", PAGE],
      ["read_live_trades", PAGE],
      ["read_live_insights", PAGE],
      ["read_live_chart", { name: "Strategy Equity", ...ALL_TIME }],
      ["read_live_logs", { algorithmId: `L-${"0".repeat(32)}`, startLine: 0, endLine: 10 }],
      ["stop_live_algorithm", {}],
      ["liquidate_live_algorithm", {}],
      ["create_live_command", { command: { text: "x" } }],
    ];
    for (const [tool, args] of calls) {
      for (const id of [projectId, -1]) {
        expect(await test.refused(tool, { projectId: id, ...args })).toContain("No live deployment found");
      }
    }
    await test.refused("list_live_algorithms", { status: "Everything" });
  });

  it("refuse pages that are too long or end before they start, and charts that there are not", async () => {
    const { projectId, deployId } = await deploy("nothing");
    const algorithmId = deployId;
    const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
      ["read_live_orders", { start: 0, end: 1001 }],
      ["read_live_orders", { start: 5, end: 5 }],
      ["read_live_trades", { start: 0, end: 101 }],
      ["read_live_trades", { start: -1, end: 5 }],
      ["read_live_insights", { start: 5, end: 1 }],
      ["read_live_logs", { algorithmId, startLine: 0, endLine: 251 }],
      ["read_live_logs", { algorithmId: "L-other", startLine: 0, endLine: 10 }],
      ["read_live_chart", { name: "Nothing", ...ALL_TIME }],
      ["read_live_chart", { name: "Strategy Equity", count: 1, start: 2, end: 1 }],
    ];
    for (const [tool, args] of wrong) expect(await test.refused(tool, { projectId, ...args })).toMatch(/\w+ \w+/);
    await test.ok("stop_live_algorithm", { projectId });
  });

  it("connect to no brokerage from here, and say so", async () => {
    expect(await test.refused("authorize_connection", { brokerage: "alpaca" })).toContain("no real brokerage");
    await test.refused("authorize_connection", { brokerage: "unknown" });
  });
});
