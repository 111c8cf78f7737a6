import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { openDataFolder } from "../../src/sandbox/data-folder.ts";
import { twinProject } from "../python/twin-project.ts";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";
import { LiveDeployment, utc } from "./live-deployment.ts";

const folder = writeSyntheticData();
const pool = openTestPool({ dataFolders: [folder], liveLimits: { messageSeconds: 3, startSeconds: 30 } });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const MAIN = `from AlgorithmImports import *


class Idle(QCAlgorithm):
    def initialize(self):
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
`;
const LATER = "2013-10-12T00:00:00Z";

type Run = (payload: Record<string, unknown>) => Promise<unknown>;

async function deployed(
  limits: Record<string, unknown>,
  objects: Readonly<Record<string, unknown>> = {},
  more: Record<string, unknown> = {},
): Promise<{ live: LiveDeployment; run: Run; order: Run; kept: (name: string) => unknown }> {
  const live = new LiveDeployment({
    pool,
    data: openDataFolder([folder]),
    startUtc: utc("2013-10-07T04:00:00Z"),
    endUtc: utc("2013-10-12T03:59:59Z"),
    files: twinProject(MAIN, limits, more),
  });
  for (const [name, value] of Object.entries(objects)) {
    live.objects.set(`quantwright/s1/${name}`, Buffer.from(JSON.stringify(value)).toString("base64"));
  }
  await live.start();
  await live.session.advance(utc("2013-10-07T15:00:00Z"));
  const run: Run = (payload) => live.session.command("c1", payload);
  const plain = { $type: "QuantwrightOrder", symbol: "SPY", order_type: "market", expires: LATER };
  const kept = (name: string): unknown => {
    const bytes = live.objects.get(`quantwright/s1/${name}`);
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes, "base64").toString()) as unknown);
  };
  return { live, run, order: (payload) => run({ ...plain, ...payload }), kept };
}

const held = (live: LiveDeployment): number => live.broker.portfolio().positions[0]?.quantity ?? 0;

describe("the twin of a live algorithm", { timeout: 60_000 }, () => {
  it("takes an order from outside once by its key, which is kept before it goes out", async () => {
    const { live, order, kept } = await deployed({});
    expect(await order({ key: "i-1", quantity: 5 })).toMatchObject({ success: true });
    expect(held(live)).toBe(5);
    expect(kept("orders/i-1")).toEqual({ state: "SENT", orderId: 1 });
    expect(live.orders).toMatchObject([{ tag: "i-1" }]);
    expect(await order({ key: "i-1", quantity: 5 })).toMatchObject({ success: false });
    for (const bad of [
      { key: "i-2", expires: "2013-10-07T14:59:00Z" },
      { key: "i-3", expires: "soon" },
      { key: "i-4", expires: null },
      { key: "" },
      { key: null },
      { key: "i-5", symbol: "IBM" },
      { key: "i-6", order_type: "trailing" },
    ]) {
      expect(await order({ quantity: 5, ...bad })).toMatchObject({ success: false });
    }
    expect(held(live)).toBe(5);
    for (const success of [true, false]) {
      expect(await order({ key: "host/../ü", quantity: 1, time_in_force: "day" })).toMatchObject({ success });
    }
    expect([...live.objects.keys()].every((key) => /^[a-z0-9/_-]+$/.test(key))).toBe(true);
    expect(live.orders.at(-1)).toMatchObject({ tag: "host/../ü" });
    await live.session.kill();
  });

  it("refuses by its limits what comes as a command of ours or of LEAN's, and lets reductions pass", async () => {
    const { live, run, order, kept } = await deployed({ maxOrderNotional: "1000" });
    expect(await order({ key: "i-1", quantity: 500 })).toMatchObject({ success: false });
    expect(kept("orders/i-1")).toMatchObject({ state: "REFUSED" });
    await run({ $type: "OrderCommand", Ticker: "SPY", Quantity: 500 });
    expect(held(live)).toBe(0);
    expect(await order({ key: "i-2", quantity: 2 })).toMatchObject({ success: true });
    expect(await run({ $type: "QuantwrightControl", reduce_only: true })).toMatchObject({ success: true });
    expect(await order({ key: "i-3", quantity: 1 })).toMatchObject({ success: false });
    expect(await order({ key: "i-4", quantity: -1 })).toMatchObject({ success: true });
    expect(await run({ $type: "LiquidateCommand" })).toMatchObject({ success: true });
    expect(held(live)).toBe(0);
    expect(kept("state")).toEqual({ capitalFraction: 1, reduceOnly: true, latched: null });
    await live.session.kill();
  });

  it("prices an order that carries a bound itself, and refuses it beyond", async () => {
    const { live, order, kept } = await deployed({});
    const bounded: Run = (payload) => order({ $type: "QuantwrightBoundedOrder", ...payload });
    expect(await bounded({ key: "i-0", quantity: 1, max_notional: 100_000 })).toMatchObject({ success: true });
    const price = Number(live.fills()[0]?.price);
    expect(price).toBeGreaterThan(0);
    expect(await bounded({ key: "i-1", quantity: 3, max_notional: 3 * price - 0.01 })).toMatchObject({
      success: false,
    });
    expect(live.logs).toContainEqual(expect.stringContaining("RISK_ORDER_NOTIONAL"));
    expect(kept("orders/i-1")).toBeUndefined();
    for (const max_notional of [null, "much", Number.NaN, -1]) {
      expect(await bounded({ key: "i-2", quantity: 1, max_notional })).toMatchObject({ success: false });
    }
    const dear = { order_type: "limit", limit_price: 2 * price };
    expect(await bounded({ key: "i-3", quantity: 1, max_notional: 1.5 * price, ...dear })).toMatchObject({
      success: false,
    });
    expect(held(live)).toBe(1);
    expect(await bounded({ key: "i-4", quantity: 3, max_notional: 3.1 * price })).toMatchObject({ success: true });
    expect(held(live)).toBe(4);
    // What only reduces is not held back by a bound, nor by the hour.
    await live.session.advance(utc("2013-10-07T23:00:00Z"));
    expect(await bounded({ key: "i-5", quantity: 1, max_notional: 10 * price })).toMatchObject({ success: false });
    expect(live.logs.some((line) => /QUOTE_STALE|RISK_SESSION/.test(line))).toBe(true);
    // What the desk judged by a quote of its own is held to its bound only.
    const dearer = { quantity: 1, desk_priced: true };
    expect(await bounded({ key: "i-7", max_notional: 0.5 * price, ...dearer })).toMatchObject({ success: false });
    expect(await bounded({ key: "i-8", max_notional: 10 * price, ...dearer })).toMatchObject({ success: true });
    expect(await bounded({ key: "i-6", quantity: -1, max_notional: 0.01 })).toMatchObject({ success: true });
    await live.session.kill();
  });

  it("scales its capital down by command, never up", async () => {
    const { live, run, kept } = await deployed({}, { mandate: { capitalFraction: 0.5 } });
    for (const [given, holds] of [
      [0.9, 0.5],
      [0.25, 0.25],
      [0.4, 0.25],
    ] as const) {
      expect(await run({ $type: "QuantwrightControl", capital_fraction: given })).toMatchObject({ success: true });
      expect(kept("state")).toMatchObject({ capitalFraction: holds });
    }
    expect(await run({ $type: "QuantwrightControl", capital_fraction: 7 })).toMatchObject({ success: false });
    expect(kept("state")).toMatchObject({ capitalFraction: 0.25 });
    await live.session.kill();
  });

  it.each([
    [
      "the least where the mandate is gone after a first run",
      { state: { capitalFraction: 1, reduceOnly: false, latched: null } },
      0,
    ],
    ["what was approved on a first run", { mandate: { capitalFraction: 0.3 } }, 0.3],
    ["no more than the project says", { mandate: { capitalFraction: 0.9 } }, 0.8],
    [
      "what a command left",
      { mandate: { capitalFraction: 0.5 }, state: { capitalFraction: 0.2, reduceOnly: false, latched: null } },
      0.2,
    ],
  ])("starts with %s", async (_, objects, fraction) => {
    const { live, order, kept } = await deployed({}, objects, { capitalFraction: 0.8 });
    expect(kept("state")).toMatchObject({ capitalFraction: fraction });
    expect(await order({ key: "i-1", quantity: 1 })).toMatchObject({ success: fraction > 0 });
    await live.session.kill();
  });

  it("keeps a latch through a restart", async () => {
    const latched = { capitalFraction: 1, reduceOnly: false, latched: "RISK_DAILY_LOSS" };
    const { live, order } = await deployed({}, { state: latched, mandate: { capitalFraction: 1 } });
    expect(await order({ key: "i-1", quantity: 1 })).toMatchObject({ success: false });
    expect(live.logs).toContainEqual(expect.stringContaining("Code: RISK_DAILY_LOSS"));
    await live.session.kill();
  });
});
