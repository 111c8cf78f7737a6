import { readFileSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { writeSyntheticData } from "../support/sandbox-data.ts";
import { openTestPool } from "../support/sandbox-pool.ts";

const data = writeSyntheticData();
const pool = openTestPool({ dataFolders: [data] });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

function example(name: string): Record<string, string> {
  return { "main.py": readFileSync(new URL(`../../examples/strategies/${name}`, import.meta.url), "utf8") };
}

describe("the example strategies", () => {
  it.each(["sma_cross.py", "buy_and_hold.py"])("compile, trade, and keep the strategy contract: %s", async (name) => {
    const files = example(name);
    expect(await pool.compile(files)).toEqual({ ok: true, diagnostics: [] });
    const parameters = { "qw-start": "2013-01-02", "qw-end": "2013-12-31", "qw-cash": "50000", fast: "3", slow: "8" };
    const result = await pool.backtest({ files, parameters });
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({
      status: "Completed",
      requested: { start: "2013-01-02", end: "2013-12-31" },
      startCash: { amount: "50000" },
    });
    expect(result.orders.length).toBeGreaterThan(0);
  });
});
