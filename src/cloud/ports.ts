import type { BacktestJobInput, BacktestProgress } from "../lean/backtest-job.ts";
import type { BacktestResult } from "../lean/backtest-result.ts";
import type { CompileReport } from "../lean/compile-report.ts";

/** Runs jobs; the sandbox pool fits. When their signal aborts, calls end early, and what they give is not used. */
export interface JobRunner {
  compile(files: Readonly<Record<string, string>>, options: { readonly signal: AbortSignal }): Promise<CompileReport>;
  backtest(
    job: BacktestJobInput,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: BacktestProgress) => void },
  ): Promise<BacktestResult>;
}

/** Makes identifiers: 32 lower-case hex digits, never the same twice. */
export interface CloudIds {
  hex32(): string;
}

/** Where events of the cloud go. No field ever carries a secret or a body. */
export type CloudLog = (event: string, fields?: Readonly<Record<string, string | number>>) => void;

/** Who may call. The token is compared, never stored or shown. */
export interface CloudAccount {
  readonly userId: string;
  readonly apiToken: string;
  /** 32 hex digits. */
  readonly organizationId: string;
}

export interface CloudSettings {
  /** How many backtests run at once; each is a node. */
  readonly backtestSlots: number;
  /** Longest request body. */
  readonly bodyBytes: number;
  /** More waiting backtests than this are refused. */
  readonly mostQueuedBacktests: number;
  readonly engine: { readonly version: string; readonly leanCommit: string };
}

export interface CloudProject {
  readonly projectId: number;
  readonly name: string;
  readonly description: string;
  readonly language: "Py" | "C#";
  readonly created: number;
  readonly modified: number;
  readonly nodes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

export interface CloudFile {
  readonly name: string;
  readonly content: string;
  readonly modified: number;
}

export interface CloudCompile {
  readonly compileId: string;
  readonly projectId: number;
  readonly state: "queued" | "running" | "success" | "error";
  readonly created: number;
  readonly signature: string;
  readonly fileNames: readonly string[];
  readonly report: CompileReport | undefined;
}

type LargePart = "charts" | "orders" | "logs" | "fills" | "dailyReturns";

/** A result without its large parts, which are read one by one. */
export type ResultSummary = Omit<BacktestResult, LargePart> & {
  readonly chartNames: readonly string[];
  readonly orderCount: number;
  readonly logCount: number;
  /** Trading dates with a return. */
  readonly dayCount: number;
};

export interface CloudBacktest {
  readonly backtestId: string;
  readonly projectId: number;
  readonly compileId: string;
  readonly name: string;
  readonly note: string;
  readonly state: "queued" | "running" | "completed" | "error";
  readonly created: number;
  readonly started: number | undefined;
  readonly finished: number | undefined;
  readonly progress: number;
  readonly progressDate: string | undefined;
  readonly parameterSet: Readonly<Record<string, string | number>>;
  readonly error: string | undefined;
  readonly stacktrace: string | undefined;
  readonly summary: ResultSummary | undefined;
}

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
      },
      now: number,
    ): Promise<void>;
    /** Gives the ids of the backtests that were waiting or running. */
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
    }): Promise<void>;
    byId(projectId: number, compileId: string): Promise<CloudCompile | undefined>;
    claimNext(): Promise<{ readonly compileId: string; readonly files: Record<string, string> } | undefined>;
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
    }): Promise<void>;
    byId(projectId: number, backtestId: string): Promise<CloudBacktest | undefined>;
    list(projectId: number): Promise<CloudBacktest[]>;
    counts(): Promise<{ readonly queued: number; readonly running: number }>;
    update(backtestId: string, change: { readonly name?: string; readonly note?: string }): Promise<void>;
    delete(backtestId: string): Promise<boolean>;
    claimNext(now: number): Promise<
      | {
          readonly backtestId: string;
          readonly files: Record<string, string>;
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
}
