import type { TrackedOptimization } from "../domain/tracked-optimization.ts";
import type { Trial, TrialResult, TrialState } from "../domain/trial.ts";

/** How a trial ends; `at` in microseconds UTC. */
export interface TrialEnd {
  readonly state: Exclude<TrialState, "open">;
  readonly at: number;
  readonly result: TrialResult | null;
  readonly rawArtifact: string | null;
}

/** A trial of an optimisation without its result, of which there may be a thousand. */
export type PointTrial = Pick<Trial, "id" | "state" | "backtestId" | "parameters">;

/** Where trials are kept. */
export interface TrialBook {
  add(trial: Trial): Promise<void>;
  started(id: string, backtestId: string): Promise<void>;
  close(id: string, end: TrialEnd): Promise<void>;
  byBacktest(profile: string, backtestId: string): Promise<Trial | undefined>;
  /** Open trials of backtests that were asked for one by one. */
  open(): Promise<Trial[]>;
  /** All trials of the optimisation that a call began. */
  pointsOf(callId: string): Promise<PointTrial[]>;
  /** Notes which backtests are which points, all or none. */
  matched(matches: readonly { readonly id: string; readonly backtestId: string }[]): Promise<void>;
  /** Ends the open trials of a call, or only those that never had a backtest. */
  closePoints(callId: string, end: TrialEnd, which: "all" | "unmatched"): Promise<void>;
}

/** Where optimisations are kept. They are opened by the ledger, with the intent of their call. */
export interface OptimizationBook {
  /** Notes under which id the cloud runs it, for it and its trials. */
  began(callId: string, optimizationId: string): Promise<void>;
  ended(callId: string, at: number): Promise<void>;
  /** Those that have not ended. */
  watched(): Promise<TrackedOptimization[]>;
  byOptimization(profile: string, optimizationId: string): Promise<TrackedOptimization | undefined>;
}
