import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { API_TOKEN, startCloud, temporaryFolder, USER_ID } from "../support/cloud-under-test.ts";

function artifacts(folder: string): number {
  const entries = readdirSync(join(folder, "artifacts"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

describe("the limits of a cloud", () => {
  it("refuse backtests that come too fast, with the real cloud's text", async () => {
    await using cloud = await startCloud({ settings: { backtestsPerMinute: 2 } });
    const projectId = await cloud.project();
    const compileId = await cloud.compile(projectId);
    const ask = async (): Promise<string | undefined> =>
      (await cloud.call("/backtests/create", { projectId, compileId, backtestName: "B" })).errors?.join();
    expect([await ask(), await ask(), await ask()]).toEqual([
      undefined,
      undefined,
      "Too many backtest requests; please slow down.",
    ]);
  });

  it("refuse a backtest without a free node where nothing may wait", async () => {
    await using cloud = await startCloud({ settings: { mostQueuedBacktests: 0, backtestSlots: 1 } });
    const projectId = await cloud.project("wait");
    await cloud.backtest(projectId);
    const compileId = await cloud.compile(projectId);
    const refused = await cloud.call("/backtests/create", { projectId, compileId, backtestName: "B" });
    expect(refused.errors?.join()).toMatch(/^There are no spare nodes available in your cluster\./);
    cloud.runner.release();
    await cloud.until("/backtests/list", { projectId }, (answer) => JSON.stringify(answer).includes("Completed."));
    expect(await cloud.backtest(projectId)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("let nobody try tokens at leisure", async () => {
    await using cloud = await startCloud({ settings: { failedLoginsPerMinute: 3 } });
    const headers = { authorization: `Basic ${btoa(`${USER_ID}:${"0".repeat(64)}`)}` };
    const texts = [];
    for (let tries = 0; tries < 4; tries += 1) {
      texts.push((await cloud.call("/authenticate", {}, { headers })).errors?.join().slice(0, 20));
    }
    expect(texts).toEqual([...Array.from({ length: 3 }, () => "Hash doesn't match. "), "Too many failed atte"]);
    // Also with the right token, or a guess could be told from a miss.
    expect((await cloud.call("/authenticate")).errors?.join()).toMatch(/Too many failed attempts for this user or ip/);
    expect(cloud.logged.join()).not.toContain(API_TOKEN);
    // Another user is another count.
    const other = { authorization: `Basic ${btoa("1:x")}` };
    expect((await cloud.call("/authenticate", {}, { headers: other })).errors).toEqual(["UserID not valid"]);
  });

  it("compile while every backtest slot is taken", async () => {
    await using cloud = await startCloud({ settings: { backtestSlots: 1 } });
    const projectId = await cloud.project("wait");
    await cloud.backtest(projectId);
    await cloud.backtest(projectId);
    const compileId = await cloud.compile(projectId);
    expect(await cloud.call("/compile/read", { projectId, compileId })).toMatchObject({ state: "BuildSuccess" });
  });

  it("leave nothing on disk of what was deleted, and all that something else still uses", async () => {
    const folder = temporaryFolder();
    try {
      await using cloud = await startCloud({ folder });
      const kept = await cloud.project();
      await cloud.backtest(kept);
      const isDone = (answer: unknown): boolean => JSON.stringify(answer).includes("Completed.");
      await cloud.until("/backtests/list", { projectId: kept }, isDone);
      const before = artifacts(folder);
      const gone = await cloud.project("# other code");
      const backtestId = await cloud.backtest(gone);
      await cloud.until("/backtests/list", { projectId: gone }, isDone);
      // The samples are equal, so only the code and its compile are new.
      expect(artifacts(folder)).toBeGreaterThan(before);
      await cloud.call("/backtests/delete", { projectId: gone, backtestId });
      await cloud.call("/projects/delete", { projectId: gone });
      await cloud.until("/account/read", {}, () => artifacts(folder) === before);
      const [{ backtestId: other }] = (await cloud.call("/backtests/list", { projectId: kept }))["backtests"] as [
        { backtestId: string },
      ];
      const page = { projectId: kept, backtestId: other, start: 0, end: 1 };
      expect(await cloud.call("/backtests/orders/read", page)).toMatchObject({ length: 250 });
      await cloud.call("/projects/delete", { projectId: kept });
      await cloud.until("/account/read", {}, () => artifacts(folder) === 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
