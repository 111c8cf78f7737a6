import { z } from "zod";

/** How a trial stands: opened before its backtest was sent, then ended in exactly one way. */
export const TRIAL_STATES = ["open", "completed", "failed", "abandoned", "deleted"] as const;

/** One fill of a trial; amounts are decimal texts. */
export const trialFillSchema = z.object({
  orderId: z.int(),
  symbol: z.string(),
  symbolId: z.string(),
  timeUtc: z.int(),
  quantity: z.string(),
  price: z.string(),
  fee: z.string(),
  currency: z.string(),
});

/** What a completed backtest proves and on what: versioned, because evidence outlives code. */
export const trialResultSchema = z.object({
  version: z.literal(1),
  status: z.string(),
  statistics: z.record(z.string(), z.string()),
  dailyReturns: z.array(z.object({ date: z.string(), return: z.number() })),
  fills: z.array(trialFillSchema),
  orderListHash: z.string().nullable(),
  dataFingerprint: z.string().nullable(),
  requested: z.object({ start: z.string(), end: z.string() }).nullable(),
  actual: z.object({ start: z.string(), end: z.string() }).nullable(),
  engine: z
    .object({
      name: z.string(),
      version: z.string(),
      leanCommit: z.string(),
      /** Which Python ran it, where it was not the sandbox's: of a trusted project. */
      executor: z.string().optional(),
    })
    .nullable(),
  fidelity: z.record(z.string(), z.enum(["exact-tested", "modelled"])),
  synthetic: z.boolean(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  error: z.string().nullable(),
});

/** One backtest, whoever ran it, alone or as a point of an optimisation. Append-only: a deletion is an entry, not a removal. */
export const trialSchema = z.object({
  id: z.string(),
  callId: z.string(),
  strategyId: z.string().nullable(),
  profile: z.string(),
  projectId: z.int().nullable(),
  /** The optimisation that this is a point of, once its id is known; a record of an older version has none. */
  optimizationId: z.string().nullable().default(null),
  backtestId: z.string().nullable(),
  name: z.string(),
  principal: z.string(),
  source: z.enum(["desk", "file", "external"]),
  parameters: z.record(z.string(), z.string()),
  /** Hash of normalised files, parameters and engine: what evidence is bound to. */
  artefactHash: z.string(),
  state: z.enum(TRIAL_STATES),
  openedAt: z.int(),
  closedAt: z.int().nullable(),
  result: trialResultSchema.nullable(),
  /** Content hash of the raw response kept as an artifact. */
  rawArtifact: z.string().nullable(),
});

export type TrialState = (typeof TRIAL_STATES)[number];
export type TrialResult = z.infer<typeof trialResultSchema>;
export type Trial = z.infer<typeof trialSchema>;
