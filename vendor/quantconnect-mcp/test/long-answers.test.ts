import { describe, expect, it } from "vitest";
import { createResultStore } from "../src/result-store.ts";
import { summarise } from "../src/summarise.ts";
import { startFakeApi } from "./support/fake-api.ts";
import { spawnServer, textOf } from "./support/spawn-server.ts";

const LONG = {
  success: true,
  length: 400,
  orders: Array.from({ length: 400 }, (_, id) => ({
    id,
    symbol: { value: "SPY" },
    tag: "é".repeat(40),
    price: id / 3,
  })),
  log: "x".repeat(9000),
};

describe("a long answer", () => {
  it("comes as a faithful summary, with the whole by parts and at once as a resource", async () => {
    await using api = await startFakeApi();
    await using server = await spawnServer({ baseUrl: api.url });
    api.expect({ path: "/backtests/orders/read", answer: LONG });
    const args = { projectId: 1, backtestId: "b", start: 0, end: 100 };
    const result = await server.client.callTool({ name: "read_backtest_orders", arguments: args });

    expect(JSON.stringify(result).length).toBeLessThan(32_000);
    const shown = result.structuredContent as typeof LONG & {
      _summary: { resource: string; chunks: number; omitted: unknown[] };
    };
    expect(shown).toMatchObject({ success: true, length: 400 });
    const heads = LONG.orders.slice(0, shown.orders.length);
    expect(shown.orders.map(({ id, price }) => [id, price])).toEqual(heads.map(({ id, price }) => [id, price]));
    expect(shown._summary).toMatchObject({ complete: false, characters: JSON.stringify(LONG).length });
    expect(shown._summary.omitted).toContainEqual({
      path: "orders",
      shown: shown.orders.length,
      of: 400,
      unit: "items",
    });
    expect(result.content.at(-1)).toMatchObject({ type: "resource_link", uri: shown._summary.resource });
    expect(textOf(result)).toContain(shown._summary.resource);

    const read = async (part: string): Promise<string> => {
      const { contents } = await server.client.readResource({ uri: `${shown._summary.resource}/${part}` });
      const [first] = contents;
      return first !== undefined && "text" in first ? first.text : "";
    };
    let text = "";
    for (let part = 1; part <= shown._summary.chunks; part += 1) text += await read(String(part));
    expect(JSON.parse(text)).toEqual(LONG);
    expect(JSON.parse(await read("full"))).toEqual(LONG);
    await expect(read(String(shown._summary.chunks + 1))).rejects.toThrow(/has fewer parts/);

    const { resources } = await server.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([shown._summary.resource]);
  });

  it("of a report keeps the whole page as a resource, and shows its beginning", async () => {
    await using api = await startFakeApi();
    await using server = await spawnServer({ baseUrl: api.url });
    const report = `<html><body>${"<p>é</p>".repeat(9000)}</body></html>`;
    api.expect({ path: "/backtests/read/report", answer: { success: true, report } });
    const args = { projectId: 1, backtestId: "b" };
    const result = await server.client.callTool({ name: "read_backtest_report", arguments: args });
    const shown = result.structuredContent as { report: string; _summary: { resource: string; omitted: unknown[] } };
    expect(report.startsWith(shown.report)).toBe(true);
    expect(shown._summary.omitted).toEqual([
      { path: "report", shown: shown.report.length, of: report.length, unit: "characters" },
    ]);
    const { contents } = await server.client.readResource({ uri: `${shown._summary.resource}/full` });
    const [whole] = contents;
    expect(whole !== undefined && "text" in whole ? JSON.parse(whole.text) : undefined).toEqual({
      success: true,
      report,
    });
    api.expect({ path: "/backtests/read/report", answer: { success: true, generating: true } });
    const early = await server.client.callTool({ name: "read_backtest_report", arguments: args });
    expect(textOf(early)).toContain("call again in a few seconds");
  });

  it("keeps the last results within its bounds and drops the longest unused first", () => {
    const store = createResultStore({ entries: 2, characters: 100 });
    const idOf = (uri: string): string => uri.split("//")[1] ?? "";
    const [a, b] = [store.put("t", "a".repeat(40)), store.put("t", "b".repeat(40))];
    expect(store.read(idOf(a.uri), "full")).toBe("a".repeat(40));
    const c = store.put("t", "c".repeat(40));
    expect(store.list().map(({ uri }) => uri)).toEqual([c.uri, a.uri]);
    expect(store.read(idOf(b.uri), "full")).toBeUndefined();
    const huge = store.put("t", "d".repeat(500));
    expect(store.list().map(({ uri }) => uri)).toEqual([huge.uri]);
  });

  it("is shortened until it fits, whatever its shape", () => {
    const deep = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`key${i}`, { v: "y".repeat(500), list: [1, 2, 3] }]),
    );
    const { value, omissions } = summarise({ success: true, deep, errors: null }, 12_000);
    expect(JSON.stringify(value).length).toBeLessThan(12_000);
    expect(value).toMatchObject({ success: true, errors: null });
    expect(omissions).toContainEqual(expect.objectContaining({ path: "deep", of: 3000, unit: "fields" }));
  });
});
