import { z } from "zod";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, flag, wholeNumber } from "../input-fields.ts";
import type { CloudBacktest, CloudProject } from "../ports.ts";
import { businessError, type Reply, reply } from "../reply.ts";
import { backtestBody, backtestSummaryBody } from "./backtest-body.ts";
import { withProject } from "./found-project.ts";
import { quantwrightBody } from "./quantwright-body.ts";

const parametersSchema = z.union([
  z.record(z.string(), z.union([z.string(), z.number()])),
  // PHP's form of an empty map.
  z
    .array(z.unknown())
    .max(0)
    .transform(() => ({})),
  z.literal("").transform(() => ({})),
]);
const createSchema = z.object({
  projectId: wholeNumber,
  compileId: z.string().refine((id) => id.trim() !== "", "Required parameter compileId is empty"),
  backtestName: filledText,
  parameters: absent(parametersSchema),
});
const oneSchema = z.object({ projectId: wholeNumber, backtestId: filledText });
const listSchema = z.object({ projectId: wholeNumber, includeStatistics: absent(flag) });
const updateSchema = oneSchema.extend({ name: absent(filledText), note: absent(z.string().max(10_000)) });
const tagsSchema = oneSchema.extend({
  tags: z.union([z.array(filledText.max(100)).max(100), z.literal("").transform(() => [])]),
});

export const backtestEndpoints: Endpoints = {
  "/backtests/create": endpoint(createSchema, (input, context, caller) =>
    withProject(input.projectId, context, async (project) => {
      const refusal = await whyNot(input, context);
      if (refusal !== undefined) return businessError(refusal);
      const backtest = await createBacktest(input, project, context);
      return reply({ backtest: backtestBody({ backtest, project, context, caller }), debugging: false });
    }),
  ),

  "/backtests/read": endpoint(oneSchema, (input, context, caller) =>
    withBacktest(input, context, async (backtest, project) => {
      const { backtests } = context.store;
      const parts = {
        fills: (await backtests.part(backtest.backtestId, "fills")) ?? [],
        backtestCount: await backtests.countOf(project.projectId),
      };
      const body = backtestBody({ backtest, project, context, caller }, parts);
      return reply({ backtest: { ...body, ...(await quantwrightBody(backtest, context)) }, debugging: false });
    }),
  ),

  "/backtests/list": endpoint(listSchema, ({ projectId, includeStatistics = false }, context, caller) =>
    withProject(projectId, context, async () => {
      const backtests = await context.store.backtests.list(projectId);
      const bodies = backtests.map((backtest) => backtestSummaryBody(backtest, { includeStatistics, caller }));
      return reply({ backtests: bodies, count: bodies.length });
    }),
  ),

  "/backtests/update": endpoint(updateSchema, (input, context) =>
    withBacktest(input, context, async ({ backtestId }) => {
      const { name, note } = input;
      const change = { ...(name === undefined ? {} : { name }), ...(note === undefined ? {} : { note }) };
      await context.store.backtests.update(backtestId, change);
      return reply();
    }),
  ),

  "/backtests/tags/update": endpoint(tagsSchema, ({ tags, ...input }, context) =>
    withBacktest(input, context, async ({ backtestId }) => {
      await context.store.backtests.update(backtestId, { tags: [...new Set(tags)] });
      return reply();
    }),
  ),

  "/backtests/delete": endpoint(oneSchema, (input, context) =>
    withBacktest(input, context, async ({ backtestId, optimizationId }) => {
      const { store, jobs } = context;
      const search = optimizationId === undefined ? undefined : await store.optimizations.byId(optimizationId);
      if (search?.status === "new" || search?.status === "running") {
        return businessError(
          `The backtest is a point of optimization ${search.optimizationId}, which is running; abort that first.`,
        );
      }
      await store.backtests.delete(backtestId);
      // It may have been the best one.
      if (search !== undefined) await store.optimizations.saveBest(search.optimizationId, undefined);
      jobs.backtests.cancel(backtestId);
      jobs.sweep();
      return reply();
    }),
  ),
};

/** The backtest of a call with its project, or the business error that one is missing. */
export async function withBacktest(
  { projectId, backtestId }: { readonly projectId: number; readonly backtestId: string },
  context: CloudContext,
  then: (backtest: CloudBacktest, project: CloudProject) => Promise<Reply>,
): Promise<Reply> {
  return withProject(projectId, context, async (project) => {
    const backtest = await context.store.backtests.byId(projectId, backtestId);
    return backtest === undefined ? businessError(`Backtest not found: ${backtestId}`) : then(backtest, project);
  });
}

// The texts of the real cloud, which clients look for.
const TOO_MANY = "Too many backtest requests; please slow down.";
const NO_NODES =
  "There are no spare nodes available in your cluster. To launch a new backtest please stop an existing running backtest or add more compute nodes to your organization.";

async function whyNot(
  { projectId, compileId }: z.output<typeof createSchema>,
  { store, settings, backtestRate }: CloudContext,
): Promise<string | undefined> {
  const compile = await store.compiles.byId(projectId, compileId);
  if (compile === undefined) return `Compile not found: ${compileId}`;
  if (compile.state === "error") return "The compile has errors (BuildError); read them with compile/read.";
  if (compile.state !== "success")
    return "The compile is not done; read it with compile/read until it says BuildSuccess.";
  const { queued, running } = await store.backtests.counts();
  if (settings.mostQueuedBacktests === 0) return queued + running >= settings.backtestSlots ? NO_NODES : undefined;
  if (queued >= settings.mostQueuedBacktests || backtestRate.count("") >= settings.backtestsPerMinute) return TOO_MANY;
  backtestRate.add("");
  return undefined;
}

async function createBacktest(
  { projectId, compileId, backtestName, parameters = {} }: z.output<typeof createSchema>,
  project: CloudProject,
  { store, ids, clock, jobs }: CloudContext,
): Promise<CloudBacktest> {
  const backtestId = ids.hex32();
  const now = clock.now();
  const given = Object.entries(parameters).map(([name, value]) => [name, String(value)] as const);
  await store.backtests.create({
    backtestId,
    projectId,
    compileId,
    name: backtestName,
    parameters: { ...project.parameters, ...Object.fromEntries(given) },
    parameterSet: parameters,
    now,
  });
  jobs.backtests.kick();
  return {
    backtestId,
    projectId,
    compileId,
    name: backtestName,
    note: "",
    state: "queued",
    created: now,
    started: undefined,
    finished: undefined,
    progress: 0,
    progressDate: undefined,
    parameterSet: parameters,
    error: undefined,
    stacktrace: undefined,
    summary: undefined,
    tags: [],
    optimizationId: undefined,
  };
}
