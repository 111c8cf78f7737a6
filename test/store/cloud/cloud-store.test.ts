import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCloudStore, type OpenCloudStore } from "../../../src/store/cloud/cloud-store.ts";
import { sampleResult } from "../../cloud/support/sample-result.ts";

describe("the store of the local cloud", () => {
  let folder = "";
  let store: OpenCloudStore;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-cloud-store-"));
    store = await openCloudStore(folder);
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const backtest = async (backtestId = "b1"): Promise<number> => {
    const { projectId } = await store.projects.create({ name: "P", language: "Py", files: { "main.py": "x" }, now: 1 });
    const compileId = `c-${backtestId}`;
    await store.compiles.create({ compileId, projectId, signature: "s", files: { "main.py": "x" }, now: 2 });
    const rest = { name: "B", parameters: {}, parameterSet: {}, now: 3 };
    await store.backtests.create({ backtestId, projectId, compileId, ...rest });
    return projectId;
  };

  it("belongs to one process at a time", async () => {
    await expect(openCloudStore(folder)).rejects.toMatchObject({ refusal: { code: "CLOUD_ALREADY_RUNNING" } });
  });

  it("is there again after it was closed", async () => {
    const projectId = await backtest();
    await store[Symbol.asyncDispose]();
    store = await openCloudStore(folder);
    expect(await store.projects.byId(projectId)).toMatchObject({ name: "P", created: 1 });
    expect(await store.backtests.byId(projectId, "b1")).toMatchObject({ state: "queued" });
  });

  it("gives every waiting backtest to one taker only, the oldest first", async () => {
    await backtest("b1");
    await backtest("b2");
    const taken = await Promise.all([1, 2, 3].map((now) => store.backtests.claimNext(now)));
    expect(taken.map((job) => job?.backtestId)).toEqual(["b1", "b2", undefined]);
    expect(await taken[0]?.files()).toEqual({ "main.py": "x" });
  });

  it("finishes a backtest once, and a deleted one never", async () => {
    const projectId = await backtest();
    expect(await store.backtests.finish("b1", sampleResult(), 5)).toBe(false);
    await store.backtests.claimNext(4);
    expect(await store.backtests.finish("b1", sampleResult({ dataPoints: 1 }), 5)).toBe(true);
    expect(await store.backtests.finish("b1", sampleResult({ dataPoints: 2 }), 6)).toBe(false);
    expect(await store.backtests.fail("b1", "late", 7)).toBe(false);
    expect(await store.backtests.byId(projectId, "b1")).toMatchObject({
      state: "completed",
      finished: 5,
      summary: { dataPoints: 1 },
    });
    expect(await store.backtests.part("b1", "orders")).toHaveLength(250);

    await backtest("b2");
    await store.backtests.claimNext(8);
    expect(await store.backtests.delete("b2")).toBe(true);
    expect(await store.backtests.finish("b2", sampleResult(), 9)).toBe(false);
  });

  it("stores the large parts of equal results once", async () => {
    for (const id of ["b1", "b2"]) {
      await backtest(id);
      await store.backtests.claimNext(4);
      await store.backtests.finish(id, sampleResult(), 5);
    }
    const names = readdirSync(join(folder, "artifacts"), { recursive: true, encoding: "utf8" });
    // Five parts of the result, and the files of the project.
    expect(names.filter((name) => /[0-9a-f]{64}$/.test(name))).toHaveLength(6);
  });

  it("says that a result could not be written, and leaves the backtest as it was", async () => {
    const projectId = await backtest();
    await store.backtests.claimNext(4);
    rmSync(join(folder, "artifacts"), { recursive: true });
    // A file where the folder should be fails as a full or read-only disk does.
    writeFileSync(join(folder, "artifacts"), "");
    await expect(store.backtests.finish("b1", sampleResult(), 5)).rejects.toThrow(/cannot store|ENOTDIR/);
    expect(await store.backtests.byId(projectId, "b1")).toMatchObject({ state: "running", summary: undefined });
  });

  it("changes several files together or not at all", async () => {
    const projectId = await backtest();
    const broken = { "main.py": "y", other: undefined as unknown as string };
    await expect(store.files.change(projectId, broken, 9)).rejects.toThrow(/bound|NOT NULL|SQLite/i);
    expect(await store.files.read(projectId, "main.py")).toMatchObject({ content: "x", modified: 1 });
  });

  it.skipIf(process.getuid?.() === 0)(
    "refuses a folder that cannot be written (skipped for root, who can write everywhere)",
    async () => {
      const closed = join(folder, "closed");
      chmodSync(folder, 0o500);
      await expect(openCloudStore(closed)).rejects.toMatchObject({ refusal: { code: "STORE_UNAVAILABLE" } });
      chmodSync(folder, 0o700);
    },
  );

  it("refuses a folder that is a file", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(openCloudStore(join(folder, "file"))).rejects.toMatchObject({
      refusal: { code: "STORE_UNAVAILABLE" },
    });
  });
});
