import { z } from "zod";
import type { analysisSchema } from "../../agents/analyze-strategy.ts";
import type { ReportFigures } from "../../web/demo-report.ts";

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

export const pageSchema = z.looseObject({ pages: z.int(), content: z.unknown() });
export const dailySchema = z.array(z.object({ date: z.string(), return: z.number() }));

/** What the demo found, as both reports show it. */
export interface DemoFigures extends ReportFigures {
  readonly analysis: z.infer<typeof analysisSchema>;
  readonly seconds: number;
  readonly dataDir: string;
}
