import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Answer, startCloud, temporaryFolder } from "../support/cloud-under-test.ts";
import { scriptedRunner } from "../support/scripted-runner.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
};
const done = (answer: Answer): boolean => (answer["backtest"] as { completed: boolean }).completed;

describe("the jobs of the cloud", () => {
  it("runs as many backtests at once as there are slots, and the rest later in order", async () => {
    await using cloud = await startCloud({ settings: { backtestSlots: 2 } });
    const projectId = await cloud.project("wait");
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push(await cloud.backtest(projectId, { count }));
    await cloud.until("/projects/nodes/read", { projectId }, ({ nodes }) => {
      const { backtest } = nodes as { backtest: { busy: boolean }[] };
      return backtest.every(({ busy }) => busy);
    });
    const waiting = await cloud.call("/backtests/read", { projectId, backtestId: ids[4] });
    expect(waiting).toMatchObject({ backtest: { status: "In Queue...", progress: 0 } });
    cloud.runner.release();
    for (const backtestId of ids) await cloud.until("/backtests/read", { projectId, backtestId }, done);
    expect(cloud.runner.mostAtOnce()).toBe(2);
    expect(cloud.runner.begun.map(({ parameters }) => parameters?.["count"])).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("takes up after a restart what was running and waiting, and finishes each once under its id", async () => {
    const folder = newFolder();
    const ids: string[] = [];
    let projectId = 0;
    {
      await using cloud = await startCloud({ folder, settings: { backtestSlots: 1 } });
      projectId = await cloud.project("wait");
      ids.push(await cloud.backtest(projectId, { n: 1 }), await cloud.backtest(projectId, { n: 2 }));
      const first = { projectId, backtestId: ids[0] };
      await cloud.until("/backtests/read", first, (answer) => JSON.stringify(answer).includes("In Progress"));
    }
    const runner = scriptedRunner();
    runner.release();
    await using cloud = await startCloud({ folder, runner, settings: { backtestSlots: 1 } });
    for (const backtestId of ids) {
      const answer = await cloud.until("/backtests/read", { projectId, backtestId }, done);
      expect(answer).toMatchObject({ backtest: { status: "Completed.", backtestId } });
    }
    expect(runner.begun.map(({ parameters }) => parameters?.["n"])).toEqual(["1", "2"]);
    expect(await cloud.call("/backtests/list", { projectId })).toMatchObject({ count: 2 });
  });

  it("gives up a backtest that ended its process three times", async () => {
    const folder = newFolder();
    let ids = {};
    for (let start = 0; start < 3; start += 1) {
      await using cloud = await startCloud({ folder });
      if (start === 0) {
        const projectId = await cloud.project("wait");
        ids = { projectId, backtestId: await cloud.backtest(projectId) };
      }
      await cloud.until("/backtests/read", ids, (answer) => JSON.stringify(answer).includes("In Progress"));
    }
    await using cloud = await startCloud({ folder });
    const answer = await cloud.call("/backtests/read", ids);
    expect(answer).toMatchObject({ backtest: { status: "Runtime Error" } });
    expect(JSON.stringify(answer)).toContain("ended the process that ran it 3 times");
    expect(cloud.runner.begun).toHaveLength(0);
  });

  it("ends a backtest with the reason when its result cannot be written", async () => {
    const folder = newFolder();
    await using cloud = await startCloud({ folder });
    const projectId = await cloud.project("wait");
    const ids = { projectId, backtestId: await cloud.backtest(projectId) };
    await cloud.until("/backtests/read", ids, (answer) => JSON.stringify(answer).includes("In Progress"));
    // A file where the folder should be fails as a full or read-only disk does.
    rmSync(join(folder, "artifacts"), { recursive: true });
    writeFileSync(join(folder, "artifacts"), "");
    cloud.runner.release();
    const answer = await cloud.until("/backtests/read", ids, done);
    expect(answer).toMatchObject({ success: true, backtest: { status: "Runtime Error", statistics: null } });
    expect(cloud.logged.join()).toContain("backtest.failed");
  });

  it("refuses new backtests when too many wait", async () => {
    await using cloud = await startCloud({ settings: { backtestSlots: 1, mostQueuedBacktests: 1 } });
    const projectId = await cloud.project("wait");
    const backtestId = await cloud.backtest(projectId);
    await cloud.until("/backtests/read", { projectId, backtestId }, (answer) =>
      JSON.stringify(answer).includes("In Progress"),
    );
    await cloud.backtest(projectId);
    const compileId = await cloud.compile(projectId);
    const refused = await cloud.call("/backtests/create", { projectId, compileId, backtestName: "x" });
    expect(refused).toEqual({ success: false, errors: ["Too many backtest requests; please slow down."] });
  });
});
