import { z } from "zod";
import { trialFillSchema, type TrialResult } from "../domain/trial.ts";

const texts = z
  .record(z.string(), z.unknown())
  .transform((record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)])));
const dates = z.object({ start: z.string(), end: z.string() });

/** What the local cloud adds to a backtest beyond QuantConnect's fields. */
const ownEvidence = z.looseObject({
  engine: z.object({
    name: z.string(),
    version: z.string(),
    leanCommit: z.string(),
    /** Which Python ran it, where it was not the sandbox's: of a trusted project. */
    executor: z.string().optional(),
  }),
  fidelity: z.record(z.string(), z.enum(["exact-tested", "modelled"])),
  dataFingerprint: z.string(),
  orderListHash: z.string(),
  dailyReturns: z.array(z.object({ date: z.string(), return: z.number() })),
  fills: z.array(trialFillSchema),
  requested: dates,
  actual: dates.nullable(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  synthetic: z.boolean(),
});

const backtestSchema = z.looseObject({
  completed: z.boolean().optional(),
  status: z.string().optional(),
  error: z.string().nullish(),
  statistics: texts.nullish().catch(null),
  backtestStart: z.string().nullish(),
  backtestEnd: z.string().nullish(),
  quantwright: z.unknown().optional(),
});

const bodySchema = z.looseObject({ backtest: backtestSchema });

/** The parts of a `backtests/read` answer that a trial keeps, or undefined while the backtest has not ended. */
export function evidenceOf(body: Readonly<Record<string, unknown>>): TrialResult | undefined {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success || parsed.data.backtest.completed !== true) return undefined;
  const { backtest } = parsed.data;
  const own = ownEvidence.safeParse(backtest.quantwright);
  const failed = typeof backtest.error === "string" && backtest.error !== "";
  return {
    version: 1,
    status: failed ? "Runtime Error" : (backtest.status ?? "Completed."),
    statistics: backtest.statistics ?? {},
    dailyReturns: own.success ? own.data.dailyReturns : [],
    fills: own.success ? own.data.fills : [],
    orderListHash: own.success ? own.data.orderListHash : null,
    dataFingerprint: own.success ? own.data.dataFingerprint : null,
    requested: own.success ? own.data.requested : datesOf(backtest),
    actual: own.success ? own.data.actual : null,
    engine: own.success ? own.data.engine : null,
    fidelity: own.success ? own.data.fidelity : {},
    synthetic: own.success ? own.data.synthetic : false,
    warnings: own.success ? own.data.warnings : [],
    error: failed ? (backtest.error ?? null) : null,
  };
}

function datesOf(backtest: z.infer<typeof backtestSchema>): TrialResult["requested"] {
  const { backtestStart, backtestEnd } = backtest;
  if (typeof backtestStart !== "string" || typeof backtestEnd !== "string") return null;
  return { start: backtestStart.slice(0, 10), end: backtestEnd.slice(0, 10) };
}

const curveSchema = z.looseObject({
  chart: z.looseObject({
    series: z.record(z.string(), z.looseObject({ values: z.array(z.array(z.number().nullable())) })),
  }),
});

/** Returns per UTC date from an equity chart, for clouds that give no daily returns: last value of each date over that of the one before. */
export function returnsOfEquityChart(body: Readonly<Record<string, unknown>>): TrialResult["dailyReturns"] {
  const parsed = curveSchema.safeParse(body);
  const values = parsed.success ? (parsed.data.chart.series["Equity"]?.values ?? []) : [];
  const closes = new Map<string, number>();
  for (const point of values) {
    const [time, ...rest] = point;
    const value = rest.at(-1);
    if (typeof time === "number" && typeof value === "number")
      closes.set(new Date(time * 1000).toISOString().slice(0, 10), value);
  }
  const days = [...closes];
  return days.slice(1).map(([date, value], index) => ({ date, return: value / (days[index]?.[1] ?? value) - 1 }));
}
