import { array, assert, asyncProperty, boolean, integer, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { StartQueue, type Start, type StartEnd } from "../../../src/gateway/organisation/start-queue.ts";
import type { UpstreamOutcome } from "../../../src/gateway/upstream-port.ts";
import { answered } from "../support.ts";
import { waitingClock } from "./waiting-clock.ts";

const NO_NODES =
  "There are no spare nodes available in your cluster. To launch a new backtest please stop an existing running backtest or add more compute nodes to your organization.";
const TOO_MANY = "Too many backtest requests; please slow down.";
const PACE = { firstMilliseconds: 2000, growth: 1.5, mostMilliseconds: 30_000, jitter: 0.2 };

const refusedWith = (error: string): UpstreamOutcome => answered({ success: false, errors: [error] });

/** A service with so many free nodes, and a queue before it. */
function underTest(options: { readonly random?: () => number } = {}) {
  const { clock, wait } = waitingClock();
  const service = { free: 0 };
  /** Every question that reached the service. */
  const asked: { readonly name: string; readonly at: number; readonly started: boolean }[] = [];
  const told = new Map<string, string[]>();
  const ends = new Map<string, StartEnd>();
  const lookups: unknown[] = [];
  const queue = new StartQueue({
    pace: PACE,
    patience: { call: 45_000, run: 6 * 3_600_000 },
    now: clock.now,
    wait,
    random: options.random ?? (() => 0),
    organisationOf: (_, projectId) => {
      lookups.push(projectId);
      return Promise.resolve(Number(projectId) < 100 ? "first" : "second");
    },
  });
  const begin = (name: string, more: Partial<Start> = {}): Promise<StartEnd> => {
    const send = (): Promise<UpstreamOutcome> => {
      const started = service.free > 0;
      if (started) service.free -= 1;
      asked.push({ name, at: clock.time, started });
      return Promise.resolve(started ? answered({ success: true, backtest: { name } }) : refusedWith(NO_NODES));
    };
    const said: string[] = [];
    told.set(name, said);
    const end = queue.run({
      upstream: "quantconnect",
      tool: "create_backtest",
      callId: name,
      projectId: 7,
      ofRun: true,
      signals: [],
      send,
      forbidden: () => undefined,
      onWaiting: (message) => said.push(message),
      ...more,
    });
    void end.then((one) => ends.set(name, one));
    return end;
  };
  return { clock, service, asked, told, ends, lookups, queue, begin };
}

describe("the queue of starts that need a node", () => {
  it("asks at once while nobody waits, and looks nobody's organisation up", async () => {
    const { service, begin, asked, lookups, queue } = underTest();
    service.free = 2;
    expect(await begin("a")).toMatchObject({ kind: "answered" });
    expect(await begin("b")).toMatchObject({ kind: "answered" });
    expect(asked.map(({ at }) => at)).toEqual([0, 0]);
    expect(lookups).toEqual([]);
    expect(queue.isWaiting("a")).toBe(false);
  });

  it("asks again after growing waits, never under 2 s, until a node is free, and says so meanwhile", async () => {
    const { clock, service, begin, asked, told, ends, queue } = underTest();
    void begin("a");
    await clock.pass(100_000);
    const waits = asked.map(({ at }) => at).map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(waits.slice(0, 8)).toEqual([0, 2000, 3000, 4500, 6750, 10_125, 15_188, 22_782]);
    expect(told.get("a")?.every((said) => said === "waiting for node")).toBe(true);
    expect(queue.isWaiting("a")).toBe(true);
    await clock.pass(100_000);
    expect(asked.at(-1)?.at ?? 0).toBeLessThanOrEqual(200_000);
    service.free = 1;
    await clock.pass(30_000);
    expect(ends.get("a")).toMatchObject({ kind: "answered" });
    expect(queue.isWaiting("a")).toBe(false);
  });

  it("adds chance to a wait and never takes from it", async () => {
    const { clock, begin, asked } = underTest({ random: () => 1 });
    void begin("a");
    await clock.pass(2399);
    expect(asked).toHaveLength(1);
    await clock.pass(1);
    expect(asked).toHaveLength(2);
  });

  it("serves who came first, lets only him ask, and tells the others how many are before them", async () => {
    const { clock, service, begin, asked, told } = underTest();
    void begin("a");
    await clock.pass(10);
    void begin("b");
    void begin("c");
    await clock.pass(20_000);
    expect(new Set(asked.map(({ name }) => name))).toEqual(new Set(["a"]));
    expect(told.get("c")).toEqual(["waiting for node (2 before it)"]);
    service.free = 3;
    await clock.pass(60_000);
    expect(asked.filter(({ started }) => started).map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(told.get("c")?.slice(0, 2)).toEqual(["waiting for node (2 before it)", "waiting for node (1 before it)"]);
  });

  it("takes refusals of starts that came together for one, and then serves them in turn", async () => {
    const { clock, service, begin, asked } = underTest();
    for (const name of ["a", "b", "c", "d"]) void begin(name);
    await clock.pass(1999);
    expect(asked.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    service.free = 4;
    await clock.pass(1);
    expect(asked.slice(4).map(({ name, at }) => [name, at])).toEqual([
      ["a", 2000],
      ["b", 2000],
      ["c", 2000],
      ["d", 2000],
    ]);
  });

  it("keeps organisations and kinds of nodes apart", async () => {
    const { clock, service, begin, asked } = underTest();
    void begin("a");
    await clock.pass(10);
    service.free = 2;
    await begin("elsewhere", { projectId: 100 });
    await begin("live", { tool: "create_live_algorithm" });
    expect(asked.map(({ name, started }) => [name, started])).toEqual([
      ["a", false],
      ["elsewhere", true],
      ["live", true],
    ]);
  });

  it("gives a call up after 45 s and a run after six hours, with what to do", async () => {
    const { clock, begin, ends } = underTest();
    void begin("run");
    await clock.pass(10);
    void begin("call", { ofRun: false });
    await clock.pass(44_000);
    expect(ends.size).toBe(0);
    await clock.pass(2000);
    expect(ends.get("call")).toMatchObject({
      kind: "refused",
      refusal: {
        code: "NODE_UNAVAILABLE",
        message: expect.stringContaining("45 s (others were before it)") as unknown,
      },
    });
    await clock.pass(6 * 3_600_000 - 60_000);
    expect(ends.has("run")).toBe(false);
    await clock.pass(60_000);
    expect(ends.get("run")).toMatchObject({
      refusal: { code: "NODE_UNAVAILABLE", message: expect.stringContaining(NO_NODES) as unknown },
    });
  });

  it("lets go of who cancels, at once, and serves the next", async () => {
    const { clock, service, begin, ends } = underTest();
    const abort = new AbortController();
    void begin("a", { signals: [abort.signal] });
    await clock.pass(10);
    void begin("b");
    await clock.pass(1000);
    abort.abort();
    await clock.pass(0);
    expect(ends.get("a")).toMatchObject({ kind: "refused", refusal: { code: "CANCELLED" } });
    service.free = 1;
    await clock.pass(2000);
    expect(ends.get("b")).toMatchObject({ kind: "answered" });
  });

  it("looks before it asks again whether the start is still allowed", async () => {
    const { clock, service, begin, ends, asked } = underTest();
    let halted = false;
    const refusal = { code: "HALTED", message: "halted" };
    void begin("a", { forbidden: () => (halted ? refusal : undefined) });
    await clock.pass(1000);
    halted = true;
    service.free = 1;
    await clock.pass(5000);
    expect(ends.get("a")).toEqual({ kind: "refused", refusal });
    expect(asked).toHaveLength(1);
  });

  it("waits when it is told to slow down, and gives up with that reason", async () => {
    const { clock, begin, told, ends } = underTest();
    void begin("a", { ofRun: false, send: () => Promise.resolve(refusedWith(TOO_MANY)) });
    await clock.pass(50_000);
    expect(told.get("a")?.[0]).toBe("waiting: QuantConnect asks for fewer starts a minute");
    expect(ends.get("a")).toMatchObject({ refusal: { code: "RATE_LIMITED" } });
  });

  it.each<[string, UpstreamOutcome]>([
    ["another refusal", refusedWith("Compile not found")],
    ["a refusal that quotes the words", refusedWith(`project "${NO_NODES}" not found`)],
    ["no answer", { kind: "lost", sent: true, timedOut: true, reason: "timeout" }],
    ["nothing sent", { kind: "lost", sent: false, timedOut: false, reason: "gone" }],
    [
      "an error whose effect is unknown",
      {
        kind: "answered",
        result: {
          content: [],
          structuredContent: { success: false, errors: [NO_NODES] },
          _meta: { "quantwright/effect": "unknown" },
        },
      },
    ],
    ["an answer without success: false", answered({ errors: [NO_NODES] })],
  ])("never asks again after %s", async (_, outcome) => {
    const { clock, begin, ends } = underTest();
    let sends = 0;
    const send = (): Promise<UpstreamOutcome> => {
      sends += 1;
      return Promise.resolve(outcome);
    };
    void begin("a", { send });
    await clock.pass(100_000);
    expect(sends).toBe(1);
    expect(ends.get("a")).toEqual(outcome);
  });

  it("ends a wait with the first answer that is not a shortage, whatever it is, and sends nothing after it", async () => {
    const { clock, begin, ends } = underTest();
    const answers: UpstreamOutcome[] = [
      refusedWith(NO_NODES),
      { kind: "lost", sent: true, timedOut: true, reason: "timeout" },
      answered({ success: true }),
    ];
    void begin("a", { send: () => Promise.resolve(answers.shift() ?? refusedWith(NO_NODES)) });
    await clock.pass(100_000);
    expect(ends.get("a")).toMatchObject({ kind: "lost", sent: true });
    expect(answers).toHaveLength(1);
  });

  it("starts everybody once, in the order of arrival, with 2 s between a refusal and the next question", async () => {
    const step = record({ pause: integer({ min: 1, max: 9000 }), frees: boolean(), gives: boolean() });
    await assert(
      asyncProperty(array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const { clock, service, begin, asked, ends } = underTest({ random: () => 0.5 });
        const gone: AbortController[] = [];
        void begin("first");
        await clock.pass(1);
        const stays: string[] = ["first"];
        for (const [index, { pause, frees, gives }] of steps.entries()) {
          const abort = new AbortController();
          const name = `s${index}`;
          void begin(name, { signals: [abort.signal] });
          if (gives) gone.push(abort);
          else stays.push(name);
          await clock.pass(pause);
          for (const one of gone.splice(0)) one.abort();
          if (frees && service.free === 0) service.free = 1;
        }
        await clock.pass(1);
        for (let round = 0; round < 40; round += 1) {
          service.free = 1;
          await clock.pass(31_000 * 1.2);
        }
        const order = asked.filter(({ started }) => started).map(({ name }) => name);
        expect(order.filter((name) => stays.includes(name))).toEqual(stays);
        expect(new Set(order).size).toBe(order.length);
        expect(ends.size).toBe(steps.length + 1);
        const gaps = asked.flatMap(({ at, started }, index) =>
          started ? [] : [(asked[index + 1]?.at ?? Infinity) - at],
        );
        expect(Math.min(Infinity, ...gaps)).toBeGreaterThanOrEqual(2000);
      }),
      { numRuns: 60 },
    );
  });
});
