import { virtualClock, type VirtualClock } from "../../../vendor/quantconnect-mcp/test/support/virtual-clock.ts";

/** The virtual clock with a wait that an abort ends, as queues take it. */
export function waitingClock(): {
  readonly clock: VirtualClock;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
} {
  const clock = virtualClock();
  return {
    clock,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (signal.aborted) resolve();
        else void clock.wait(milliseconds).then(resolve);
      }),
  };
}
