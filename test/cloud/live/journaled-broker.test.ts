import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { JournaledBroker } from "../../../src/cloud/live/journaled-broker.ts";
import { PaperBroker } from "../../../src/lean/brokerages/paper-broker.ts";
import { SyntheticSource } from "../../../src/lean/data/synthetic/synthetic-source.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";

const SHIPPED = fileURLToPath(new URL("../../../config/lean-data", import.meta.url));
const START = Date.UTC(2024, 2, 4) * 1000;

async function brokerOn(commit: () => Promise<void>): Promise<JournaledBroker> {
  const data = new SyntheticSource(openDataFolder([SHIPPED]), { seed: 1 });
  const parts = {
    deployId: "L-1",
    store: { commit, brokerState: () => Promise.resolve(undefined) },
    clock: { now: () => START },
    make: () => new PaperBroker({ data, startUtc: START, endUtc: START + 86_400_000_000 }),
  };
  return JournaledBroker.open(parts, undefined);
}

const daily = (value: string): object => ({
  symbol: { value, market: "usa", securityType: 1 },
  resolution: 4,
  fillForward: true,
  extendedHours: false,
});

describe("the broker with its journal", () => {
  it("lets others have their turn between the securities of one request", async () => {
    const broker = await brokerOn(() => Promise.resolve());
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const subscriptions = ["SPY", "AAA", "BBB", "CCC", "DDD", "EEE"].map(daily);
    expect(await broker.serve({ op: "subscribe", subscriptions })).toEqual({ ok: true, events: [] });
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(broker.subscriptions()).toHaveLength(6);
  });

  it("keeps nothing more once the disk has refused, until it was reloaded", async () => {
    let isFull = false;
    const broker = await brokerOn(() => (isFull ? Promise.reject(new Error("disk is full")) : Promise.resolve()));
    isFull = true;
    await expect(broker.liquidate("")).rejects.toThrow("disk is full");
    expect(broker.isAhead).toBe(true);
    isFull = false;
    await expect(broker.commit()).rejects.toThrow("ahead of its journal");
  });
});
