import { z } from "zod";
import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import { DataFault } from "../../lean/data/data-fault.ts";
import { type CloudContext, endpoint, type Endpoints } from "../endpoint.ts";
import { absent, filledText, flag, wholeNumber } from "../input-fields.ts";
import { chooseBrokerage, OAUTH_BROKERAGES } from "../live/brokerage-settings.ts";
import type { Deployment, LiveStatus } from "../live/deployment.ts";
import { hasEnded } from "../live/deployment.ts";
import { chooseFeed } from "../live/feed-plan.ts";
import { chooseAccount } from "../live/initial-account.ts";
import type { InitialAccount } from "../live/live-parts.ts";
import type { CloudProject } from "../ports.ts";
import { businessError, type Reply, reply } from "../reply.ts";
import { withDeployment, withRunning } from "./found-deployment.ts";
import { withProject } from "./found-project.ts";
import { liveBody, liveSummaryBody } from "./live-body.ts";
import { liveSeats } from "./node.ts";

const settingsSchema = z.record(z.string(), z.unknown());
/** PHP's forms write an empty map as an empty list or text. */
const emptyMap = z.union([z.array(z.unknown()).max(0), z.literal("")]).transform(() => ({}));
const notificationSchema = z.looseObject({ events: absent(z.array(z.string())) });

const createSchema = z.object({
  projectId: wholeNumber,
  compileId: filledText,
  nodeId: filledText,
  versionId: absent(z.union([z.string(), z.number()])),
  brokerage: settingsSchema,
  dataProviders: absent(z.union([settingsSchema, emptyMap])),
  automaticRedeploy: absent(flag),
  parameters: absent(z.union([z.record(z.string(), z.union([z.string(), z.number()])), emptyMap])),
  notification: absent(z.union([notificationSchema, emptyMap])),
});
type CreateInput = z.output<typeof createSchema>;
const listSchema = z.object({
  projectId: absent(wholeNumber),
  status: absent(z.enum(["Running", "Stopped", "RuntimeError", "Liquidated"])),
  start: absent(z.unknown()),
  end: absent(z.unknown()),
});
const oneSchema = z.object({ projectId: wholeNumber });
const readSchema = oneSchema.extend({ deployId: absent(filledText) });
const oauthSchema = z.object({ brokerage: z.enum(OAUTH_BROKERAGES) });

export const liveEndpoints: Endpoints = {
  "/live/create": endpoint(createSchema, (input, context) =>
    withProject(input.projectId, context, (project) => create(input, project, context)),
  ),

  "/live/read": endpoint(readSchema, (input, context) =>
    withDeployment(input, context, async (deployment) => reply(await liveBody(deployment, context))),
  ),

  "/live/list": endpoint(listSchema, async ({ projectId, status }, context) => {
    const found = await context.live.store.list({
      ...(projectId === undefined ? {} : { projectId }),
      ...(status === undefined ? {} : { status }),
    });
    return reply({ live: await Promise.all(found.map((deployment) => liveSummaryBody(deployment, context))) });
  }),

  "/live/update/stop": endpoint(oneSchema, ({ projectId }, context) => end(projectId, "stop", context)),
  "/live/update/liquidate": endpoint(oneSchema, ({ projectId }, context) => end(projectId, "liquidate", context)),

  "/live/auth0/authorize": endpoint(oauthSchema, ({ brokerage }) => businessError(noOauth(brokerage))),
  "/live/auth0/read": endpoint(oauthSchema, ({ brokerage }) => businessError(noOauth(brokerage))),
};

function noOauth(brokerage: string): string {
  return `The local cloud connects to no real brokerage, so nobody signs in to ${brokerage} here; use the profile quantconnect.`;
}

async function end(projectId: number, how: "stop" | "liquidate", context: CloudContext): Promise<Reply> {
  return withRunning(projectId, context, async ({ deployId }) => {
    await context.live.end(deployId, how);
    return reply();
  });
}

async function create(input: CreateInput, project: CloudProject, context: CloudContext): Promise<Reply> {
  const { live, store, ids, clock, settings } = context;
  const compile = await store.compiles.byId(project.projectId, input.compileId);
  if (compile === undefined) return businessError(`Compile not found: ${input.compileId}`);
  if (compile.state !== "success") {
    return businessError(`The compile ${input.compileId} did not succeed, so it cannot be deployed.`);
  }
  const node = liveSeats(context).find(({ id }) => id === input.nodeId);
  if (node === undefined) return businessError(`Live node not found: ${input.nodeId}`);
  const parameters = { ...project.parameters, ...textsOf(input.parameters ?? {}) };
  const chosen = chooseAll(input, parameters, { isSynthetic: settings.isSynthetic, now: clock.now() });
  if (!chosen.ok) return businessError(chosen.message);
  const busy = live.busyNodes().get(node.id);
  if (busy !== undefined) return businessError(`The live node ${node.name} is in use by project ${busy.projectId}.`);
  const current = await live.store.ofProject(project.projectId);
  if (current !== undefined && !hasEnded(current.status)) {
    return businessError(`Project ${project.projectId} is live already as ${current.deployId}; stop that first.`);
  }
  const events: readonly string[] = eventsOf(input.notification);
  const deployment: Deployment = {
    deployId: `L-${ids.hex32()}`,
    projectId: project.projectId,
    projectName: project.name,
    compileId: input.compileId,
    nodeId: node.id,
    ...chosen.terms,
    parameters,
    notifyInsights: events.includes("insight"),
    notifyOrderEvents: events.includes("orderEvent"),
    autoRestart: input.automaticRedeploy ?? false,
    status: "InQueue" satisfies LiveStatus,
    launched: clock.now(),
    stopped: undefined,
    error: undefined,
    stacktrace: undefined,
  };
  const files = await store.compiles.files(input.compileId);
  try {
    await live.deploy(deployment, { files, account: chosen.account });
  } catch (error) {
    if (!isNoAccount(error)) throw error;
    return businessError(`The broker cannot begin with this account: ${error.message}`);
  }
  return reply({
    responseCode: "0",
    source: "api-v2",
    deployId: deployment.deployId,
    versionId: 1,
    projectId: project.projectId,
    live: await liveBody(deployment, context),
  });
}

/** Securities without prices, and amounts that no calculation can hold; anything else is a fault. */
function isNoAccount(error: unknown): error is Error {
  return error instanceof AlgorithmError || error instanceof DataFault || error instanceof RangeError;
}

type Chosen =
  | {
      readonly ok: true;
      readonly terms: Pick<Deployment, "brokerage" | "simulation" | "feed">;
      readonly account: InitialAccount;
    }
  | { readonly ok: false; readonly message: string };

function chooseAll(
  input: CreateInput,
  parameters: Readonly<Record<string, string>>,
  surroundings: { readonly isSynthetic: boolean; readonly now: number },
): Chosen {
  const brokerage = chooseBrokerage(input.brokerage);
  if (!brokerage.ok) return brokerage;
  const account = chooseAccount(input.brokerage);
  if (!account.ok) return account;
  const feed = chooseFeed({ dataProviders: input.dataProviders ?? {}, parameters, ...surroundings });
  if (!feed.ok) return feed;
  const { name, simulation } = brokerage;
  return { ok: true, terms: { brokerage: name, simulation, feed: feed.plan }, account: account.account };
}

function eventsOf(notification: CreateInput["notification"]): readonly string[] {
  const parsed = notificationSchema.safeParse(notification ?? {});
  return parsed.success ? (parsed.data.events ?? []) : [];
}

function textsOf(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
