import { beforeEach, describe, expect, it } from "vitest";
import { CallAllowance } from "../../../src/clients/upstream/call-allowance.ts";
import { carefulUpstreams, type UpstreamCare } from "../../../src/clients/upstream/careful-upstreams.ts";
import { CircuitBreaker } from "../../../src/clients/upstream/circuit-breaker.ts";
import { ResultCache } from "../../../src/clients/upstream/result-cache.ts";
import type { UpstreamOutcome, Upstreams } from "../../../src/gateway/upstream-port.ts";
import { answered, ScriptedUpstreams } from "../../gateway/support.ts";

const LOST: UpstreamOutcome = { kind: "lost", sent: true, timedOut: false, reason: "it died" };

describe("an upstream used with care", () => {
  let inner: ScriptedUpstreams;
  let now = 0;
  beforeEach(() => {
    inner = new ScriptedUpstreams([]);
    now = 0;
  });
  const careful = (care: UpstreamCare | undefined): Upstreams =>
    carefulUpstreams(inner, { careOf: () => care, isRead: (_, tool) => tool.startsWith("read"), now: () => now });
  const call = (
    upstreams: Upstreams,
    tool: string,
    args: object = {},
    signal?: AbortSignal,
  ): Promise<UpstreamOutcome> =>
    upstreams.call({
      upstream: "far",
      tool,
      arguments: { ...args },
      deadlineMilliseconds: 1000,
      ...(signal && { signal }),
    });
  const tools = (): string[] => inner.calls.map(({ tool }) => tool);

  it("asks a read that was lost once more, and a write never", async () => {
    const answers = [LOST, answered({ fine: true })];
    inner.answers.set("read", () => answers.shift() ?? LOST);
    inner.answers.set("write", LOST);
    const upstreams = careful(undefined);
    expect(await call(upstreams, "read")).toMatchObject({ kind: "answered" });
    expect(await call(upstreams, "write")).toMatchObject({ kind: "lost" });
    expect(await call(upstreams, "read")).toMatchObject({ kind: "lost" });
    expect(tools()).toEqual(["read", "read", "write", "read", "read"]);
  });

  it("asks a read no more that was cancelled or had its time", async () => {
    inner.answers.set("read", { ...LOST, timedOut: true });
    await call(careful(undefined), "read");
    inner.answers.set("read", LOST);
    await call(careful(undefined), "read", {}, AbortSignal.abort());
    expect(tools()).toEqual(["read", "read"]);
  });

  it("answers reads from what it kept, says how old that is, and forgets it with each write", async () => {
    inner.answers.set("read", ({ arguments: args }) => answered({ ...args, at: now }));
    const upstreams = careful({ cacheSeconds: 60 });
    await call(upstreams, "read", { a: 1 });
    now = 30_000;
    expect(await call(upstreams, "read", { a: 1 })).toMatchObject({
      ageSeconds: 30,
      result: { structuredContent: { at: 0 } },
    });
    expect(await call(upstreams, "read", { a: 2 })).not.toHaveProperty("ageSeconds");
    await call(upstreams, "write");
    expect(await call(upstreams, "read", { a: 1 })).not.toHaveProperty("ageSeconds");
    now = 90_000;
    expect(await call(upstreams, "read", { a: 1 })).not.toHaveProperty("ageSeconds");
    expect(tools()).toEqual(["read", "read", "write", "read", "read"]);
  });

  it("keeps no answer to a read that was under way while something was written", async () => {
    const { promise, resolve } = Promise.withResolvers<UpstreamOutcome>();
    inner.answers.set("read", () => promise);
    const upstreams = careful({ cacheSeconds: 60 });
    const reading = call(upstreams, "read");
    await call(upstreams, "write");
    resolve(answered({ old: true }));
    await reading;
    await call(upstreams, "read");
    expect(tools()).toEqual(["read", "write", "read"]);
  });

  it("leaves a server alone that fails again and again, tries it once later, and never holds back a write", async () => {
    inner.answers.set("read", { ...LOST, timedOut: true });
    const upstreams = careful({});
    for (let count = 0; count < 5; count += 1) await call(upstreams, "read");
    const held = await call(upstreams, "read");
    expect(held).toMatchObject({ kind: "lost", sent: false });
    await call(upstreams, "write");
    expect(tools()).toEqual([...Array.from({ length: 5 }, () => "read"), "write"]);
    now = 15_000;
    inner.answers.set("read", answered({ fine: true }));
    expect(await call(upstreams, "read")).toMatchObject({ kind: "answered" });
    expect(await call(upstreams, "read")).toMatchObject({ kind: "answered" });
  });

  it("makes no more calls than were promised", async () => {
    const upstreams = careful({ callsPerMinute: 2 });
    const outcomes = [await call(upstreams, "read"), await call(upstreams, "write"), await call(upstreams, "read")];
    expect(outcomes.map(({ kind }) => kind)).toEqual(["answered", "answered", "lost"]);
    expect(outcomes[2]).toMatchObject({ sent: false });
    now = 30_000;
    expect((await call(upstreams, "read")).kind).toBe("answered");
  });
});

describe("a circuit breaker", () => {
  it("lets one call through when it is half open, and opens again when that fails", () => {
    const breaker = new CircuitBreaker({ failures: 2, restMilliseconds: 100 });
    for (const now of [0, 1]) {
      expect(breaker.enter(now)).toBe(true);
      breaker.leave(now, "failed");
    }
    expect(breaker.enter(100)).toBe(false);
    expect([breaker.enter(101), breaker.enter(101)]).toEqual([true, false]);
    breaker.leave(110, "failed");
    expect(breaker.enter(200)).toBe(false);
    expect(breaker.enter(210)).toBe(true);
    breaker.leave(211, "neither");
    expect(breaker.enter(212)).toBe(true);
    breaker.leave(213, "answered");
    expect([breaker.enter(214), breaker.enter(214)]).toEqual([true, true]);
  });
});

describe("a call allowance", () => {
  it("comes back bit by bit, never beyond its whole, and not by a clock that goes back", () => {
    const allowance = new CallAllowance(3);
    const taken = (now: number): boolean[] => [1, 2, 3, 4].map(() => allowance.take(now));
    expect(taken(0)).toEqual([true, true, true, false]);
    expect(allowance.take(-60_000)).toBe(false);
    expect(taken(10_000_000)).toEqual([true, true, true, false]);
  });
});

describe("a result cache", () => {
  it("keeps no errors, and no more than two hundred answers", () => {
    const cache = new ResultCache(1000);
    cache.put("bad", { result: { content: [], isError: true }, at: 0, generation: 0 });
    expect(cache.get("bad", 0)).toBeUndefined();
    for (let count = 0; count < 201; count += 1) {
      cache.put(`key ${count}`, { result: { content: [] }, at: 0, generation: 0 });
    }
    expect([cache.get("key 0", 1), cache.get("key 1", 1)?.ageSeconds]).toEqual([undefined, 0.001]);
  });
});
