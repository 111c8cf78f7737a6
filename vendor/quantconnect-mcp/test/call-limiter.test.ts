import { array, assert, asyncProperty, boolean, integer, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { CallLimiter } from "../src/call-limiter.ts";
import { virtualClock, type VirtualClock } from "./support/virtual-clock.ts";

const never = new AbortController().signal;

function underTest(ceiling: number): {
  readonly limiter: CallLimiter;
  readonly clock: VirtualClock;
  /** When each call went out, in that order. */
  readonly sent: { readonly name: number | string; readonly at: number }[];
  readonly ask: (name: number | string, urgent?: boolean) => void;
} {
  const clock = virtualClock();
  const limiter = new CallLimiter(ceiling, clock);
  const sent: { readonly name: number | string; readonly at: number }[] = [];
  const ask = (name: number | string, urgent = false): void => {
    void limiter.enter(urgent, never).then(() => sent.push({ name, at: clock.time }));
  };
  return { limiter, clock, sent, ask };
}

describe("the limiter of calls", () => {
  it("lets two seconds' worth out at once and the rest at its rate, in the order in which they came", async () => {
    const { clock, sent, ask } = underTest(5);
    for (let name = 0; name < 14; name += 1) ask(name);
    await clock.pass(0);
    expect(sent.map(({ at }) => at)).toEqual(Array.from({ length: 10 }, () => 0));
    await clock.pass(10_000);
    expect(sent.map(({ name }) => name)).toEqual(Array.from({ length: 14 }, (_, name) => name));
    expect(sent.slice(10).map(({ at }) => at)).toEqual([200, 400, 600, 800]);
  });

  it("halves its rate with a refusal, once for all calls that were under way, and pauses", async () => {
    const { limiter, clock, sent, ask } = underTest(8);
    await clock.pass(1000);
    limiter.refused(900, undefined);
    limiter.refused(950, undefined);
    expect(limiter.perSecond).toBe(4);
    ask("after");
    await clock.pass(1999);
    expect(sent).toEqual([]);
    await clock.pass(1);
    expect(sent).toEqual([{ name: "after", at: 3000 }]);
    limiter.refused(3000, undefined);
    expect(limiter.perSecond).toBe(2);
    for (let round = 0; round < 20; round += 1) {
      await clock.pass(10_000);
      limiter.refused(clock.time, undefined);
    }
    expect(limiter.perSecond).toBe(0.1);
  });

  it("sends nothing before the time that the service named, and believes no longer than ten minutes", async () => {
    const { limiter, clock, sent, ask } = underTest(10);
    limiter.refused(0, 30_000);
    ask("patient");
    await clock.pass(29_999);
    expect(sent).toEqual([]);
    await clock.pass(1);
    expect(sent.map(({ at }) => at)).toEqual([30_000]);
    limiter.refused(clock.time, 86_400_000);
    ask("next day");
    await clock.pass(600_000);
    expect(sent).toHaveLength(2);
  });

  it("recovers slowly: half a minute of answers for the whole way, and never beyond its ceiling", async () => {
    const { limiter, clock } = underTest(6);
    limiter.refused(0, 0);
    for (let second = 0; second < 5; second += 1) {
      await clock.pass(1000);
      limiter.answered();
      limiter.answered();
    }
    expect(limiter.perSecond).toBeCloseTo(4);
    for (let second = 0; second < 60; second += 1) {
      await clock.pass(1000);
      limiter.answered();
    }
    expect(limiter.perSecond).toBe(6);
  });

  it("lets what is urgent out at once, in a pause and before all who wait, who wait the longer for it", async () => {
    const { limiter, clock, sent, ask } = underTest(1);
    limiter.refused(0, 10_000);
    ask("first");
    await clock.pass(5000);
    for (const name of ["halt", "liquidate", "stop"]) ask(name, true);
    await clock.pass(0);
    expect(sent.map(({ name, at }) => [name, at])).toEqual([
      ["halt", 5000],
      ["liquidate", 5000],
      ["stop", 5000],
    ]);
    await clock.pass(60_000);
    expect(sent.at(-1)?.name).toBe("first");
    expect(sent.at(-1)?.at).toBeGreaterThan(10_000);
  });

  it("forgets who gave up waiting, and goes on with the next", async () => {
    const { limiter, clock, sent, ask } = underTest(1);
    limiter.refused(0, 1000);
    const abort = new AbortController();
    const gone = limiter.enter(false, abort.signal);
    ask("next");
    await clock.pass(500);
    abort.abort();
    expect(await gone).toBe(false);
    await clock.pass(2000);
    expect(sent.map(({ name }) => name)).toEqual(["next"]);
    expect(await limiter.enter(true, abort.signal)).toBe(false);
  });

  it("keeps order and rate whatever comes when", async () => {
    await assert(
      asyncProperty(
        array(record({ pause: integer({ min: 0, max: 700 }), refusal: boolean(), urgent: boolean() }), {
          maxLength: 30,
        }),
        async (steps) => {
          const ceiling = 4;
          const { limiter, clock, sent, ask } = underTest(ceiling);
          const patient: number[] = [];
          for (const [name, { pause, refusal, urgent }] of steps.entries()) {
            if (refusal) limiter.refused(clock.time, pause);
            else limiter.answered();
            ask(urgent ? `urgent ${name}` : name, urgent);
            if (!urgent) patient.push(name);
            await clock.pass(pause);
          }
          await clock.pass(1_000_000);
          const ordered = sent.filter(({ name }) => typeof name === "number");
          expect(ordered.map(({ name }) => name)).toEqual(patient);
          // In no second more than the burst and one second's worth.
          for (const { at } of ordered)
            expect(ordered.filter((other) => other.at >= at && other.at < at + 1000).length).toBeLessThanOrEqual(
              ceiling * 3,
            );
        },
      ),
      { numRuns: 40 },
    );
  });
});
