import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import type { Trial } from "../domain/trial.ts";
import { summarisePerformance, type PerformanceSummary } from "../evidence/performance-summary.ts";
import { returnMoments } from "../evidence/return-moments.ts";
import { deflatedSharpe, minimumTrackRecord, probabilisticSharpe } from "../evidence/sharpe-evidence.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import { projectOf, strategyId, type StrategyLabParts } from "./strategy-lab-parts.ts";

const TRADING_DAYS = 252;
/** Below so many days the statistics of a Sharpe ratio say nothing. */
const SMALLEST_SAMPLE = 30;
const number = z.number().nullable();

/** The answer of analyze_strategy; whoever reads it parses with this. */
export const analysisSchema = z.object({
  strategyId: z.string(),
  trials: z.int(),
  completed: z.int(),
  chosen: z.object({
    trialId: z.string(),
    name: z.string(),
    parameters: z.record(z.string(), z.string()),
    statistics: z.record(z.string(), z.string()),
    synthetic: z.boolean(),
    period: z.string(),
  }),
  performance: z.object({
    days: z.int(),
    totalReturn: z.number(),
    annualReturn: number,
    annualDeviation: number,
    annualSharpe: number,
    maximumDrawdown: z.number(),
    worstDay: z.string().nullable(),
    bestDay: z.string().nullable(),
    skew: z.number(),
    kurtosis: z.number(),
  }),
  evidence: z.object({
    probabilisticSharpe: number,
    deflatedSharpe: number,
    minimumTrackRecordDays: number,
    verdict: z.string(),
  }),
  grid: z.array(
    z.object({
      trialId: z.string(),
      parameters: z.record(z.string(), z.string()),
      annualSharpe: number,
      totalReturn: z.number(),
    }),
  ),
});

/** What all trials of a strategy say together: the best one, and how much of it luck would explain. */
export function analyzeStrategy(parts: StrategyLabParts): Skill {
  return defineSkill({
    name: "analyze_strategy",
    title: "Analyze a strategy",
    description:
      "Judges a strategy by its recorded backtests: return, risk and drawdown of one of them (the best by Sharpe ratio unless you name one), and how far it survives the number that were tried: probabilistic and deflated Sharpe ratio, minimum track record. Costs nothing; run backtests first.",
    owner: "strategy-lab",
    class: "read",
    input: z.object({
      strategyId,
      trialId: z.string().optional().describe("A trial to look at instead of the best one"),
    }),
    output: analysisSchema,
    answer: async (args) => {
      const { strategy } = await projectOf(parts, args.strategyId);
      const tried = await parts.trials.countOf(strategy.id);
      // Points that never ran must not push out of the list what did.
      const completed = await parts.trials.list({ strategyId: strategy.id, state: "completed" });
      const rated = completed.flatMap((trial) =>
        trial.result !== null ? [{ trial, summary: summarisePerformance(trial.result.dailyReturns) }] : [],
      );
      const best = rated.toSorted(
        (a, b) => (b.summary.annualSharpe ?? -Infinity) - (a.summary.annualSharpe ?? -Infinity),
      )[0];
      const chosen = args.trialId === undefined ? best : rated.find(({ trial }) => trial.id === args.trialId);
      if (chosen === undefined) {
        throw new RefusalError({
          code: "TRIALS_INSUFFICIENT",
          message:
            args.trialId === undefined
              ? `${strategy.name} has ${tried} trials, none of them completed`
              : `${strategy.name} has no completed trial "${args.trialId}"`,
          remedy: "run a backtest first (run_backtest)",
        });
      }
      const data = {
        strategyId: strategy.id,
        trials: tried,
        completed: rated.length,
        chosen: describe(chosen.trial),
        performance: performanceOf(chosen.summary),
        evidence: evidenceFor(chosen.trial, { tried, rated: rated.map(({ trial }) => trial) }),
        grid: rated.slice(-60).map((one) => ({
          trialId: one.trial.id,
          parameters: one.trial.parameters,
          annualSharpe: one.summary.annualSharpe ?? null,
          totalReturn: one.summary.totalReturn,
        })),
      };
      return { data, source: "trial ledger" };
    },
  });
}

function performanceOf(summary: PerformanceSummary): z.infer<typeof analysisSchema>["performance"] {
  const day = (value: PerformanceSummary["worstDay"]): string | null =>
    value === undefined ? null : `${value.date}: ${(value.return * 100).toFixed(2)}%`;
  return {
    days: summary.days,
    totalReturn: summary.totalReturn,
    annualReturn: summary.annualReturn ?? null,
    annualDeviation: summary.annualDeviation ?? null,
    annualSharpe: summary.annualSharpe ?? null,
    maximumDrawdown: summary.maximumDrawdown,
    worstDay: day(summary.worstDay),
    bestDay: day(summary.bestDay),
    skew: summary.skew,
    kurtosis: summary.kurtosis,
  };
}

function describe(trial: Trial): {
  trialId: string;
  name: string;
  parameters: Record<string, string>;
  statistics: Record<string, string>;
  synthetic: boolean;
  period: string;
} {
  const { result } = trial;
  const period = result?.actual ?? result?.requested;
  return {
    trialId: trial.id,
    name: trial.name,
    parameters: trial.parameters,
    statistics: result?.statistics ?? {},
    synthetic: result?.synthetic ?? false,
    period: period === null || period === undefined ? "unknown" : `${period.start} to ${period.end}`,
  };
}

/** Deflated by every trial that was opened, completed or not: what was tried counts, not what was kept. */
function evidenceFor(
  trial: Trial,
  among: { readonly tried: number; readonly rated: readonly Trial[] },
): {
  probabilisticSharpe: number | null;
  deflatedSharpe: number | null;
  minimumTrackRecordDays: number | null;
  verdict: string;
} {
  const moments = returnMoments((trial.result?.dailyReturns ?? []).map((day) => day.return));
  if (moments.sharpe === undefined || moments.observations < SMALLEST_SAMPLE) {
    return {
      probabilisticSharpe: null,
      deflatedSharpe: null,
      minimumTrackRecordDays: null,
      verdict: `insufficient: ${moments.observations} daily returns${moments.sharpe === undefined ? ", which do not vary" : ""}; ${SMALLEST_SAMPLE} are needed`,
    };
  }
  const estimate = {
    sharpe: moments.sharpe,
    observations: moments.observations,
    skew: moments.skew,
    kurtosis: moments.kurtosis,
  };
  const sharpes = among.rated.flatMap(
    ({ result }) => returnMoments((result?.dailyReturns ?? []).map((day) => day.return)).sharpe ?? [],
  );
  const variance = returnMoments(sharpes).deviation ** 2;
  const psr = probabilisticSharpe(estimate, 0);
  const dsr = among.tried > 1 ? deflatedSharpe(estimate, { trials: among.tried, variance }) : psr;
  const length = minimumTrackRecord(estimate, 0, 0.95);
  const annual = (moments.sharpe * Math.sqrt(TRADING_DAYS)).toFixed(2);
  const trials = among.tried === 1 ? "1 trial" : `${among.tried} trials`;
  const verdict =
    dsr === undefined
      ? "insufficient: the returns are too skewed for these statistics"
      : dsr >= 0.95
        ? `the annual Sharpe ratio of ${annual} survives ${trials} (deflated ${dsr.toFixed(3)} ≥ 0.95)`
        : `the annual Sharpe ratio of ${annual} may be luck after ${trials} (deflated ${dsr.toFixed(3)} < 0.95)`;
  return {
    probabilisticSharpe: psr ?? null,
    deflatedSharpe: dsr ?? null,
    minimumTrackRecordDays: length === undefined ? null : Math.ceil(length),
    verdict,
  };
}
