/** Where a queue takes its work from, and what it does with it. */
export interface JobSource<Job> {
  readonly slots: number;
  /** Takes one waiting job, so that nobody else gets it; undefined when none waits. */
  claim(): Promise<Job | undefined>;
  idOf(job: Job): string;
  /** Does the job and records its end. What it throws is a fault, reported to `failed`. */
  run(job: Job, signal: AbortSignal): Promise<void>;
  failed(error: unknown): void;
}

export interface JobQueue {
  /** Says that a job may be waiting. */
  kick(): void;
  /** Ends a running job, or one that is just being taken; nothing happens when it does not run here. */
  cancel(id: string): void;
  /** Takes no more work, ends what runs and waits for it. */
  stop(): Promise<void>;
}

/**
 * Keeps up to `slots` jobs of a durable queue running.
 *
 * 1. One claim is under way at a time, so that a slot is never taken twice.
 * 2. A kick during a claim is not lost: the claim is repeated.
 * 3. A cancel during a claim is not lost: the job is not begun.
 */
export function createJobQueue<Job>(source: JobSource<Job>): JobQueue {
  const running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();
  const state = { kicked: false, stopped: false, taking: false };
  /** Cancelled while a claim was under way, which may have taken them. */
  const cancelled = new Set<string>();
  let claiming: Promise<void> | undefined;

  const begin = (job: Job): void => {
    const id = source.idOf(job);
    const abort = new AbortController();
    const done = source
      .run(job, abort.signal)
      .catch((error: unknown) => source.failed(error))
      .finally(() => {
        running.delete(id);
        kick();
      });
    running.set(id, { abort, done });
  };

  const fill = async (): Promise<void> => {
    while (state.kicked && !state.stopped) {
      state.kicked = false;
      while (!state.stopped && running.size < source.slots) {
        cancelled.clear();
        state.taking = true;
        const job = await source.claim().finally(() => (state.taking = false));
        if (job === undefined) break;
        if (!cancelled.has(source.idOf(job))) begin(job);
      }
    }
  };

  const kick = (): void => {
    state.kicked = true;
    if (state.stopped || claiming !== undefined) return;
    claiming = fill()
      .catch((error: unknown) => source.failed(error))
      .finally(() => {
        claiming = undefined;
        if (state.kicked) kick();
      });
  };

  return {
    kick,
    cancel(id) {
      if (state.taking) cancelled.add(id);
      running.get(id)?.abort.abort(new Error("the job was deleted"));
    },
    async stop() {
      state.stopped = true;
      await claiming;
      for (const { abort } of running.values()) abort.abort(new Error("the cloud is stopping"));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
