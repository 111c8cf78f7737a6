import type { Principal } from "../domain/principal.ts";
import type { Profile } from "../domain/profile.ts";
import type { Run } from "../domain/run.ts";

/** What a durable run may do while it executes. */
export interface RunContext {
  readonly run: Run;
  /** Aborted when the run is cancelled or the desk stops. */
  readonly signal: AbortSignal;
  /** Aborted when the desk stops, not when the run is cancelled: for what must end before it can be undone. */
  readonly stopping: AbortSignal;
  /**
   * Executes a unit of work and records its result; after a crash a recorded step is not executed again. A step that
   * was under way is, so it must be idempotent by its own key.
   */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Waits; rejects as soon as the run is cancelled or the desk stops. */
  sleep(milliseconds: number): Promise<void>;
  /** Says how far the run is: a fraction from 0 to 1 and a short note. */
  progress(fraction: number, note: string): Promise<void>;
}

/** A kind of durable work. `execute` returns the result, a JSON value, or throws a RefusalError. */
export interface RunDefinition {
  readonly kind: string;
  execute(context: RunContext, input: unknown): Promise<unknown>;
  /** Undoes what the run left outside when a person cancels it; called when `execute` has ended. */
  cancelled?(run: Run, input: unknown): Promise<void>;
}

/** What starts a run. */
export interface RunRequest {
  readonly kind: string;
  readonly title: string;
  readonly principal: Principal;
  readonly profile: Profile;
  readonly input: unknown;
}

/** The port of durable runs: whoever implements it keeps them across crashes. */
export interface Runs {
  start(request: RunRequest): Promise<Run>;
  get(id: string): Promise<Run | undefined>;
  list(limit: number): Promise<Run[]>;
  /** The run as soon as its version exceeds `version`, or as it is when the time is over. */
  waitForChange(
    id: string,
    options: { readonly version: number; readonly milliseconds: number; readonly signal?: AbortSignal },
  ): Promise<Run | undefined>;
  cancel(id: string): Promise<Run | undefined>;
  /** The result of a completed run as JSON text. */
  result(run: Run): Promise<string | undefined>;
}
