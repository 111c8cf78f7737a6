import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { processStartedAt } from "../../src/clients/process/process-identity.ts";
import { busyAlgorithm } from "../support/e2e-algorithms.ts";
import { connectClient, LEGACY, MODERN } from "../support/e2e-clients.ts";
import { openE2eHome, type E2eHome } from "../support/e2e-home.ts";
import { eventually, familyOf, HAS_PROC, survivors } from "../support/e2e-processes.ts";

const runSchema = z.looseObject({ run: z.looseObject({ runId: z.string(), state: z.string(), version: z.int() }) });
const strategySchema = z.looseObject({ strategyId: z.string(), projectId: z.int() });

async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const value = await ask();
    if (good(value) || tries > 200) return value;
    await delay(100);
  }
}

describe.skipIf(!HAS_PROC)("a desk that is killed in the middle of a backtest (needs /proc)", () => {
  it("tells who waits in either era, leaves no process, starts again with the next call and finishes the run once", async () => {
    await using home = openE2eHome();
    await using modern = await connectClient(home, { toolset: "full", versionNegotiation: MODERN });
    await using legacy = await connectClient(home, { versionNegotiation: LEGACY });
    const { strategyId, projectId } = strategySchema.parse(
      await modern.call("create_strategy", { name: "slow", code: busyAlgorithm(12) }),
    );
    const starting = fateOf(modern.call("run_backtest", { strategyId }));
    // The backtest itself must be under way: then its sandbox is busy.
    await until(
      () => modern.call("qc_list_backtests", { projectId }),
      (list) => JSON.stringify(list).includes('"In Progress'),
    );
    const { run } = runSchema.parse({ run: await latestRun(home) });
    const watching = fateOf(legacy.call("run_status", { runId: run.runId, version: 1_000_000 }));
    const desk = await home.status();
    if (desk === undefined) throw new Error("no desk runs");
    const family = familyOf(desk.pid);
    expect(family.length).toBeGreaterThan(3);
    process.kill(desk.pid, "SIGKILL");
    expect(await starting).toMatch(/went away.*run_status/s);
    expect(await watching).toMatch(/went away/);
    expect(await survivors(family)).toEqual([]);

    let now = runSchema.parse(await legacy.call("run_status", { runId: run.runId }));
    while (now.run.state === "queued" || now.run.state === "running")
      now = runSchema.parse(await modern.call("run_status", { runId: run.runId, version: now.run.version }));
    expect(now.run.state).toBe("completed");
    expect((await home.status())?.pid).not.toBe(desk.pid);
    expect(await modern.call("qc_list_backtests", { projectId })).toMatchObject({ backtests: [{}] });
    const trials = await until(
      async () => (await home.run(["trials", "--json"])).lines()[0],
      (list) => JSON.stringify(list).includes('"completed"'),
    );
    expect(trials).toEqual([expect.objectContaining({ strategyId, state: "completed" })]);
    expect((await home.run(["audit", "verify", "--json"])).json()).toMatchObject({ ok: true });
  }, 60_000);
});

/** What becomes of a call whose answer is waited for later. */
function fateOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "answered",
    (error: unknown) => String(error),
  );
}

/** The desk's latest run, as `status` shows it. */
async function latestRun(home: E2eHome): Promise<{ runId: string; state: string; version: number } | undefined> {
  const { runs } = z
    .looseObject({ runs: z.array(z.looseObject({ id: z.string(), state: z.string() })) })
    .parse((await home.run(["status", "--json"])).json());
  return runs.map(({ id, state }) => ({ runId: id, state, version: 0 }))[0];
}

describe("the vendored server, killed", () => {
  it("is started again: the next call succeeds within two seconds, and clients are told to list its tools anew", async () => {
    await using home = openE2eHome();
    let told = 0;
    await using served = await connectClient(home, { toolset: "full", onToolsChanged: () => (told += 1) });
    await served.call("qc_read_account");
    const before = (await home.status())?.upstreams[0];
    process.kill(before?.pid ?? 0, "SIGKILL");
    const killedAt = performance.now();
    // A read that was on its way when the process died is answered with an error, so the desk gets a moment to see it.
    await eventually(() => processStartedAt(before?.pid ?? 0) === undefined);
    await delay(50);
    expect(await served.call("qc_read_account")).toMatchObject({ success: true });
    expect(performance.now() - killedAt).toBeLessThan(2000);
    expect(await eventually(() => told > 0)).toBe(true);
    const after = (await home.status())?.upstreams[0];
    expect(after).toMatchObject({ state: "ready", restarts: 1 });
    expect(after?.pid).not.toBe(before?.pid);
  });
});
