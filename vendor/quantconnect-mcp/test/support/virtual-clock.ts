import type { LimiterClock } from "../../src/call-limiter.ts";

export interface VirtualClock extends LimiterClock {
  time: number;
  /** Lets time pass: every wait that ends within it ends at its own moment, in order. */
  pass(milliseconds: number): Promise<void>;
}

/** A clock that stands still until a test lets time pass. */
export function virtualClock(): VirtualClock {
  const waits: { readonly at: number; readonly wake: () => void }[] = [];
  /** Lets everybody who can go on go on. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const clock: VirtualClock = {
    time: 0,
    now: () => clock.time,
    wait: (milliseconds) => new Promise((wake) => waits.push({ at: clock.time + milliseconds, wake })),
    async pass(milliseconds) {
      const end = clock.time + milliseconds;
      await settle();
      for (;;) {
        waits.sort((a, b) => a.at - b.at);
        const next = waits[0];
        if (next === undefined || next.at > end) break;
        waits.shift();
        clock.time = Math.max(clock.time, next.at);
        next.wake();
        await settle();
      }
      clock.time = end;
    },
  };
  return clock;
}
