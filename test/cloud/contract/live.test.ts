import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type Answer,
  type CloudUnderTest,
  ORGANIZATION_ID,
  startCloud,
  temporaryFolder,
} from "../support/cloud-under-test.ts";

const REPLAY = { Replay: { id: "Replay", start: "2024-03-04", end: "2025-12-31", speed: 500_000 } };
const PAPER = { id: "QuantConnectBrokerage" };
const nodesSchema = z.looseObject({
  nodes: z.looseObject({ live: z.array(z.looseObject({ id: z.string(), busy: z.boolean() })) }),
});

async function freeNode(cloud: CloudUnderTest, projectId: number): Promise<string> {
  const read = nodesSchema.parse(await cloud.call("/projects/nodes/read", { projectId }));
  return read.nodes.live.find(({ busy }) => !busy)?.id ?? "";
}

interface Live {
  readonly projectId: number;
  readonly deployId: string;
  readonly created: Answer;
}

async function deploy(cloud: CloudUnderTest, main: string, extra: Record<string, unknown> = {}): Promise<Live> {
  const projectId = await cloud.project(main);
  const compileId = await cloud.compile(projectId);
  const created = await cloud.call("/live/create", {
    projectId,
    compileId,
    nodeId: await freeNode(cloud, projectId),
    versionId: "-1",
    brokerage: PAPER,
    dataProviders: REPLAY,
    ...extra,
  });
  return { projectId, deployId: String(created["deployId"]), created };
}

const status =
  (wanted: string) =>
  (answer: Answer): boolean =>
    answer["status"] === wanted;

/** Deploys and waits until it runs. */
async function running(cloud: CloudUnderTest, main: string, extra: Record<string, unknown> = {}): Promise<Live> {
  const live = await deploy(cloud, main, extra);
  expect(live.created).toMatchObject({ success: true });
  await cloud.until("/live/read", { projectId: live.projectId }, status("Running"));
  return live;
}

const hasOrders = (answer: Answer): boolean => Number(answer["length"]) > 0;
const SLOW = { dataProviders: { Replay: { ...REPLAY.Replay, speed: 1 } } };

describe("live trading", () => {
  let cloud: CloudUnderTest;
  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud[Symbol.asyncDispose]());

  it("deploys on paper, runs, and stops", async () => {
    const { projectId, deployId, created } = await running(cloud, "nothing", SLOW);
    expect(created).toMatchObject({ source: "api-v2", projectId, versionId: 1, live: { brokerage: "PaperBrokerage" } });
    expect(deployId).toMatch(/^L-[0-9a-f]{32}$/);
    const read = await cloud.call("/live/read", { projectId });
    expect(read).toMatchObject({ deployId, stopped: null, quantwright: { mode: "PAPER", feed: { kind: "replay" } } });
    expect(await cloud.call("/live/update/stop", { projectId })).toEqual({ success: true });
    const stopped = await cloud.call("/live/read", { projectId });
    expect(stopped).toMatchObject({ status: "Stopped" });
    expect(stopped["stopped"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect((await cloud.call("/live/update/stop", { projectId })).errors?.[0]).toContain("has ended: Stopped");
  });

  it("fills an order at a price of the replay, shows it in orders, portfolio and logs, and liquidates flat", async () => {
    const { projectId, deployId } = await running(cloud, "buy");
    const { orders } = await cloud.until("/live/orders/read", { projectId, start: 0, end: 100 }, (answer) =>
      JSON.stringify(answer["orders"]).includes('"status":3'),
    );
    expect(orders).toMatchObject([{ id: 1, quantity: 10, status: 3, symbol: { value: "SPY" } }]);
    const { portfolio } = await cloud.call("/live/portfolio/read", { projectId });
    const { holdings, cash } = portfolio as {
      holdings: Record<string, { q: number }>;
      cash: { USD: { amount: number } };
    };
    expect(Object.entries(holdings)).toMatchObject([[expect.stringMatching(/^SPY /), { q: 10 }]]);
    expect(cash.USD.amount).toBeLessThan(100_000);
    const { account } = await cloud.call("/quantwright/account/read", { projectId });
    expect(account).toMatchObject({
      mode: "PAPER",
      feed: { kind: "replay" },
      currency: "USD",
      positions: [{ quantity: 10 }],
      orders: [],
      quotes: [{ symbol: { value: "SPY" }, rate: "1" }],
    });
    const seen = account as { feed: { utc: number }; quotes: { utc: number; price: string }[] };
    expect(seen.quotes[0]?.utc).toBeLessThanOrEqual(seen.feed.utc);
    expect(Number(seen.quotes[0]?.price)).toBeGreaterThan(0);
    expect(await cloud.call("/live/update/liquidate", { projectId })).toEqual({ success: true });
    expect(await cloud.call("/live/read", { projectId })).toMatchObject({ status: "Liquidated" });
    expect((await cloud.call("/live/portfolio/read", { projectId }))["portfolio"]).toMatchObject({ holdings: {} });
    const logs = await cloud.call("/live/logs/read", { projectId, algorithmId: deployId, startLine: 0, endLine: 250 });
    expect(logs).toMatchObject({ success: true, deploymentOffset: 0 });
    expect(JSON.stringify(logs["logs"])).toContain(`Launching analysis for ${deployId}`);
  });

  it("begins with the cash and holdings that it is given", async () => {
    const holding = { symbol: "SPY", symbolId: "SPY R735QTJ8XC9X", quantity: 3, averagePrice: 100.5 };
    const brokerage = { ...PAPER, cash: [{ amount: 2500, currency: "USD" }], holdings: [holding] };
    const { projectId } = await running(cloud, "nothing", { ...SLOW, brokerage });
    const { portfolio } = await cloud.call("/live/portfolio/read", { projectId });
    expect(portfolio).toMatchObject({
      holdings: { "SPY R735QTJ8XC9X": { a: 100.5, q: 3 } },
      cash: { USD: { amount: 2500, conversionRate: 1, symbol: "USD" } },
    });
    await cloud.call("/live/update/stop", { projectId });
  });

  it("tells a runtime error of initialize and of a later moment", async () => {
    const first = await deploy(cloud, "raise");
    const failed = await cloud.until("/live/read", { projectId: first.projectId }, status("RuntimeError"));
    expect(failed).toMatchObject({ message: "ValueError: raised", stacktrace: "main.py line 1" });
    const later = await deploy(cloud, "late");
    const ended = await cloud.until("/live/read", { projectId: later.projectId }, status("RuntimeError"));
    expect(ended).toMatchObject({ message: "ValueError: too late" });
    const listed = await cloud.call("/live/list", { status: "RuntimeError" });
    expect(listed["live"]).toHaveLength(2);
  });

  it("gives commands to a running algorithm and tells what came of them; broadcasts leave one out", async () => {
    const one = await running(cloud, "nothing", SLOW);
    const other = await running(cloud, "nothing", SLOW);
    const sent = await cloud.call("/live/commands/create", { projectId: one.projectId, command: { order: "5" } });
    expect(sent).toMatchObject({ success: true, quantwright: { result: { success: true, message: "done" } } });
    await cloud.until("/live/orders/read", { projectId: one.projectId, start: 0, end: 10 }, hasOrders);
    const broadcast = await cloud.call("/live/commands/broadcast", {
      organizationId: ORGANIZATION_ID,
      excludeProjectId: one.projectId,
      command: { text: "hello" },
    });
    expect(broadcast).toMatchObject({ success: true, quantwright: { recipients: 1 } });
    await expect
      .poll(() => cloud.liveRunner.starts.map(({ commands }) => commands).flat())
      .toEqual([{ order: "5" }, { text: "hello" }]);
    for (const { projectId } of [one, other]) await cloud.call("/live/update/stop", { projectId });
    const late = await cloud.call("/live/commands/create", { projectId: one.projectId, command: {} });
    expect(late.errors?.[0]).toContain("has ended");
  });

  it("halts at the broker: orders go, holdings are closed at last prices, and nothing opens until it is re-armed", async () => {
    const { projectId, deployId } = await running(cloud, "buy");
    const account = async (): Promise<Record<string, unknown>> =>
      (await cloud.call("/quantwright/account/read", { projectId }))["account"] as Record<string, unknown>;
    await cloud.until("/quantwright/account/read", { projectId }, (answer) =>
      JSON.stringify(answer["account"] ?? {}).includes('"quantity":10'),
    );
    const halted = await cloud.call("/quantwright/halt", { deployId, how: "restrict" });
    expect(halted["accounts"]).toMatchObject([
      { deployId, reduceOnly: true, positions: [{ quantity: 10 }], orders: [] },
    ]);
    await cloud.call("/live/commands/create", { projectId, command: { order: "5" } });
    await cloud.call("/live/commands/create", { projectId, command: { order: "-11" } });
    expect(await account()).toMatchObject({ reduceOnly: true, positions: [{ quantity: 10 }], orders: [] });
    await cloud.call("/live/commands/create", { projectId, command: { order: "-4" } });
    await cloud.until("/quantwright/account/read", { projectId }, (answer) =>
      JSON.stringify(answer["account"] ?? {}).includes('"quantity":6'),
    );
    const flat = await cloud.call("/quantwright/halt", { deployId, how: "flatten" });
    expect(flat["accounts"]).toMatchObject([{ positions: [], orders: [] }]);
    const { accounts } = await cloud.call("/quantwright/halt", { deployId, how: "rearm" });
    expect(accounts).toMatchObject([{ reduceOnly: false }]);
    expect((await cloud.call("/quantwright/halt", { deployId: "L-none", how: "flatten" }))["accounts"]).toEqual([]);
    await cloud.call("/live/update/stop", { projectId });
  });

  it("starts an algorithm again whose process was lost: its orders are there once, and it is told what it missed", async () => {
    const { projectId, deployId } = await running(cloud, "buy");
    await cloud.until("/live/orders/read", { projectId, start: 0, end: 10 }, hasOrders);
    const before = cloud.liveRunner.starts.length;
    cloud.liveRunner.crash();
    await expect.poll(() => cloud.liveRunner.starts.length, { timeout: 10_000 }).toBe(before + 1);
    const again = cloud.liveRunner.starts.at(-1);
    expect(again?.job).toMatchObject({ deployId, restart: { missed: expect.any(Array) as unknown } });
    expect(again?.job.account.nextOrderId).toBe(2);
    await cloud.until("/live/read", { projectId }, status("Running"));
    expect(await cloud.call("/live/orders/read", { projectId, start: 0, end: 10 })).toMatchObject({ length: 1 });
    await cloud.call("/live/update/stop", { projectId });
  });

  it("ends a replay with its prices", async () => {
    const short = { Replay: { id: "Replay", start: "2024-03-04", end: "2024-03-06", speed: 1_000_000 } };
    const { projectId } = await deploy(cloud, "buy", { dataProviders: short });
    await cloud.until("/live/read", { projectId }, status("Stopped"));
    const { deployId } = await cloud.call("/live/read", { projectId });
    const logs = await cloud.call("/live/logs/read", { projectId, algorithmId: deployId, startLine: 0, endLine: 250 });
    expect(JSON.stringify(logs["logs"])).toContain("The replay has come to its end.");
  });

  it("takes the feed from the project's parameters, and says how to choose one where there is none", async () => {
    const projectId = await cloud.project("nothing");
    const compileId = await cloud.compile(projectId);
    const nodeId = await freeNode(cloud, projectId);
    const ask = { projectId, compileId, nodeId, versionId: "-1", brokerage: PAPER };
    expect((await cloud.call("/live/create", ask)).errors?.[0]).toContain("qw-feed");
    await cloud.call("/projects/update", {
      projectId,
      parameters: [
        { key: "qw-feed", value: "replay" },
        { key: "qw-feed-start", value: "2024-03-04" },
      ],
    });
    expect(await cloud.call("/live/create", ask)).toMatchObject({
      success: true,
      live: { quantwright: { feed: { kind: "replay", speed: 60 } } },
    });
    expect((await cloud.call("/live/create", ask)).errors?.[0]).toMatch(/in use|live already/);
    expect((await cloud.call("/projects/delete", { projectId })).errors?.[0]).toContain("is live");
    await cloud.call("/live/update/stop", { projectId });
    expect(await cloud.call("/projects/delete", { projectId })).toEqual({ success: true });
    expect((await cloud.call("/live/list", { projectId }))["live"]).toHaveLength(1);
  });

  it("checks the settings of real brokerages, refuses them, and repeats no secret", async () => {
    const missing = await deploy(cloud, "nothing", {
      brokerage: { id: "KrakenBrokerage", "kraken-api-key": "sesame" },
    });
    expect(missing.created.errors?.[0]).toMatch(/kraken-api-secret is missing; kraken-verification-tier is missing/);
    const complete = await deploy(cloud, "nothing", {
      brokerage: { id: "BitfinexBrokerage", "bitfinex-api-key": "sesame", "bitfinex-api-secret": "open" },
    });
    expect(complete.created.errors?.[0]).toContain("connects to no real brokerage");
    const unknown = await deploy(cloud, "nothing", { brokerage: { id: "NoBrokerage" } });
    expect(unknown.created.errors?.[0]).toContain("Unknown brokerage");
    expect(JSON.stringify([missing.created, complete.created])).not.toContain("sesame");
    const oauth = await cloud.call("/live/auth0/read", { brokerage: "alpaca" });
    expect(oauth.errors?.[0]).toContain("no real brokerage");
  });

  it("deploys on a simulated live brokerage, and checks its settings", async () => {
    const brokerage = { id: "SimulatedBrokerage", seed: 3, rejectProbability: 1 };
    const { projectId, created } = await running(cloud, "buy", { brokerage });
    expect(created).toMatchObject({
      live: { brokerage: "SimulatedBrokerage", quantwright: { mode: "SIMULATED LIVE" } },
    });
    const { orders } = await cloud.until("/live/orders/read", { projectId, start: 0, end: 10 }, hasOrders);
    expect(orders).toMatchObject([{ status: 7 }]);
    await cloud.call("/live/update/stop", { projectId });
    const wrong = await deploy(cloud, "nothing", { brokerage: { ...brokerage, rejectProbability: 2 } });
    expect(wrong.created.errors?.[0]).toContain("rejectProbability");
  });

  it.each([
    ["/live/create", { projectId: -1, compileId: "x", nodeId: "x", brokerage: PAPER }],
    ["/live/create", { compileId: "x", nodeId: "x", brokerage: PAPER }],
    ["/live/read", { projectId: -1 }],
    ["/live/list", { status: "Everything" }],
    ["/live/update/stop", { projectId: -1 }],
    ["/live/update/liquidate", { projectId: -1 }],
    ["/live/portfolio/read", { projectId: -1 }],
    ["/quantwright/account/read", { projectId: -1 }],
    ["/quantwright/halt", { how: "please" }],
    ["/live/chart/read", { projectId: -1, name: "Strategy Equity", count: 10, start: 0, end: 1 }],
    ["/live/orders/read", { projectId: -1, start: 0, end: 10 }],
    ["/live/insights/read", { projectId: -1, end: 10 }],
    ["/live/logs/read", { projectId: -1, algorithmId: "L-x", startLine: 0, endLine: 10 }],
    ["/live/commands/create", { projectId: -1, command: {} }],
    ["/live/commands/broadcast", { organizationId: " ", command: {} }],
    ["/live/auth0/authorize", { brokerage: "unknown" }],
  ])("refuses bad input of %s in words", async (path, body) => {
    const refused = await cloud.call(path, body);
    expect(refused.success).toBe(false);
    expect(refused.errors?.[0]).toMatch(/\w+ \w+/);
  });

  it("refuses pages that are too long or end before they start, and charts that there are not", async () => {
    const { projectId, deployId } = await running(cloud, "nothing", SLOW);
    const refused = async (path: string, body: object): Promise<void> => {
      expect(await cloud.call(path, { projectId, ...body })).toMatchObject({ success: false });
    };
    await refused("/live/orders/read", { start: 0, end: 1001 });
    await refused("/live/orders/read", { start: 5, end: 5 });
    await refused("/live/logs/read", { algorithmId: deployId, startLine: 0, endLine: 251 });
    await refused("/live/logs/read", { algorithmId: "L-other", startLine: 0, endLine: 10 });
    await refused("/live/chart/read", { name: " ", count: 1, start: 0, end: 1 });
    await refused("/live/chart/read", { name: "Nothing", count: 1, start: 0, end: 1 });
    await refused("/live/chart/read", { name: "Strategy Equity", count: 1, start: 2, end: 1 });
    await refused("/live/insights/read", { start: 5, end: 1 });
    expect(
      await cloud.call("/live/chart/read", { projectId, name: "Drawdown", count: 1, start: 0, end: 1 }),
    ).toMatchObject({
      success: true,
      chart: { name: "Drawdown" },
    });
    await cloud.call("/live/update/stop", { projectId });
  });
});

describe("live trading over a restart of the cloud", () => {
  it("goes on with what ran: the account, its open orders, and a replay where it stood", async () => {
    const folder = temporaryFolder();
    let projectId = 0;
    {
      await using cloud = await startCloud({ folder });
      ({ projectId } = await running(cloud, "limit", SLOW));
      await cloud.until("/live/orders/read", { projectId, start: 0, end: 10 }, hasOrders);
    }
    await using cloud = await startCloud({ folder });
    await cloud.until("/live/read", { projectId }, status("Running"));
    const [again] = cloud.liveRunner.starts;
    expect(again?.job.restart).toEqual({ missed: [] });
    expect(again?.job.account).toMatchObject({ nextOrderId: 2, orders: [{ id: 1, limitPrice: "1.00" }] });
    expect(await cloud.call("/live/orders/read", { projectId, start: 0, end: 10 })).toMatchObject({ length: 1 });
    const cancelled = await cloud.call("/live/commands/create", { projectId, command: { cancel: 1 } });
    expect(cancelled).toMatchObject({ quantwright: { result: { success: true } } });
    const { orders } = await cloud.call("/live/orders/read", { projectId, start: 0, end: 10 });
    expect(orders).toMatchObject([{ id: 1, status: 5 }]);
    await cloud.call("/live/update/stop", { projectId });
  });
});
