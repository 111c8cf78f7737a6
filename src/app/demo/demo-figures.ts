import { z } from "zod";

const number = z.number().nullable();

export const strategySchema = z.looseObject({ strategyId: z.string(), projectId: z.int(), lines: z.int() });

export const backtestSchema = z.looseObject({
  run: z.looseObject({
    runId: z.string(),
    state: z.string(),
    progress: z.number(),
    note: z.string(),
    version: z.int(),
    error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  }),
  statistics: z.record(z.string(), z.string()).optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

export const analysisSchema = z.looseObject({
  trials: z.int(),
  completed: z.int(),
  chosen: z.looseObject({
    trialId: z.string(),
    name: z.string(),
    parameters: z.record(z.string(), z.string()),
    statistics: z.record(z.string(), z.string()),
    synthetic: z.boolean(),
    period: z.string(),
  }),
  performance: z.looseObject({
    days: z.int(),
    totalReturn: z.number(),
    annualReturn: number,
    annualDeviation: number,
    annualSharpe: number,
    maximumDrawdown: z.number(),
    worstDay: z.string().nullable(),
    bestDay: z.string().nullable(),
  }),
  evidence: z.looseObject({
    probabilisticSharpe: number,
    deflatedSharpe: number,
    minimumTrackRecordDays: number,
    verdict: z.string(),
  }),
  grid: z.array(
    z.looseObject({
      trialId: z.string(),
      parameters: z.record(z.string(), z.string()),
      annualSharpe: number,
      totalReturn: z.number(),
    }),
  ),
});

export const pageSchema = z.looseObject({ pages: z.int(), content: z.unknown() });
export const dailySchema = z.array(z.object({ date: z.string(), return: z.number() }));

/** What the demo found, as both reports show it. */
export interface DemoFigures {
  readonly data: {
    readonly ticker: string;
    readonly source: string;
    readonly synthetic: boolean;
    readonly first: string;
    readonly last: string;
    readonly bars: number;
    readonly notes: readonly string[];
  };
  readonly statistics: Readonly<Record<string, string>>;
  readonly benchmark: readonly { readonly date: string; readonly return: number }[];
  readonly daily: readonly { readonly date: string; readonly return: number }[];
  readonly analysis: z.infer<typeof analysisSchema>;
  readonly refused: string;
  readonly audit: { readonly count: number; readonly head: string };
  readonly seconds: number;
  readonly dataDir: string;
  readonly version: string;
  readonly startCash: number;
}
