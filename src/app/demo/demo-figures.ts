import { z } from "zod";
import type { ReportFigures } from "../../web/demo-report.ts";

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
export interface DemoFigures extends ReportFigures {
  readonly analysis: z.infer<typeof analysisSchema>;
  readonly seconds: number;
  readonly dataDir: string;
}
