import { apiTime } from "../api-time.ts";
import type { CloudContext } from "../endpoint.ts";
import type { Deployment } from "../live/deployment.ts";
import type { ReplyBody } from "../reply.ts";
import { STANDARD_CHARTS } from "./standard-charts.ts";

/** LEAN's standard charts of a live algorithm. */
export const LIVE_CHARTS: readonly string[] = STANDARD_CHARTS.filter((name) => name !== "Capacity");

/** What `live/read` shows of a deployment. */
export async function liveBody(deployment: Deployment, context: CloudContext): Promise<ReplyBody> {
  const { store } = context.live;
  const { deployId, projectId, feed } = deployment;
  const charts = new Set([...LIVE_CHARTS, ...(await store.chartNames(deployId))]);
  const files = await store.files(deployId);
  return {
    message: deployment.error ?? "",
    deployId,
    status: deployment.status,
    cloneId: projectId,
    launched: apiTime(deployment.launched),
    stopped: deployment.stopped === undefined ? null : apiTime(deployment.stopped),
    brokerage: deployment.brokerage,
    securityTypes: "Equity,Crypto",
    projectName: deployment.projectName,
    datacenter: "local",
    isPublicStreaming: false,
    public: false,
    files: Object.entries(files).map(([name, content]) => ({
      projectId,
      name,
      content,
      open: false,
      isLibrary: false,
    })),
    runtimeStatistics: await store.statistics(deployId),
    charts: Object.fromEntries([...charts].map((name) => [name, { name }])),
    error: deployment.error ?? null,
    stacktrace: deployment.stacktrace ?? null,
    quantwright: {
      mode: deployment.brokerage === "SimulatedBrokerage" ? "SIMULATED LIVE" : "PAPER",
      feed,
      synthetic: feed.kind === "synthetic",
      nodeId: deployment.nodeId,
      parameters: deployment.parameters,
    },
  };
}

/** What `live/list` shows of a deployment. */
export async function liveSummaryBody(deployment: Deployment, { live }: CloudContext): Promise<ReplyBody> {
  // One account that cannot be read does not hide the others.
  const portfolio = await live.portfolio(deployment).catch(() => undefined);
  return {
    projectId: deployment.projectId,
    deployId: deployment.deployId,
    status: deployment.status,
    launched: apiTime(deployment.launched),
    stopped: deployment.stopped === undefined ? null : apiTime(deployment.stopped),
    brokerage: deployment.brokerage,
    subscription: deployment.feed.kind,
    equity: portfolio?.totalValue ?? 0,
    environment: deployment.brokerage === "SimulatedBrokerage" ? "simulated-live" : "live-paper",
    description: deployment.projectName,
    error: deployment.error ?? "",
    leagues: [],
  };
}
