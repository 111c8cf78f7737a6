import type { FeedPlan } from "./feed-plan.ts";
import type { SimulationSettings } from "../../lean/brokerages/simulated-brokerage.ts";

/** LEAN's states of a live algorithm, as far as the local cloud has them. */
export type LiveStatus =
  | "InQueue"
  | "Initializing"
  | "Running"
  | "Stopped"
  | "Liquidated"
  | "RuntimeError"
  | "DeployError";

const ENDED: readonly LiveStatus[] = ["Stopped", "Liquidated", "RuntimeError", "DeployError"];

export function hasEnded(status: LiveStatus): boolean {
  return ENDED.includes(status);
}

/** A live algorithm in an account, as it is kept. Times are UTC microseconds. */
export interface Deployment {
  /** `L-` and 32 hex digits. */
  readonly deployId: string;
  readonly projectId: number;
  readonly projectName: string;
  readonly compileId: string;
  readonly nodeId: string;
  /** The name under which LEAN shows it: `PaperBrokerage`, or `SimulatedBrokerage` (SIMULATED LIVE). */
  readonly brokerage: "PaperBrokerage" | "SimulatedBrokerage";
  readonly simulation: SimulationSettings | undefined;
  readonly feed: FeedPlan;
  readonly parameters: Readonly<Record<string, string>>;
  readonly notifyInsights: boolean;
  readonly notifyOrderEvents: boolean;
  readonly autoRestart: boolean;
  readonly status: LiveStatus;
  readonly launched: number;
  readonly stopped: number | undefined;
  readonly error: string | undefined;
  readonly stacktrace: string | undefined;
}

/** What may happen to a deployment. */
export type DeploymentEvent =
  | { readonly type: "starting" }
  | { readonly type: "running" }
  | { readonly type: "stopped"; readonly at: number }
  | { readonly type: "liquidated"; readonly at: number }
  | { readonly type: "failed"; readonly at: number; readonly error: string; readonly stacktrace: string }
  | { readonly type: "could-not-start"; readonly at: number; readonly error: string };

export type DeploymentChange = Pick<Deployment, "status" | "stopped" | "error" | "stacktrace">;

/** The one transition function of deployments: what is left undefined does not change; ended ones never do. */
export function afterEvent(deployment: DeploymentChange, event: DeploymentEvent): DeploymentChange {
  if (hasEnded(deployment.status)) return deployment;
  const { error, stacktrace } = deployment;
  switch (event.type) {
    case "starting":
      return { ...deployment, status: "Initializing" };
    case "running":
      return { ...deployment, status: "Running" };
    case "stopped":
      return { status: "Stopped", stopped: event.at, error, stacktrace };
    case "liquidated":
      return { status: "Liquidated", stopped: event.at, error, stacktrace };
    case "failed":
      return { status: "RuntimeError", stopped: event.at, error: event.error, stacktrace: event.stacktrace };
    case "could-not-start":
      return { status: "DeployError", stopped: event.at, error: event.error, stacktrace };
  }
}
