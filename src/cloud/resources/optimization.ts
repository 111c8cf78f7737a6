import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, realNumber, wholeNumber } from "../input-fields.ts";
import { gridSize, stepRange } from "../optimization/grid-search.ts";
import { bestOf, dottedTarget, OPERATOR_NAMES } from "../optimization/objective.ts";
import { EULER, GRID } from "../optimization/search-strategy.ts";
import type { CloudOptimization, CloudProject, OptimizationBest, OptimizationPlan } from "../ports.ts";
import { businessError, type Reply, reply } from "../reply.ts";
import { withProject } from "./found-project.ts";
import { optimizationBody, optimizationSummaryBody } from "./optimization-body.ts";

const MOST_PARAMETERS = 10;
/** Where no backtest of the project has run yet. */
const USUAL_SECONDS = 10;

const target = z.string().transform((text, context) => {
  const dotted = dottedTarget(text);
  if (dotted !== undefined) return dotted;
  const message = "expected a statistic such as TotalPerformance.PortfolioStatistics.SharpeRatio";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
/** Forms name a parameter's name `key`; bounds come as texts there. */
const parameterSchema = z
  .object({
    name: absent(filledText),
    key: absent(filledText),
    min: realNumber,
    max: realNumber,
    step: realNumber.refine((step) => step > 0, "expected a step above 0"),
    minStep: absent(realNumber.refine((step) => step > 0, "expected a step above 0")),
  })
  .refine(({ min, max }) => min <= max, "expected min <= max")
  .transform(({ key, name = key, minStep, ...range }, context) => {
    if (name === undefined) context.addIssue({ code: "custom", message: "expected the name of the parameter" });
    return { name: name ?? "", ...range, ...(minStep === undefined ? {} : { minStep }) };
  });
const constraintSchema = z
  .object({
    target,
    operator: z.string().transform((text) => text.toLowerCase()),
    targetValue: absent(realNumber),
    "target-value": absent(realNumber),
  })
  .transform(({ targetValue, "target-value": formValue, ...constraint }, context) => {
    const operator = OPERATOR_NAMES.find((name) => name.toLowerCase() === constraint.operator);
    const value = targetValue ?? formValue;
    if (operator === undefined) {
      context.addIssue({ code: "custom", message: `expected an operator: ${OPERATOR_NAMES.join(", ")}` });
    }
    if (value === undefined) context.addIssue({ code: "custom", message: "expected a targetValue" });
    return { target: constraint.target, operator: operator ?? "Less", targetValue: value ?? 0 };
  });
const planFields = {
  projectId: wholeNumber,
  name: filledText,
  target,
  targetTo: z.enum(["min", "max"]),
  // A form says nothing with an empty text.
  targetValue: absent(z.union([z.literal("").transform(() => undefined), realNumber])),
  strategy: z.enum([GRID, EULER]),
  parameters: z
    .array(parameterSchema)
    .min(1, "expected at least one parameter")
    .max(MOST_PARAMETERS)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, "expected each parameter once"),
  constraints: absent(z.union([z.array(constraintSchema).max(20), z.literal("").transform(() => [])])),
};
const estimateSchema = z.object({ ...planFields, compileId: absent(z.string()), parallelNodes: absent(wholeNumber) });
const createSchema = z.object({
  ...planFields,
  compileId: z.string().refine((id) => id.trim() !== "", "Required parameter compileId is empty"),
  estimatedCost: absent(realNumber),
  nodeType: z.enum(["O2-8", "O4-12", "O8-16"]),
  parallelNodes: wholeNumber.refine((nodes) => nodes >= 1, "expected at least 1"),
});
const oneSchema = z.object({ optimizationId: filledText });

export const optimizationEndpoints: Endpoints = {
  "/optimizations/estimate": endpoint(estimateSchema, (input, context) =>
    withProject(input.projectId, context, async ({ projectId }) => {
      const points = gridSize(input.parameters.map(stepRange));
      const tooMany = sizeError(points, context);
      if (tooMany !== undefined) return businessError(tooMany);
      const each = (await context.store.backtests.lastSeconds(projectId)) ?? USUAL_SECONDS;
      const atOnce = Math.max(1, Math.min(input.parallelNodes ?? Infinity, context.settings.backtestSlots));
      const time = Math.max(1, Math.ceil((each * points) / atOnce));
      return reply({ estimate: { estimateId: `E-${context.ids.hex32()}`, time, balance: 0 } });
    }),
  ),

  "/optimizations/create": endpoint(createSchema, (input, context) =>
    withProject(input.projectId, context, async (project) => {
      const error = await whyNot(input, project, context);
      return error === undefined ? create(input, project, context) : businessError(error);
    }),
  ),

  "/optimizations/read": endpoint(oneSchema, (input, context) =>
    withOptimization(input, context, async (optimization) => {
      const { backtests } = context.store;
      const points = await backtests.points(optimization.optimizationId);
      const equities = await backtests.equities(optimization.optimizationId);
      return reply({ optimization: optimizationBody(optimization, { points, equities, now: context.clock.now() }) });
    }),
  ),

  "/optimizations/list": endpoint(z.object({ projectId: wholeNumber }), ({ projectId }, context) =>
    withProject(projectId, context, async () => {
      const bodies = [];
      for (const optimization of await context.store.optimizations.list(projectId)) {
        bodies.push(optimizationSummaryBody(optimization, await bestKept(optimization, context)));
      }
      return reply({ optimizations: bodies });
    }),
  ),

  "/optimizations/update": endpoint(oneSchema.extend({ name: filledText }), ({ name, ...input }, context) =>
    withOptimization(input, context, async ({ optimizationId }) => {
      await context.store.optimizations.rename(optimizationId, name);
      return reply();
    }),
  ),

  "/optimizations/abort": endpoint(oneSchema, (input, context) =>
    withOptimization(input, context, async ({ optimizationId, status }) => {
      const { store, jobs, clock } = context;
      const running = await store.optimizations.abort(optimizationId, clock.now());
      if (running === undefined) return businessError(`The optimization is not running; it is ${status}.`);
      for (const backtestId of running) jobs.backtests.cancel(backtestId);
      return reply();
    }),
  ),

  "/optimizations/delete": endpoint(oneSchema, (input, context) =>
    withOptimization(input, context, async ({ optimizationId }) => {
      const open = await context.store.optimizations.delete(optimizationId);
      for (const backtestId of open) context.jobs.backtests.cancel(backtestId);
      context.jobs.sweep();
      return reply();
    }),
  ),
};

/** The best point, which is kept, so that a list reads no points; it is looked for where it is not known. */
async function bestKept(
  { optimizationId, plan, best }: CloudOptimization,
  { store }: CloudContext,
): Promise<OptimizationBest | null> {
  if (best !== undefined) return best;
  const found = bestOf(await store.backtests.points(optimizationId), plan);
  await store.optimizations.saveBest(optimizationId, found);
  return found;
}

async function withOptimization(
  { optimizationId }: { readonly optimizationId: string },
  { store }: CloudContext,
  then: (optimization: CloudOptimization) => Promise<Reply>,
): Promise<Reply> {
  const optimization = await store.optimizations.byId(optimizationId);
  return optimization === undefined ? businessError(`Optimization not found: ${optimizationId}`) : then(optimization);
}

function sizeError(points: number, { settings }: CloudContext): string | undefined {
  return points > settings.mostOptimizationPoints
    ? `Not valid parameter set: ${points} backtests, but an optimization may have at most ${settings.mostOptimizationPoints}.`
    : undefined;
}

async function whyNot(
  { compileId, parameters }: z.output<typeof createSchema>,
  { projectId }: CloudProject,
  context: CloudContext,
): Promise<string | undefined> {
  const compile = await context.store.compiles.byId(projectId, compileId);
  if (compile === undefined) return `Compile not found: ${compileId}`;
  if (compile.state !== "success") return "The compile has not succeeded; read it with compile/read.";
  return sizeError(gridSize(parameters.map(stepRange)), context);
}

async function create(
  input: z.output<typeof createSchema>,
  project: CloudProject,
  { store, ids, clock, jobs }: CloudContext,
): Promise<Reply> {
  const plan: OptimizationPlan = {
    strategy: input.strategy,
    target: input.target,
    extremum: input.targetTo,
    ...(input.targetValue === undefined ? {} : { targetValue: input.targetValue }),
    parameters: input.parameters,
    constraints: input.constraints ?? [],
    nodeType: input.nodeType,
    parallelNodes: input.parallelNodes,
    baseParameters: project.parameters,
  };
  const { projectId } = project;
  const { name, compileId } = input;
  const optimizationId = `O-${ids.hex32()}`;
  const optimization = { optimizationId, projectId, compileId, name, created: clock.now(), plan };
  await store.optimizations.create(optimization);
  // Before the answer, so that whoever reads it next finds it at work.
  await jobs.optimizations.advance(optimizationId);
  return reply({
    optimizations: [optimizationSummaryBody({ ...optimization, status: "new", finished: undefined }, null)],
  });
}
