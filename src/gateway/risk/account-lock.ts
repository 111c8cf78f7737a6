import { RefusalError } from "../../domain/refusal.ts";

/**
 * One piece of work at a time for each account, in the order of asking. Work must not ask for the account that it
 * holds: it would wait for itself.
 */
export class AccountLock {
  /** The end of the last work that was asked for; absent where nothing waits or runs. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs the work when its turn comes.
   * @throws RefusalError `CANCELLED` where the signal ends the wait; work that runs is not interrupted by it.
   */
  async run<T>(account: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last.get(account) ?? Promise.resolve();
    const done = Promise.withResolvers<void>();
    // Who gives up waiting still keeps the place in the line for those behind.
    const end = before.then(() => done.promise);
    this.#last.set(account, end);
    void end.then(() => {
      if (this.#last.get(account) === end) this.#last.delete(account);
    });
    try {
      await turn(before, signal);
      return await work();
    } finally {
      done.resolve();
    }
  }

  /** How many accounts are worked on or waited for. */
  get size(): number {
    return this.#last.size;
  }
}

async function turn(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return before;
  const aborted = Promise.withResolvers<void>();
  const stop = (): void => aborted.resolve();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (!signal.aborted) await Promise.race([before, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw new RefusalError({ code: "CANCELLED", message: "the caller cancelled the call" });
}
