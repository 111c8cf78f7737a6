import { z } from "zod";

/** An insight in the form of QuantConnect's `backtests/read/insights`. Times are Unix seconds, periods seconds. */
export const insightRecordSchema = z.object({
  id: z.string(),
  groupId: z.string().nullable(),
  sourceModel: z.string(),
  generatedTime: z.number(),
  closeTime: z.number(),
  symbol: z.string(),
  ticker: z.string(),
  type: z.enum(["price", "volatility"]),
  reference: z.number(),
  referenceFinal: z.number(),
  direction: z.enum(["down", "flat", "up"]),
  period: z.number(),
  magnitude: z.number().nullable(),
  confidence: z.number().nullable(),
  weight: z.number().nullable(),
  scoreFinal: z.boolean(),
  scoreDirection: z.number(),
  scoreMagnitude: z.number(),
  estimatedValue: z.number(),
  tag: z.string(),
});

export type InsightRecord = z.infer<typeof insightRecordSchema>;
