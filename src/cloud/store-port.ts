import type { BacktestResult } from "../lean/backtest-result.ts";
import type { CompileReport } from "../lean/compile-report.ts";
import type {
  CloudBacktest,
  CloudCompile,
  CloudFile,
  CloudOptimization,
  OptimizationBest,
  CloudProject,
  Collaborator,
  EquityPoints,
  LargePart,
  ListedBacktest,
  ObjectFolder,
  StoredObject,
} from "./ports.ts";

/** What the cloud needs to be kept. Times are integer microseconds UTC. A deleted thing is not found. */
export interface CloudStore {
  readonly projects: {
    create(project: {
      readonly name: string;
      readonly language: "Py" | "C#";
      readonly files: Readonly<Record<string, string>>;
      readonly now: number;
    }): Promise<CloudProject>;
    byId(projectId: number): Promise<CloudProject | undefined>;
    byName(name: string): Promise<CloudProject | undefined>;
    list(range: { readonly start: number; readonly end?: number }): Promise<CloudProject[]>;
    update(
      projectId: number,
      change: {
        readonly name?: string;
        readonly description?: string;
        readonly nodes?: readonly string[];
        readonly parameters?: Readonly<Record<string, string>>;
        readonly libraries?: readonly number[];
        readonly lockHolder?: string;
        readonly leanVersion?: number;
        readonly leanEnvironment?: number;
      },
      now: number,
    ): Promise<void>;
    /** Removes what belongs to the project, too; gives the ids of the backtests that were waiting or running. */
    delete(projectId: number, now: number): Promise<string[]>;
  };
  readonly files: {
    list(projectId: number): Promise<CloudFile[]>;
    read(projectId: number, name: string): Promise<CloudFile | undefined>;
    /** All or none; null removes. */
    change(projectId: number, changes: Readonly<Record<string, string | null>>, now: number): Promise<void>;
  };
  readonly compiles: {
    create(compile: {
      readonly compileId: string;
      readonly projectId: number;
      readonly signature: string;
      readonly files: Readonly<Record<string, string>>;
      readonly now: number;
      /** What is known without a compiler; such a compile never waits. */
      readonly report?: CompileReport;
    }): Promise<void>;
    byId(projectId: number, compileId: string): Promise<CloudCompile | undefined>;
    /** The files as they were compiled. */
    files(compileId: string): Promise<Record<string, string>>;
    /** Takes the oldest waiting one; its files are read when they are wanted. */
    claimNext(): Promise<
      | {
          readonly compileId: string;
          readonly projectId: number;
          readonly files: () => Promise<Record<string, string>>;
        }
      | undefined
    >;
    finish(compileId: string, report: CompileReport): Promise<void>;
    recover(): Promise<void>;
  };
  readonly backtests: {
    create(backtest: {
      readonly backtestId: string;
      readonly projectId: number;
      readonly compileId: string;
      readonly name: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly parameterSet: Readonly<Record<string, string | number>>;
      readonly now: number;
      /** The optimisation that it is a point of; the same key twice is refused. */
      readonly point?: { readonly optimizationId: string; readonly key: string };
    }): Promise<void>;
    byId(projectId: number, backtestId: string): Promise<CloudBacktest | undefined>;
    /** All of a project but the points of optimisations, newest first. */
    list(projectId: number): Promise<ListedBacktest[]>;
    /** The points of an optimisation, oldest first. */
    points(optimizationId: string): Promise<ListedBacktest[]>;
    /** A few points of the equity of each ended point of an optimisation, by backtest id. */
    equities(optimizationId: string): Promise<ReadonlyMap<string, EquityPoints>>;
    /** How many a project has, points of optimisations included. */
    countOf(projectId: number): Promise<number>;
    /** Seconds that the last completed one of a project took. */
    lastSeconds(projectId: number): Promise<number | undefined>;
    counts(): Promise<{ readonly queued: number; readonly running: number }>;
    update(
      backtestId: string,
      change: { readonly name?: string; readonly note?: string; readonly tags?: readonly string[] },
    ): Promise<void>;
    delete(backtestId: string): Promise<boolean>;
    claimNext(now: number): Promise<
      | {
          readonly backtestId: string;
          readonly projectId: number;
          readonly optimizationId: string | undefined;
          readonly files: () => Promise<Record<string, string>>;
          readonly parameters: Record<string, string>;
        }
      | undefined
    >;
    saveProgress(backtestId: string, progress: { readonly fraction: number; readonly date: string }): Promise<void>;
    /** False when the backtest no longer runs: it was deleted, or has finished. */
    finish(backtestId: string, result: BacktestResult, now: number): Promise<boolean>;
    fail(backtestId: string, error: string, now: number): Promise<boolean>;
    recover(now: number): Promise<void>;
    part<Part extends LargePart>(backtestId: string, part: Part): Promise<BacktestResult[Part] | undefined>;
  };
  readonly collaborators: {
    list(projectId: number): Promise<Collaborator[]>;
    /** Those of all projects that have any. */
    byProject(): Promise<ReadonlyMap<number, readonly Collaborator[]>>;
    /** Adds one, or changes what it may do. */
    put(projectId: number, collaborator: Collaborator, now: number): Promise<void>;
    /** Whether there was one to remove. */
    remove(projectId: number, userId: string): Promise<boolean>;
  };
  readonly optimizations: {
    create(optimization: Omit<CloudOptimization, "status" | "finished" | "best">): Promise<void>;
    byId(optimizationId: string): Promise<CloudOptimization | undefined>;
    /** Newest first. */
    list(projectId: number): Promise<CloudOptimization[]>;
    /** Those that have not ended. */
    open(): Promise<CloudOptimization[]>;
    rename(optimizationId: string, name: string): Promise<void>;
    /** Undefined has it looked for when it is asked for next. */
    saveBest(optimizationId: string, best: OptimizationBest | null | undefined): Promise<void>;
    begin(optimizationId: string): Promise<void>;
    complete(optimizationId: string, now: number): Promise<void>;
    /** Gives the points that ran; undefined when it had ended before. */
    abort(optimizationId: string, now: number): Promise<string[] | undefined>;
    /** Removes its points, too; gives those that waited or ran. */
    delete(optimizationId: string): Promise<string[]>;
  };
  readonly objects: {
    write(
      organizationId: string,
      object: { readonly key: string; readonly content: Uint8Array; readonly mime: string; readonly now: number },
    ): Promise<void>;
    read(organizationId: string, key: string): Promise<Uint8Array | undefined>;
    properties(organizationId: string, key: string): Promise<StoredObject | undefined>;
    /** All objects under a folder, by key; the empty text is the root. */
    under(organizationId: string, folder: string): Promise<StoredObject[]>;
    /** The direct children of a folder. */
    list(organizationId: string, folder: string): Promise<ObjectFolder>;
    /** Removes an object, or all under a folder; gives how many. */
    delete(organizationId: string, key: string): Promise<number>;
    usage(organizationId: string): Promise<{ readonly count: number; readonly bytes: number }>;
    createJob(job: {
      readonly jobId: string;
      readonly organizationId: string;
      readonly ticket: string;
      readonly keys: readonly string[];
      readonly now: number;
    }): Promise<void>;
    jobTicket(organizationId: string, jobId: string): Promise<string | undefined>;
    jobByTicket(
      ticket: string,
    ): Promise<
      { readonly organizationId: string; readonly keys: readonly string[]; readonly created: number } | undefined
    >;
    deleteJobsBefore(time: number): Promise<void>;
  };
  /** Removes contents that nothing refers to any more. */
  sweep(): Promise<void>;
}
