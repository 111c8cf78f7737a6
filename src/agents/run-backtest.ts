import { z } from "zod";
import { isEnded, SHOWN_RUN_STATES, shownState, type Run } from "../domain/run.ts";
import { plainPlan } from "../gateway/call-plan.ts";
import { defineSkill, type Skill } from "../gateway/skill.ts";
import { parseJson } from "../domain/parse-json.ts";
import { BACKTEST_RUN, type BacktestRunInput } from "./backtest-run.ts";
import { projectOf, strategyId, type StrategyLabParts } from "./strategy-lab-parts.ts";

/** A call answers within 20 s: what takes longer goes on as a run. */
const ANSWER_WITHIN = 15_000;

export const runView = z.object({
  runId: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(SHOWN_RUN_STATES),
  progress: z.number(),
  note: z.string(),
  version: z.int(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).nullable(),
});

/** A run as tools show it. */
export function viewOf(run: Run): z.infer<typeof runView> {
  const { id, kind, title, progress, note, version, error } = run;
  return { runId: id, kind, title, state: shownState(run), progress, note, version, error };
}

const summarySchema = z.looseObject({
  status: z.string().optional(),
  error: z.string().nullish(),
  statistics: z.record(z.string(), z.unknown()).optional(),
  warnings: z.array(z.looseObject({ message: z.string() })).optional(),
  synthetic: z.boolean().optional(),
});

/** Starts a backtest as a durable run and waits a little for it. */
export function runBacktest(parts: StrategyLabParts): Skill {
  return defineSkill({
    name: "run_backtest",
    title: "Run a backtest",
    description:
      "Compiles a strategy and backtests it. Answers with the statistics if it ends within 15 s; otherwise with a runId to follow with run_status and read with run_result. Every backtest is recorded as a trial and counts against the strategy's evidence.",
    owner: "strategy-lab",
    class: "compute",
    needs: ["create_compile", "read_compile", "create_backtest", "read_backtest", "list_backtests", "delete_backtest"],
    input: z.object({
      strategyId,
      name: z.string().min(1).max(100).optional().describe("Name of this backtest"),
      parameters: z
        .record(z.string(), z.union([z.string(), z.number()]))
        .default({})
        .describe('Algorithm parameters, for example {"fast": 20, "qw-start": "2015-01-01"}'),
    }),
    output: z.object({
      run: runView,
      status: z.string().optional(),
      error: z.string().optional(),
      statistics: z.record(z.string(), z.string()).optional(),
      warnings: z.array(z.string()).optional(),
      synthetic: z.boolean().optional(),
      next: z.string(),
    }),
    plan: async ({ strategyId: id }) => {
      const { projectId } = await projectOf(parts, id);
      return { ...plainPlan("compute"), computes: [{ tool: "create_backtest", arguments: { projectId } }] };
    },
    answer: async (args, context) => {
      const { strategy, projectId } = await projectOf(parts, args.strategyId);
      const name = args.name ?? `${strategy.name} backtest`;
      const input: BacktestRunInput = { projectId, strategyId: strategy.id, name, parameters: args.parameters };
      const runs = parts.runs();
      let run = await runs.start({
        kind: BACKTEST_RUN,
        title: `backtest ${name}`,
        principal: context.principal,
        profile: parts.profile,
        input,
      });
      const giveUp = AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN), context.signal]);
      while (!isEnded(run) && !giveUp.aborted) {
        run =
          (await runs.waitForChange(run.id, { version: run.version, milliseconds: ANSWER_WITHIN, signal: giveUp })) ??
          run;
        context.progress(run.progress, run.note);
      }
      const text = run.state === "completed" ? await runs.result(run) : undefined;
      const result = text === undefined ? undefined : summarySchema.parse(parseJson(text));
      const statistics = result?.statistics;
      const data = {
        run: viewOf(run),
        ...(typeof result?.status !== "string" ? {} : { status: result.status }),
        ...(typeof result?.error !== "string" ? {} : { error: result.error }),
        ...(statistics === undefined
          ? {}
          : { statistics: Object.fromEntries(Object.entries(statistics).map(([key, value]) => [key, String(value)])) }),
        ...(result?.warnings === undefined ? {} : { warnings: result.warnings.map(({ message }) => message) }),
        ...(result?.synthetic === undefined ? {} : { synthetic: result.synthetic }),
        next: isEnded(run)
          ? `run_result {"runId":"${run.id}"} has fills, daily returns and more`
          : `run_status {"runId":"${run.id}"} follows it`,
      };
      return { data, source: `project ${projectId}`, runId: run.id };
    },
  });
}
