import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backoffMilliseconds } from "../../../src/clients/upstream/backoff.ts";
import { UpstreamManager } from "../../../src/clients/upstream/upstream-manager.ts";
import type { UpstreamCall, UpstreamOutcome } from "../../../src/gateway/upstream-port.ts";
import { isAlive, until } from "../process/support.ts";

const FIXTURE = fileURLToPath(new URL("support/fixture-server.ts", import.meta.url));

describe("a supervised upstream", () => {
  let folder = "";
  let stack: AsyncDisposableStack;
  const registered = new Set<number>();
  const logged: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quantwright-upstream-"));
    stack = new AsyncDisposableStack();
    logged.length = 0;
    registered.clear();
  });
  afterEach(async () => {
    await stack.disposeAsync();
    rmSync(folder, { recursive: true, force: true });
  });

  const manager = (
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [FIXTURE],
  ): UpstreamManager => {
    const server = { name: "fixture", command: process.execPath, args, env };
    const registry = {
      register: (pid: number) => {
        registered.add(pid);
        return () => void registered.delete(pid);
      },
    };
    const options = { registry, log: (line: string) => logged.push(line), random: () => 1, version: "1" };
    const upstreams = stack.use(new UpstreamManager([server], options));
    upstreams.start();
    return upstreams;
  };
  const call = (
    upstreams: UpstreamManager,
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    more: Partial<UpstreamCall> = {},
  ): Promise<UpstreamOutcome> =>
    upstreams.call({ upstream: "fixture", tool, arguments: args, deadlineMilliseconds: 10_000, ...more });
  const textOf = (outcome: UpstreamOutcome): string => {
    if (outcome.kind === "lost") throw new Error(`lost: ${outcome.reason}`);
    return String(outcome.result.content[0]?.["text"]);
  };
  const pidOf = async (upstreams: UpstreamManager): Promise<number> => Number(textOf(await call(upstreams, "pid")));
  const journal = (): string => join(folder, "journal");
  const said = (what: string): boolean => {
    try {
      return readFileSync(journal(), "utf8").includes(what);
    } catch {
      return false;
    }
  };

  it("that is killed ends the calls in flight at once, and takes the next call within two seconds", async () => {
    const upstreams = manager({ JOURNAL: journal() });
    const changes: string[] = [];
    const first = await pidOf(upstreams);
    expect([...registered]).toEqual([first]);
    upstreams.onToolsChanged((name) => changes.push(name));
    const flying = [call(upstreams, "hang"), call(upstreams, "hang")];
    await until(() => said("hang begins"), "the call reaches the server");
    const killedAt = performance.now();
    process.kill(first, "SIGKILL");
    for (const outcome of await Promise.all(flying))
      expect(outcome).toMatchObject({ kind: "lost", sent: true, timedOut: false });
    expect(performance.now() - killedAt).toBeLessThan(1000);
    const second = await pidOf(upstreams);
    expect(performance.now() - killedAt).toBeLessThan(2000);
    expect(second).not.toBe(first);
    expect([...registered]).toEqual([second]);
    expect(changes).toEqual(["fixture"]);
    expect(upstreams.status()).toMatchObject([{ state: "ready", pid: second, restarts: 1 }]);
  });

  it("gives a call that finds the dying child to the next one, and sends no call twice", async () => {
    const upstreams = manager({ JOURNAL: journal() });
    process.kill(await pidOf(upstreams), "SIGKILL");
    // Not one of these may be lost without having been sent.
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => call(upstreams, "pid")));
    for (const outcome of outcomes)
      expect(outcome.kind === "answered" || outcome.sent, JSON.stringify(outcome)).toBe(true);
    const waiting = call(upstreams, "hang", {}, { deadlineMilliseconds: 1500 });
    await until(() => said("hang begins"), "the call reaches the server");
    expect(await waiting).toMatchObject({ kind: "lost", sent: true, timedOut: true });
    expect(readFileSync(journal(), "utf8").match(/hang begins/g)).toHaveLength(1);
  });

  it("is replaced when it listens no more, and no call is lost by that", async () => {
    const upstreams = manager();
    const first = await pidOf(upstreams);
    expect(textOf(await call(upstreams, "deafen"))).toBe("what?");
    await delay(100);
    const outcome = await call(upstreams, "pid");
    expect(Number(textOf(outcome))).not.toBe(first);
    expect(isAlive(first)).toBe(false);
  });

  it("is not held up by what the dead child left in its group, and leaves none of it", async () => {
    const upstreams = manager({ JOURNAL: journal() });
    const pid = await pidOf(upstreams);
    const heir = Number(textOf(await call(upstreams, "leave_heir")));
    expect(isAlive(heir)).toBe(true);
    const flying = call(upstreams, "hang");
    await until(() => said("hang begins"), "the call reaches the server");
    process.kill(pid, "SIGKILL");
    expect(await flying).toMatchObject({ kind: "lost", sent: true });
    await until(() => !isAlive(heir), "the heir ends");
    expect(await pidOf(upstreams)).not.toBe(pid);
  });

  it("hears an answer that the child gave right before it ended", async () => {
    const upstreams = manager();
    expect(textOf(await call(upstreams, "last_words"))).toBe("farewell");
  });

  it("waits longer after each death at the start, fails calls meanwhile, and recovers", async () => {
    const upstreams = manager({ DIES_AT_START: join(folder, "starts"), LEFT: "5" });
    await until(() => upstreams.status()[0]?.restarts === 4, "four deaths");
    expect(await call(upstreams, "pid")).toMatchObject({ kind: "lost", sent: false });
    expect(upstreams.status()[0]?.lastError).toMatch(/exit code 3/);
    expect(logged).toContain("fixture: cannot start today");
    await until(async () => (await call(upstreams, "pid")).kind === "answered", "it starts in the end");
    expect(readFileSync(join(folder, "starts"), "utf8")).toBe("6");
  });

  it("that cannot be started at all says so, and is disposed of while it waits", async () => {
    const options = {
      registry: { register: () => () => undefined },
      log: (line: string) => logged.push(line),
      random: () => 1,
      version: "1",
    };
    const server = { name: "none", command: join(folder, "no-such-program"), args: [], env: {} };
    const upstreams = new UpstreamManager([server], options);
    upstreams.start();
    const outcome = await upstreams.call({ upstream: "none", tool: "x", arguments: {}, deadlineMilliseconds: 1000 });
    expect(outcome).toMatchObject({ kind: "lost", sent: false });
    expect(outcome.kind === "lost" ? outcome.reason : "").toMatch(/ENOENT/);
    const before = performance.now();
    await upstreams[Symbol.asyncDispose]();
    expect(performance.now() - before).toBeLessThan(1000);
    expect(upstreams.status()).toMatchObject([{ state: "stopped" }]);
  });

  it("resets the deadline with progress, and ends without it", async () => {
    const upstreams = manager();
    await pidOf(upstreams);
    const steps: number[] = [];
    const slow = call(
      upstreams,
      "slow",
      { steps: 6, each: 200 },
      {
        deadlineMilliseconds: 700,
        onProgress: ({ progress }) => steps.push(progress),
      },
    );
    expect(textOf(await slow)).toBe("done");
    // The last one may come together with the answer, and is of no use then.
    expect(steps.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    const still = call(upstreams, "hang", {}, { deadlineMilliseconds: 300 });
    expect(await still).toMatchObject({ kind: "lost", sent: true, timedOut: true });
  });

  it("tells the child that a call was cancelled, and does not send one that was before", async () => {
    const upstreams = manager({ JOURNAL: journal() });
    const controller = new AbortController();
    const flying = call(upstreams, "hang", {}, { signal: controller.signal });
    await until(() => said("hang begins"), "the call reaches the server");
    controller.abort();
    expect(await flying).toMatchObject({ kind: "lost", sent: true, timedOut: false });
    await until(() => said("hang cancelled"), "the server hears of it");
    expect(await call(upstreams, "pid", {}, { signal: controller.signal })).toMatchObject({
      kind: "lost",
      sent: false,
    });
  });

  it("is not given a call that was forbidden while it started", async () => {
    let isHalted = false;
    const upstreams = manager();
    const forbidden = () => (isHalted ? { code: "HALTED", message: "halted meanwhile" } : undefined);
    const waiting = call(upstreams, "pid", {}, { forbidden });
    isHalted = true;
    expect(await waiting).toMatchObject({ kind: "lost", sent: false, refusal: { code: "HALTED" } });
    isHalted = false;
    expect(await call(upstreams, "pid", {}, { forbidden })).toMatchObject({ kind: "answered" });
  });

  it("takes the server's own refusal of a call for an answer", async () => {
    const outcome = await call(manager(), "length", { of: 5 });
    expect(outcome).toMatchObject({ kind: "answered", result: { isError: true } });
    expect(await call(manager(), "no_such_tool")).toMatchObject({ kind: "answered", result: { isError: true } });
  });

  it("passes 20 MB in both directions", async () => {
    const upstreams = manager();
    const size = 20 * 1024 * 1024;
    expect(textOf(await call(upstreams, "large", { characters: size }))).toHaveLength(size);
    expect(textOf(await call(upstreams, "length", { of: "x".repeat(size) }))).toBe(String(size));
  });

  it("gives the child its own environment and nothing of ours", async () => {
    process.env["QUANTWRIGHT_PLANTED"] = "planted";
    try {
      const seen = JSON.parse(textOf(await call(manager({ ONLY: "this" }), "environment"))) as object;
      // What the system itself adds on some platforms.
      expect(Object.keys(seen).filter((name) => !/^__|^PATH$|^PWD$|^SHLVL$|^_$/.test(name))).toEqual(["ONLY"]);
    } finally {
      delete process.env["QUANTWRIGHT_PLANTED"];
    }
  });

  it("writes the child's complaints to the log as whole lines", async () => {
    const upstreams = manager();
    await call(upstreams, "complain", { parts: ["token sec", "ret-123 is wrong\nand", " more\n", "end"] });
    await until(() => logged.length >= 2, "two lines");
    expect(logged.slice(0, 2)).toEqual(["fixture: token secret-123 is wrong", "fixture: and more"]);
  });

  it("is another process after a restart, and none after it is disposed of", async () => {
    const upstreams = manager();
    const first = await pidOf(upstreams);
    expect(await upstreams.restart("fixture")).toBe(true);
    const second = await pidOf(upstreams);
    expect(second).not.toBe(first);
    expect(isAlive(first)).toBe(false);
    await Promise.all([upstreams.restart("fixture"), upstreams.restart("fixture")]);
    const third = await pidOf(upstreams);
    await upstreams[Symbol.asyncDispose]();
    for (const pid of [second, third]) expect(isAlive(pid)).toBe(false);
    expect(registered.size).toBe(0);
    expect(await call(upstreams, "pid")).toMatchObject({ kind: "lost", sent: false });
    expect(await upstreams.restart("nobody")).toBe(false);
  });

  it("is disposed of while it starts", async () => {
    const upstreams = manager();
    await upstreams[Symbol.asyncDispose]();
    expect(registered.size).toBe(0);
    expect(upstreams.status()).toMatchObject([{ state: "stopped" }]);
  });
});

describe("the backoff", () => {
  it("is nothing at first, then doubles up to half a minute, and is spread", () => {
    expect([0, 1, 2, 3, 20].map((attempt) => backoffMilliseconds(attempt, () => 1))).toEqual([
      0, 100, 200, 400, 30_000,
    ]);
    expect(backoffMilliseconds(3, () => 0)).toBe(200);
  });
});
