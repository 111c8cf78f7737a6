import { once } from "node:events";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../../src/cloud/live/deployment.ts";
import { createLiveDesk, type LiveDesk } from "../../../src/cloud/live/live-desk.ts";
import type { LiveStore } from "../../../src/cloud/live/live-store-port.ts";
import { PaperBroker } from "../../../src/lean/brokerages/paper-broker.ts";
import type { LiveSandboxes } from "../../../src/lean/live/live-ports.ts";
import { SyntheticSource } from "../../../src/lean/data/synthetic/synthetic-source.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";
import { openLiveStore, type LiveStore as OpenLiveStore } from "../../../src/store/cloud/live/live-store.ts";
import { temporaryFolder } from "../support/cloud-under-test.ts";
import { scriptedLiveRunner, type ScriptedLiveRunner } from "../support/scripted-live-runner.ts";

const SHIPPED = fileURLToPath(new URL("../../../config/lean-data", import.meta.url));
const DATA = new SyntheticSource(openDataFolder([SHIPPED]), { seed: 1 });
const LENGTH = 300 * 86_400_000_000;
const FIRST = Date.UTC(2024, 2, 4) * 1000;

function deploymentOf(digit: string, speed: number): Deployment {
  return {
    deployId: `L-${digit.repeat(32)}`,
    projectId: Number(digit),
    projectName: "Test",
    compileId: "c",
    nodeId: `LN-${digit}`,
    brokerage: "PaperBrokerage",
    simulation: undefined,
    feed: { kind: "replay", startUtc: FIRST, endUtc: FIRST + LENGTH, speed },
    parameters: {},
    notifyInsights: false,
    notifyOrderEvents: false,
    autoRestart: false,
    status: "InQueue",
    launched: 1,
    stopped: undefined,
    error: undefined,
    stacktrace: undefined,
  };
}

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await done()) return;
    await sleep(10);
  }
  throw new Error("what was awaited never came");
}

describe("the live desk", () => {
  let folder: string;
  let store: OpenLiveStore;
  let runner: ScriptedLiveRunner;
  let refusals: { commit: number; change: number };
  const desks: LiveDesk[] = [];

  /** The real store on a disk that refuses as often as it is told to. */
  function fullable(): LiveStore {
    const refuse = (what: "commit" | "change"): void => {
      if (refusals[what] <= 0) return;
      refusals[what] -= 1;
      throw new Error("database or disk is full");
    };
    return new Proxy<LiveStore>(store, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== "function") return value;
        return async (...words: readonly unknown[]): Promise<unknown> => {
          if (name === "commit" || name === "change") refuse(name);
          return Reflect.apply(value, target, words);
        };
      },
    });
  }

  function desk(sandboxes: LiveSandboxes = runner): LiveDesk {
    const made = createLiveDesk({
      store: fullable(),
      runner: sandboxes,
      clock: { now: () => Date.now() * 1000 },
      ids: { hex32: () => "f".repeat(32) },
      log: () => undefined,
      objects: () => Promise.resolve({ ok: false }),
      broker: (terms) => new PaperBroker({ ...terms, data: DATA }),
    });
    desks.push(made);
    return made;
  }

  const statusOf = async (deployment: Deployment): Promise<string | undefined> =>
    (await store.byId(deployment.deployId))?.status;
  const begin = async (on: LiveDesk, deployment: Deployment, main: string): Promise<void> => {
    await on.deploy(deployment, { files: { "main.py": main }, account: {} });
    await until(async () => (await statusOf(deployment)) === "Running");
  };

  beforeEach(async () => {
    folder = temporaryFolder();
    store = await openLiveStore(folder);
    runner = scriptedLiveRunner();
    refusals = { commit: 0, change: 0 };
  });
  afterEach(async () => {
    for (const one of desks.splice(0)) await one.stop();
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("stops a deployment that could not be resumed, so that its project is free again", async () => {
    const deployment = deploymentOf("1", 1);
    await store.create(deployment, { "main.py": "nothing" });
    const other = desk();
    refusals.commit = 1;
    await other.start();
    expect(other.busyNodes().size).toBe(0);
    await other.end(deployment.deployId, "stop");
    expect(await statusOf(deployment)).toBe("Stopped");
  });

  it("lets a stop wait until deployments have been resumed", async () => {
    const deployment = deploymentOf("1", 1);
    await store.create(deployment, { "main.py": "nothing" });
    const other = desk();
    const started = other.start();
    await other.end(deployment.deployId, "stop");
    await started;
    expect(await statusOf(deployment)).toBe("Stopped");
    expect(other.busyNodes().size).toBe(0);
  });

  it("takes a stop back that the disk refused, and stops when asked again", async () => {
    const deployment = deploymentOf("1", 1);
    const one = desk();
    await begin(one, deployment, "nothing");
    refusals.change = 1;
    await expect(one.end(deployment.deployId, "stop")).rejects.toThrow("disk is full");
    expect([...one.busyNodes().keys()]).toEqual([deployment.nodeId]);
    await one.end(deployment.deployId, "stop");
    expect(await statusOf(deployment)).toBe("Stopped");
    expect(one.busyNodes().size).toBe(0);
  });

  it("forgets a liquidation that the disk refused as a whole: the stop that follows keeps account and orders alike", async () => {
    const deployment = deploymentOf("1", 1);
    const one = desk();
    await begin(one, deployment, "limit");
    await until(async () => (await store.orders(deployment.deployId, { start: 0, end: 10 })).length === 1);
    refusals.commit = 1;
    const refused = one.end(deployment.deployId, "liquidate");
    const stopped = one.end(deployment.deployId, "stop");
    await expect(refused).rejects.toThrow("disk is full");
    await stopped;
    const { items } = await store.orders(deployment.deployId, { start: 0, end: 10 });
    const kept = await store.brokerState(deployment.deployId);
    expect(items.map(({ id, status }) => ({ id, status }))).toEqual([{ id: 1, status: 1 }]);
    expect(kept?.state.orders.map(({ id, status }) => ({ id, status }))).toEqual([{ id: 1, status: 1 }]);
  });

  /** Algorithms that take their time for every price. */
  function slow(milliseconds: number): LiveSandboxes {
    return {
      live: async (job, handlers) => {
        const started = await runner.live(job, handlers);
        const { sandbox } = started;
        const advance = sandbox.advance.bind(sandbox);
        sandbox.advance = async (toUtc, events) => {
          await sleep(milliseconds);
          return advance(toUtc, events);
        };
        // By now the whole replay is due.
        await sleep(100);
        return started;
      },
    };
  }

  it("leaves a replay that is closed on its way where it is, and does not end it", async () => {
    const deployment = deploymentOf("1", 1e9);
    const one = desk(slow(20));
    await begin(one, deployment, "nothing");
    await sleep(200);
    await one.stop();
    expect(await statusOf(deployment)).toBe("Running");
  });

  it("answers a stop between two prices of a replay that is far behind", async () => {
    const deployment = deploymentOf("1", 1e9);
    const one = desk(slow(100));
    await begin(one, deployment, "nothing");
    await sleep(200);
    const asked = performance.now();
    await one.end(deployment.deployId, "stop");
    expect(performance.now() - asked).toBeLessThan(2000);
    const kept = await store.brokerState(deployment.deployId);
    expect(kept?.state.utc).toBeLessThan(FIRST + LENGTH);
  });

  it("leaves at once when closed while an algorithm starts, and goes on with it the next time", async () => {
    const deployment = deploymentOf("1", 1);
    const one = desk({
      live: async (_job, handlers) => {
        const { signal } = handlers;
        if (signal?.aborted === false) await once(signal, "abort");
        const end = { status: "Stopped" } as const;
        handlers.ended(end);
        return { sandbox: (await runner.live(_job, { ...handlers, ended: () => undefined })).sandbox, name: "" };
      },
    });
    await one.deploy(deployment, { files: { "main.py": "nothing" }, account: {} });
    await until(async () => (await statusOf(deployment)) === "Initializing");
    await one.stop();
    expect(await statusOf(deployment)).toBe("Initializing");
    const again = desk();
    await again.start();
    await until(async () => (await statusOf(deployment)) === "Running");
  });

  it("refuses commands beyond a hundred that wait, so that algorithms cannot drown each other", async () => {
    const deployment = deploymentOf("1", 1);
    const one = desk();
    await begin(one, deployment, "nothing");
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => one.command(deployment.deployId, { order: "1" })),
    );
    expect(answers.filter((answer) => answer?.success === true)).toHaveLength(100);
    expect(answers.at(-1)?.message).toContain("wait already");
    expect(await one.command(deployment.deployId, {})).toMatchObject({ success: true });
  });
});
