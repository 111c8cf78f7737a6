import { describe, expect, it } from "vitest";
import type { McpBackend, SessionHandler } from "../../../src/server/http/mcp-backend.ts";
import { SessionTable } from "../../../src/server/http/session-table.ts";

const handler: SessionHandler = {
  inFlight: 0,
  receive: () => undefined,
  resume: () => undefined,
  cancel: () => undefined,
  close: () => Promise.resolve(),
};
const backend: McpBackend = {
  openSession: () => handler,
  exchange: () => Promise.resolve({ result: {} }),
  paramHeaders: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

describe("the sessions of one door", () => {
  const tableOf = (ownKeys: boolean, clock: { time: number }): SessionTable => {
    let id = 0;
    return new SessionTable(backend, { now: () => clock.time, newId: () => `s${(id += 1)}`, ownKeys });
  };
  const openAll = (table: SessionTable, caller: string): number => {
    let count = 0;
    while (count < 1000 && table.open(caller) !== undefined) count += 1;
    return count;
  };

  it("are not all taken by one of several callers, who gets more when his old ones are over", async () => {
    const clock = { time: 0 };
    await using table = tableOf(true, clock);
    expect(openAll(table, "greedy")).toBe(16);
    expect(table.open("modest")).toBeDefined();
    clock.time += 31 * 60_000;
    expect(table.open("greedy")).toBeDefined();
  });

  it("are 64 in all, whoever has them", async () => {
    await using one = tableOf(false, { time: 0 });
    expect(openAll(one, "client")).toBe(64);
    await using several = tableOf(true, { time: 0 });
    const taken = ["a", "b", "c", "d", "e"].map((caller) => openAll(several, caller));
    expect(taken).toEqual([16, 16, 16, 16, 0]);
  });
});
