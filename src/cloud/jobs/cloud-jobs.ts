import type { Clock } from "../../domain/clock.ts";
import type { BacktestProgress } from "../../lean/backtest-job.ts";
import type { ObjectServer } from "../objects/object-server.ts";
import { createOptimizer, type Optimizer } from "../optimization/optimizer.ts";
import type { CloudIds, CloudLog, JobRunner } from "../ports.ts";
import type { CloudStore } from "../store-port.ts";
import { createJobQueue, type JobQueue } from "./job-queue.ts";

/** Compiling is short, and somebody waits for it. */
const COMPILE_SLOTS = 2;
const PROGRESS_EVERY_MICROSECONDS = 500_000;

/** The work of the cloud: compiles and backtests, each in its own queue. */
export interface CloudJobs {
  /** Puts back what a dead process had begun, and begins to work. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly compiles: Pick<JobQueue, "kick">;
  readonly backtests: Pick<JobQueue, "kick" | "cancel">;
  readonly optimizations: Pick<Optimizer, "advance">;
  /** Removes, sooner or later, what deleted things have left on disk. */
  sweep(): void;
}

export interface JobSurroundings {
  readonly store: CloudStore;
  readonly runner: JobRunner;
  /** The object store of the organisation, which its backtests share. */
  readonly objects: ObjectServer;
  readonly clock: Clock;
  readonly ids: CloudIds;
  readonly log: CloudLog;
  readonly backtestSlots: number;
}

export function createCloudJobs(surroundings: JobSurroundings): CloudJobs {
  const { store, clock, ids, log } = surroundings;
  const compiles = compileQueue(surroundings);
  const backtests = backtestQueue(surroundings, (optimizationId) => optimizer.advance(optimizationId));
  const kick = (): void => backtests.kick();
  const optimizer = createOptimizer({ store, clock, ids, log, slots: surroundings.backtestSlots, kick });
  const sweeper = createSweeper(store, log);
  return {
    compiles,
    backtests,
    optimizations: optimizer,
    sweep: () => sweeper.sweep(),
    async start() {
      await store.compiles.recover();
      await store.backtests.recover(clock.now());
      await optimizer.resume();
      compiles.kick();
      backtests.kick();
      sweeper.sweep();
    },
    async stop() {
      // The queues first: what ends in them may still tell the optimizer.
      await Promise.all([compiles.stop(), backtests.stop()]);
      await optimizer.stop();
      await sweeper.settled();
    },
  };
}

/** One sweep after the other; any number that is asked for during one is one more. */
function createSweeper(store: CloudStore, log: CloudLog): { sweep(): void; settled(): Promise<void> } {
  let tail: Promise<void> = Promise.resolve();
  let isWaiting = false;
  const run = async (): Promise<void> => {
    isWaiting = false;
    await store.sweep().catch((error: unknown) => log("sweep.failed", { message: textOf(error) }));
  };
  return {
    sweep() {
      if (isWaiting) return;
      isWaiting = true;
      tail = tail.then(run);
    },
    settled: () => tail,
  };
}

function compileQueue({ store, runner, log }: JobSurroundings): JobQueue {
  return createJobQueue({
    slots: COMPILE_SLOTS,
    claim: () => store.compiles.claimNext(),
    idOf: ({ compileId }) => compileId,
    failed: (error) => log("compile.fault", { message: textOf(error) }),
    async run({ compileId, projectId, files }, signal) {
      try {
        const sources = await files();
        if (signal.aborted) return;
        const report = await runner.compile(sources, { signal, projectId });
        // A cloud that stops leaves the compile as running: the next start takes it up again.
        if (!signal.aborted) await store.compiles.finish(compileId, report);
      } catch (error) {
        if (signal.aborted) return;
        log("compile.failed", { compileId, message: textOf(error) });
        const diagnostic = {
          severity: "error" as const,
          code: "COMPILER_FAILED",
          file: "main.py",
          line: 1,
          column: 1,
          message: `the compiler itself failed: ${textOf(error)}`,
          remedy: "try again; if it stays, look at the log of the cloud",
        };
        await store.compiles.finish(compileId, { ok: false, diagnostics: [diagnostic] });
      }
    },
  });
}

function backtestQueue(
  { store, runner, objects, clock, log, backtestSlots }: JobSurroundings,
  pointEnded: (optimizationId: string) => Promise<void>,
): JobQueue {
  return createJobQueue({
    slots: backtestSlots,
    claim: () => store.backtests.claimNext(clock.now()),
    idOf: ({ backtestId }) => backtestId,
    failed: (error) => log("backtest.fault", { message: textOf(error) }),
    async run({ backtestId, projectId, optimizationId, files, parameters }, signal) {
      const progress = progressWriter({ store, clock, log }, backtestId);
      try {
        const sources = await files();
        if (signal.aborted) return;
        const result = await runner.backtest(
          { files: sources, parameters },
          { signal, projectId, onProgress: (at) => progress.report(at), objectStore: objects },
        );
        await progress.settled();
        // Deleted: nothing is left to record. Stopping: it stays as running, and the next start runs it again.
        if (!signal.aborted) await store.backtests.finish(backtestId, result, clock.now());
      } catch (error) {
        await progress.settled();
        if (signal.aborted) return;
        log("backtest.failed", { backtestId, message: textOf(error) });
        await store.backtests.fail(backtestId, textOf(error), clock.now());
      } finally {
        if (optimizationId !== undefined && !signal.aborted) await pointEnded(optimizationId);
      }
    },
  });
}

/** Writes progress at most twice a second and one write at a time; what comes between is dropped. */
function progressWriter(
  { store, clock, log }: Pick<JobSurroundings, "store" | "clock" | "log">,
  backtestId: string,
): { report(progress: BacktestProgress): void; settled(): Promise<void> } {
  let last = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> | undefined;
  return {
    report({ fraction, date }) {
      const now = clock.now();
      if (writing !== undefined || now - last < PROGRESS_EVERY_MICROSECONDS) return;
      last = now;
      writing = store.backtests
        .saveProgress(backtestId, { fraction: Math.min(1, Math.max(0, fraction)), date })
        .catch((error: unknown) => log("backtest.progress-lost", { backtestId, message: textOf(error) }))
        .finally(() => (writing = undefined));
    },
    settled: async () => writing,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
