import { z } from "zod";
import { pollWait } from "../domain/poll-interval.ts";
import type { Principal } from "../domain/principal.ts";
import { RefusalError } from "../domain/refusal.ts";
import type { RunContext, RunDefinition } from "../runs/run-definition.ts";

type Body = Readonly<Record<string, unknown>>;

/** A call of a QuantConnect tool through the gateway, in the name of a run's principal. */
export type RunCall = (call: {
  readonly principal: Principal;
  readonly runId: string;
  readonly tool: string;
  readonly arguments: Body;
  readonly signal?: AbortSignal;
  /** Ends a wait for a node, and nothing that is under way. */
  readonly giveUp?: AbortSignal;
  readonly onProgress?: (progress: { readonly message?: string }) => void;
}) => Promise<Body>;

export const BACKTEST_RUN = "backtest";

export const backtestRunInput = z.object({
  projectId: z.int(),
  strategyId: z.string().nullable(),
  name: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
});

export type BacktestRunInput = z.infer<typeof backtestRunInput>;

const compileSchema = z.looseObject({ compileId: z.string(), state: z.string(), logs: z.array(z.string()).nullish() });
const createdSchema = z.looseObject({ backtest: z.looseObject({ backtestId: z.string() }) });
const listedSchema = z.looseObject({ backtests: z.array(z.looseObject({ backtestId: z.string(), name: z.string() })) });
const readSchema = z.looseObject({
  backtest: z.looseObject({
    completed: z.boolean().optional(),
    progress: z.number().nullish(),
    status: z.string().optional(),
    error: z.string().nullish(),
    stacktrace: z.string().nullish(),
    statistics: z.record(z.string(), z.unknown()).nullish().catch(null),
    runtimeStatistics: z.record(z.string(), z.unknown()).nullish().catch(null),
    quantwright: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** Waits between looks: quickly at first, because local backtests take a second, then patiently; more on an account. */
const LOOKS = [200, 200, 300, 300, 500, 500, 1000] as const;
const PATIENT_LOOK = 2000;
/** A call may fail so often in a row (a restarting upstream) before the run gives up. */
const MOST_ATTEMPTS = 15;
/** A creation whose answer was lost may show a little later: waits between the looks for it. */
const LATE_LOOKS = [0, 300, 700, 1500, 3000] as const;

/**
 * A durable backtest: compile, create, wait, read.
 *
 * Invariant: the backtest is created once. Its name carries the run's id; a step that was interrupted looks for that
 * name before it creates anything.
 */
export function backtestRun(call: RunCall): RunDefinition {
  return {
    kind: BACKTEST_RUN,
    async execute(context, raw) {
      const input = backtestRunInput.parse(raw);
      const { principal, id: runId } = context.run;
      const ask: Ask = (tool, args, more) =>
        patiently(context, () => call({ principal, runId, tool, arguments: args, signal: context.signal, ...more }));
      const compileId = await context.step("compile", () => compile(ask, context, input));
      const backtestId = await context.step("create", () => createOnce(ask, context, { input, compileId }));
      await context.step("wait", () => waitForEnd(ask, context, { projectId: input.projectId, backtestId }));
      await context.progress(0.99, "reading the result");
      const body = await ask("read_backtest", { projectId: input.projectId, backtestId });
      return {
        runId: context.run.id,
        strategyId: input.strategyId,
        projectId: input.projectId,
        backtestId,
        name: input.name,
        parameters: input.parameters,
        ...resultOf(body),
      };
    },
    async cancelled(run, raw) {
      const { projectId } = backtestRunInput.parse(raw);
      const ask: Ask = (tool, args) => call({ principal: run.principal, runId: run.id, tool, arguments: args });
      const backtestId = await find(ask, projectId, run.id);
      if (backtestId !== undefined) await ask("delete_backtest", { projectId, backtestId });
    },
  };
}

type Ask = (
  tool: string,
  args: Body,
  more?: Pick<Parameters<RunCall>[0], "signal" | "giveUp" | "onProgress">,
) => Promise<Body>;

/** Waits before a look, as long as the profile's cloud wants at least. */
function beforeLook(context: RunContext, milliseconds: number = PATIENT_LOOK): Promise<void> {
  return context.sleep(pollWait(context.run.profile === "local" ? "local" : "quantconnect", milliseconds));
}

/** Asks again, after growing waits, what may be asked again: reads, and what was never sent. */
async function patiently(context: RunContext, work: () => Promise<Body>): Promise<Body> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof RefusalError && error.refusal.retryable === true;
      if (!passing || attempt >= MOST_ATTEMPTS) throw error;
      await beforeLook(context, LOOKS[attempt - 1]);
    }
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof RefusalError && error.refusal.code === "OUTCOME_UNKNOWN";
}

async function compile(ask: Ask, context: RunContext, input: BacktestRunInput): Promise<string> {
  await context.progress(0.02, "compiling");
  const begin = (): Promise<Body> => ask("create_compile", { projectId: input.projectId });
  // A compile changes nothing, so one whose answer was lost is simply made again.
  const begun = await begin().catch((error: unknown) => (isUnknown(error) ? begin() : Promise.reject(error as Error)));
  let state = compileSchema.parse(begun);
  for (let look = 0; state.state === "InQueue"; look += 1) {
    await beforeLook(context, LOOKS[look]);
    state = {
      ...state,
      ...compileSchema
        .omit({ compileId: true })
        .parse(await ask("read_compile", { projectId: input.projectId, compileId: state.compileId })),
    };
  }
  if (state.state === "BuildSuccess") return state.compileId;
  throw new RefusalError({
    code: "BUILD_ERROR",
    message: `the project does not compile:\n${(state.logs ?? []).join("\n")}`,
    remedy: "correct the lines named above (edit_strategy) and run the backtest again",
  });
}

async function createOnce(
  ask: Ask,
  context: RunContext,
  work: { readonly input: BacktestRunInput; readonly compileId: string },
): Promise<string> {
  const { projectId, parameters } = work.input;
  const already = await find(ask, projectId, context.run.id);
  if (already !== undefined) return already;
  await context.progress(0.05, "starting the backtest");
  const args = {
    projectId,
    compileId: work.compileId,
    backtestName: `${work.input.name} [${context.run.id}]`,
    parameters,
  };
  try {
    // A cancelled run lets its creation end, so that what was made is known and can be deleted; while it waits for a
    // node nothing is made.
    const created = await ask("create_backtest", args, {
      signal: context.stopping,
      giveUp: context.signal,
      onProgress: ({ message }) => {
        if (message !== undefined) context.progress(0.05, message).catch(() => undefined);
      },
    });
    return createdSchema.parse(created).backtest.backtestId;
  } catch (error) {
    if (!isUnknown(error)) throw error;
    for (const wait of LATE_LOOKS) {
      if (wait > 0) await beforeLook(context, wait);
      const made = await find(ask, projectId, context.run.id);
      if (made !== undefined) return made;
    }
    throw error;
  }
}

async function find(ask: Ask, projectId: number, runId: string): Promise<string | undefined> {
  const listed = listedSchema.parse(await ask("list_backtests", { projectId }));
  return listed.backtests.find(({ name }) => name.endsWith(`[${runId}]`))?.backtestId;
}

async function waitForEnd(
  ask: Ask,
  context: RunContext,
  at: { readonly projectId: number; readonly backtestId: string },
): Promise<null> {
  for (let look = 0; ; look += 1) {
    await beforeLook(context, LOOKS[look]);
    const { backtest } = readSchema.parse(await ask("read_backtest", at));
    if (backtest.completed === true) return null;
    await context.progress(0.05 + 0.93 * Math.min(1, backtest.progress ?? 0), backtest.status ?? "running");
  }
}

/** What the run keeps of a finished backtest, in sections that can be read page by page. */
function resultOf(body: Body): Record<string, unknown> {
  const { backtest } = readSchema.parse(body);
  const { error: _error, status: _status, ...own } = backtest.quantwright ?? {};
  const failed = typeof backtest.error === "string" && backtest.error !== "";
  return {
    status: failed ? "Runtime Error" : "Completed",
    ...(failed ? { error: backtest.error, stacktrace: backtest.stacktrace ?? "" } : {}),
    statistics: backtest.statistics ?? {},
    runtimeStatistics: backtest.runtimeStatistics ?? {},
    ...own,
  };
}
