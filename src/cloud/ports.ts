import type { BacktestJobInput, BacktestProgress } from "../lean/backtest-job.ts";
import type { BacktestResult } from "../lean/backtest-result.ts";
import type { CompileReport } from "../lean/compile-report.ts";
import type { LiveHandlers, LiveSandboxes } from "../lean/live/live-ports.ts";
import type { LiveJobInput } from "../lean/live/live-protocol.ts";
import type { ObjectServer } from "./objects/object-server.ts";
import type { PortfolioStatistics } from "../lean/statistics/portfolio-statistics.ts";

/** Whose job it is; left out for files that belong to no project. */
export interface JobOrigin {
  readonly projectId?: number;
}

/** Runs jobs; the sandbox pool fits. When their signal aborts, calls end early, and what they give is not used. */
export interface JobRunner {
  compile(
    files: Readonly<Record<string, string>>,
    options: JobOrigin & { readonly signal: AbortSignal; readonly entry?: string },
  ): Promise<CompileReport>;
  backtest(
    job: BacktestJobInput,
    options: JobOrigin & {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: BacktestProgress) => void;
      /** Serves the algorithm's object store; left out: one of its own that is gone afterwards. */
      readonly objectStore?: ObjectServer;
    },
  ): Promise<BacktestResult>;
}

/** Starts live algorithms; see `LiveSandboxes`. */
export interface LiveRunner {
  live(
    job: LiveJobInput,
    handlers: LiveHandlers,
    origin: { readonly projectId: number },
  ): ReturnType<LiveSandboxes["live"]>;
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
  /** More waiting backtests than this are refused; with 0 a backtest needs a node that is free. */
  readonly mostQueuedBacktests: number;
  /** More backtests than this in a minute are refused. */
  readonly backtestsPerMinute: number;
  /** After so many failed logins in a minute, a user is refused for the rest of it. */
  readonly failedLoginsPerMinute: number;
  /** An optimisation of more points is refused. */
  readonly mostOptimizationPoints: number;
  /** Users beside the owner whom projects can be shared with. */
  readonly collaborators: readonly string[];
  readonly objectLimits: {
    /** Bytes of one object, and of all of an organisation. */
    readonly bytesEach: number;
    readonly bytesInAll: number;
    readonly count: number;
  };
  /** How many live algorithms run at once; each is a node. */
  readonly liveNodes: number;
  /** Whether prices that are missing are made. */
  readonly isSynthetic: boolean;
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
  /** Projects that it uses as libraries. */
  readonly libraries: readonly number[];
  /** The `codeSourceId` that holds the lock for editing. */
  readonly lockHolder: string | undefined;
  readonly leanVersion: number;
  readonly leanEnvironment: number;
}

/** Who beside the owner has access to a project. */
export interface Collaborator {
  readonly userId: string;
  readonly liveControl: boolean;
  readonly write: boolean;
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

export type LargePart = "charts" | "orders" | "logs" | "fills" | "dailyReturns" | "insights";

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
  readonly tags: readonly string[];
  /** The optimisation that it is a point of. */
  readonly optimizationId: string | undefined;
}

/** What lists show of a result. */
export interface BacktestDigest {
  readonly figures: PortfolioStatistics;
  /** Display texts of LEAN that an optimisation shows beside them. */
  readonly statistics: Readonly<Record<string, string>>;
  readonly trades: number;
  readonly tradeableDates: number;
  readonly securityTypes: number;
  readonly parameters: number;
  /** ISO dates. */
  readonly start: string;
  readonly end: string;
}

/** A few points of an equity curve, `[unix seconds, value]`. */
export type EquityPoints = readonly (readonly [number, number])[];

/** A backtest as lists show it. */
export type ListedBacktest = Omit<
  CloudBacktest,
  "compileId" | "note" | "progressDate" | "error" | "stacktrace" | "summary"
> & { readonly digest: BacktestDigest | undefined };

export interface OptimizationParameter {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly minStep?: number | undefined;
}

export interface OptimizationConstraint {
  readonly target: string;
  readonly operator: string;
  readonly targetValue: number;
}

/** What an optimisation was asked to do. */
export interface OptimizationPlan {
  readonly strategy: string;
  /** Name of a portfolio statistic, such as `TotalPerformance.PortfolioStatistics.SharpeRatio`. */
  readonly target: string;
  readonly extremum: "min" | "max";
  readonly targetValue?: number | undefined;
  readonly parameters: readonly OptimizationParameter[];
  readonly constraints: readonly OptimizationConstraint[];
  readonly nodeType: string;
  readonly parallelNodes: number;
  /** Parameters of the project when the optimisation began, which each point gets, too. */
  readonly baseParameters: Readonly<Record<string, string>>;
}

/** What lists show of the best point of an optimisation. */
export interface OptimizationBest {
  readonly psr: number | null;
  readonly sharpeRatio: number | null;
  readonly trades: number;
}

export interface CloudOptimization {
  readonly optimizationId: string;
  readonly projectId: number;
  readonly compileId: string;
  readonly name: string;
  readonly status: "new" | "running" | "completed" | "aborted";
  readonly created: number;
  readonly finished: number | undefined;
  readonly plan: OptimizationPlan;
  /** Of the points that have ended; null where none counts yet, undefined where it has to be looked for. */
  readonly best: OptimizationBest | null | undefined;
}

export interface StoredObject {
  /** Path without a leading slash. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly md5: string;
  readonly mime: string;
  readonly created: number;
  readonly modified: number;
}

/** One directory of an object store: its own objects, and the folders with the latest change in them. */
export interface ObjectFolder {
  readonly objects: readonly StoredObject[];
  readonly folders: readonly { readonly key: string; readonly modified: number }[];
}
