import type { Selectable } from "kysely";
import { z } from "zod";
import { backtestResultSchema, type BacktestResult } from "../../lean/backtest-result.ts";
import { type BacktestDigest, readDigest } from "./backtest-digest.ts";
import type { CloudTables } from "./schema.ts";

const stateSchema = z.enum(["queued", "running", "completed", "error"]);

/** What of a result is small enough to be read with every status call; the rest are artifacts. */
export const resultSummarySchema = backtestResultSchema
  .omit({ charts: true, orders: true, logs: true, fills: true, dailyReturns: true, insights: true })
  .extend({
    chartNames: z.array(z.string()),
    orderCount: z.int(),
    logCount: z.int(),
    fillCount: z.int(),
    dayCount: z.int(),
  });

/** Large parts of a result; each is one artifact. */
export const RESULT_PARTS = ["charts", "orders", "logs", "fills", "dailyReturns", "insights"] as const;
export type ResultPart = (typeof RESULT_PARTS)[number];

export const artifactsSchema = z.partialRecord(z.enum(RESULT_PARTS), z.string());

export type ResultSummary = z.infer<typeof resultSummarySchema>;

export interface CloudBacktest {
  readonly backtestId: string;
  readonly projectId: number;
  readonly compileId: string;
  readonly name: string;
  readonly note: string;
  readonly state: z.infer<typeof stateSchema>;
  readonly created: number;
  readonly started: number | undefined;
  readonly finished: number | undefined;
  /** 0 to 1. */
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

/** A backtest as lists show it. */
export interface ListedBacktest {
  readonly backtestId: string;
  readonly projectId: number;
  readonly name: string;
  readonly state: z.infer<typeof stateSchema>;
  readonly created: number;
  readonly started: number | undefined;
  readonly finished: number | undefined;
  readonly progress: number;
  readonly parameterSet: Readonly<Record<string, string | number>>;
  readonly tags: readonly string[];
  readonly optimizationId: string | undefined;
  readonly digest: BacktestDigest | undefined;
}

export const LIST_COLUMNS = [
  "backtest_id",
  "project_id",
  "name",
  "state",
  "created",
  "started",
  "finished",
  "progress",
  "parameter_set",
  "tags",
  "optimization_id",
  "digest",
] as const;

const tagsSchema = z.array(z.string());

export function summaryOf(result: BacktestResult): ResultSummary {
  const { charts, orders, logs, fills, dailyReturns, insights: _, ...rest } = result;
  return {
    ...rest,
    chartNames: Object.keys(charts),
    orderCount: orders.length,
    logCount: logs.length,
    fillCount: fills.length,
    dayCount: dailyReturns.length,
  };
}

export function backtestOf(row: Selectable<CloudTables["backtests"]>): CloudBacktest {
  return {
    backtestId: row.backtest_id,
    projectId: row.project_id,
    compileId: row.compile_id,
    name: row.name,
    note: row.note,
    state: stateSchema.parse(row.state),
    created: row.created,
    started: row.started ?? undefined,
    finished: row.finished ?? undefined,
    progress: row.progress,
    progressDate: row.progress_date ?? undefined,
    parameterSet: z.record(z.string(), z.union([z.string(), z.number()])).parse(JSON.parse(row.parameter_set)),
    error: row.error ?? undefined,
    stacktrace: row.stacktrace ?? undefined,
    summary: row.summary === null ? undefined : resultSummarySchema.parse(JSON.parse(row.summary)),
    tags: tagsSchema.parse(JSON.parse(row.tags)),
    optimizationId: row.optimization_id ?? undefined,
  };
}

export function listedOf(
  row: Pick<Selectable<CloudTables["backtests"]>, (typeof LIST_COLUMNS)[number]>,
): ListedBacktest {
  return {
    backtestId: row.backtest_id,
    projectId: row.project_id,
    name: row.name,
    state: stateSchema.parse(row.state),
    created: row.created,
    started: row.started ?? undefined,
    finished: row.finished ?? undefined,
    progress: row.progress,
    // Both were checked when they came in; a list of ten thousand has no time to check each again.
    parameterSet: JSON.parse(row.parameter_set) as Record<string, string | number>,
    tags: JSON.parse(row.tags) as string[],
    optimizationId: row.optimization_id ?? undefined,
    digest: row.digest === null ? undefined : readDigest(row.digest),
  };
}
