import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { OpenWorkflow, type Worker } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";
import type { Clock } from "../../domain/clock.ts";
import { isEnded, type Run } from "../../domain/run.ts";
import { RefusalError, type Refusal } from "../../domain/refusal.ts";
import type { RunContext, RunDefinition, RunRequest, Runs } from "../../runs/run-definition.ts";
import type { Artifacts } from "../artifacts.ts";
import type { RunStore } from "./run-store.ts";

export interface DurableRunsOptions {
  /** The SQLite file that openworkflow keeps its steps in. */
  readonly file: string;
  readonly store: RunStore;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly concurrency: number;
  readonly log: (message: string) => void;
}

/** What a recorded step holds: its value, or the refusal it ended with. Faults of the desk are not recorded. */
type StepRecord = { readonly value: unknown } | { readonly refusal: Refusal };

interface Execution {
  readonly controller: AbortController;
  readonly over: Promise<void>;
}

/** A cancelled run answers after so long at the latest, even if what it left is still being undone. */
const UNDO_MILLISECONDS = 5000;
const TICK_MILLISECONDS = 500;
/** Only a stopping desk makes an attempt fail (invariant 3), so attempts are not rationed. */
const UNTIL_IT_ENDS = { maximumAttempts: 1_000_000 } as const;

/**
 * Durable runs on openworkflow.
 *
 * Invariants
 * 1. A run ends in our store exactly once: `change` refuses ended runs.
 * 2. A step that ended is not executed again; one that was under way when the desk died is.
 * 3. Stopping the desk ends no run: only a StopError reaches openworkflow, which tries again at the next start.
 */
export class DurableRuns implements Runs {
  readonly #options: DurableRunsOptions;
  readonly #definitions: ReadonlyMap<string, RunDefinition>;
  readonly #backend: BackendSqlite;
  readonly #workflow: OpenWorkflow;
  readonly #worker: Worker;
  readonly #running = new Map<string, Execution>();
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(options: DurableRunsOptions, definitions: readonly RunDefinition[]) {
    this.#options = options;
    this.#definitions = new Map(definitions.map((definition) => [definition.kind, definition]));
    this.#backend = BackendSqlite.connect(options.file);
    expireLeases(options.file);
    this.#workflow = new OpenWorkflow({ backend: this.#backend });
    this.#workflow.implementWorkflow<{ runId: string }, null>(
      { name: "run", retryPolicy: UNTIL_IT_ENDS },
      async ({ input, step }) => {
        await this.#execute(input.runId, (name, work) => step.run({ name, retryPolicy: UNTIL_IT_ENDS }, work));
        return null;
      },
    );
    this.#worker = this.#workflow.newWorker({ concurrency: options.concurrency });
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  async start(request: RunRequest): Promise<Run> {
    const { clock, store, newId } = this.#options;
    const at = clock.now();
    const run: Run = {
      id: newId(),
      kind: request.kind,
      title: request.title,
      principal: request.principal,
      profile: request.profile,
      state: "queued",
      progress: 0,
      note: "waiting to start",
      input: JSON.stringify(request.input),
      resultArtifact: null,
      error: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    };
    await store.add(run);
    await this.#enqueue(run.id);
    return run;
  }

  /** Recovery is startup: what our store calls unfinished is handed to openworkflow again, which knows it by its key. */
  async recover(): Promise<number> {
    const unfinished = await this.#options.store.unfinished();
    for (const run of unfinished) await this.#enqueue(run.id);
    return unfinished.length;
  }

  get(id: string): Promise<Run | undefined> {
    return this.#options.store.get(id);
  }

  list(limit: number): Promise<Run[]> {
    return this.#options.store.list(limit);
  }

  waitForChange(
    id: string,
    options: { readonly version: number; readonly milliseconds: number; readonly signal?: AbortSignal },
  ): Promise<Run | undefined> {
    return this.#options.store.waitForChange(id, options);
  }

  async cancel(id: string): Promise<Run | undefined> {
    const { store, clock, log } = this.#options;
    const run = await store.get(id);
    if (run === undefined || isEnded(run)) return run;
    await store.change(id, { state: "cancelled", note: "cancelled", at: clock.now() });
    const execution = this.#running.get(id);
    execution?.controller.abort(new RefusalError({ code: "RUN_CANCELLED", message: "the run was cancelled" }));
    // What was under way must have ended before it can be undone.
    const undone = (execution?.over ?? Promise.resolve())
      .then(() => this.#definitions.get(run.kind)?.cancelled?.(run, JSON.parse(run.input)))
      .catch((error: unknown) => log(`run ${id}: what it left could not be undone: ${String(error)}`));
    await Promise.race([undone, delay(UNDO_MILLISECONDS, undefined, { ref: false })]);
    return store.get(id);
  }

  async result(run: Run): Promise<string | undefined> {
    return run.resultArtifact === null ? undefined : this.#options.artifacts.get(run.resultArtifact);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    clearInterval(this.#timer);
    this.#stop.abort(new StopError());
    await this.#worker.stop();
    await this.#backend.stop();
  }

  async #enqueue(runId: string): Promise<void> {
    await this.#workflow.runWorkflow({ name: "run" }, { runId }, { idempotencyKey: runId });
    this.#tick();
  }

  #tick(): void {
    if (this.#stop.signal.aborted) return;
    this.#worker.tick().catch((error: unknown) => this.#options.log(`runs: ${String(error)}`));
  }

  async #execute(
    runId: string,
    recorded: (name: string, work: () => Promise<StepRecord>) => Promise<StepRecord>,
  ): Promise<void> {
    const { store, clock, artifacts } = this.#options;
    // The execution that is under way goes on; this one comes back when it has ended.
    if (this.#running.has(runId)) throw new StopError();
    const controller = new AbortController();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    // Before the run is looked up: whoever cancels it either is seen there or finds this execution.
    this.#running.set(runId, { controller, over });
    const signal = AbortSignal.any([controller.signal, this.#stop.signal]);
    try {
      const run = await store.get(runId);
      if (run === undefined || isEnded(run)) return;
      await store.change(runId, { state: "running", note: "started", at: clock.now() });
      const result = await this.#definition(run).execute(this.#context(run, signal, recorded), JSON.parse(run.input));
      const resultArtifact = await artifacts.put(JSON.stringify(result));
      await store.change(runId, { state: "completed", progress: 1, note: "done", resultArtifact, at: clock.now() });
    } catch (error) {
      if (this.#stop.signal.aborted) throw new StopError({ cause: error });
      await store.change(runId, { state: "failed", note: "failed", error: refusalOf(error), at: clock.now() });
    } finally {
      this.#running.delete(runId);
      resolve();
      this.#tick();
    }
  }

  #context(
    run: Run,
    signal: AbortSignal,
    recorded: (name: string, work: () => Promise<StepRecord>) => Promise<StepRecord>,
  ): RunContext {
    const { store, clock } = this.#options;
    return {
      run,
      signal,
      stopping: this.#stop.signal,
      sleep: (milliseconds) => delay(milliseconds, undefined, { signal }),
      progress: (fraction, note) => store.change(run.id, { progress: fraction, note, at: clock.now() }),
      step: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
        signal.throwIfAborted();
        const record = await recorded(name, async () => {
          try {
            return { value: await work() };
          } catch (error) {
            if (this.#stop.signal.aborted) throw new StopError({ cause: error });
            return { refusal: refusalOf(error) };
          }
        });
        if ("refusal" in record) throw new RefusalError(record.refusal);
        // The value went through JSON when it was recorded; its type is the step's own.
        return record.value as T;
      },
    };
  }

  #definition(run: Run): RunDefinition {
    const definition = this.#definitions.get(run.kind);
    if (definition !== undefined) return definition;
    throw new RefusalError({
      code: "RUN_KIND_UNKNOWN",
      message: `run ${run.id} is of kind "${run.kind}", which this version does not know`,
      remedy: "start it again with the version that made it",
    });
  }
}

class StopError extends Error {
  constructor(options?: ErrorOptions) {
    super("the desk is stopping; the run goes on at its next start", options);
    this.name = "StopError";
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  return {
    code: "INTERNAL_FAULT",
    message: error instanceof Error ? error.message : String(error),
    remedy: "see the desk's log",
  };
}

/** One desk owns the file, so every lease that is still there belongs to a dead one. */
function expireLeases(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec(`update workflow_runs set worker_id = null, available_at = created_at where status = 'running';
      update workflow_runs set available_at = created_at where status = 'pending'`);
  } finally {
    database.close();
  }
}
