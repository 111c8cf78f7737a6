import { setTimeout as delay } from "node:timers/promises";
import type { Agent } from "../agents/agent.ts";
import { approvalStatus } from "../agents/approval-status.ts";
import { haltTrading } from "../agents/halt-trading.ts";
import type { HaltTarget } from "../clients/halt/halt-target.ts";
import { dataEdge } from "../agents/data-edge.ts";
import { deskTools } from "../agents/desk-tools.ts";
import { executionOps } from "../agents/execution-ops.ts";
import { strategyLab } from "../agents/strategy-lab.ts";
import type { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { LEAST_POLL_MILLISECONDS } from "../domain/poll-interval.ts";
import type { DeploymentState } from "../gateway/classify.ts";
import { Registry, type UpstreamSource } from "../gateway/registry.ts";
import type { Runs } from "../runs/run-definition.ts";
import { openDataFolder } from "../sandbox/data-folder.ts";
import { createPinStore } from "../store/desk/pin-store.ts";
import type { DeskControls } from "./desk-controls.ts";
import { haltByTool } from "./halt/halt-by-tool.ts";
import type { DeskStore } from "./start-desk.ts";
import { newId, systemClock } from "./system.ts";
import { strategyTemplates, twinSources } from "./templates.ts";

/** Name of the upstream that every desk has. */
export const UPSTREAM = "quantconnect";

/** How much the desk has recorded. */
export interface DeskCounts {
  readonly strategies: number;
  readonly trials: number;
  readonly openTrials: number;
  readonly auditRecords: number;
}

export async function countRecords(store: DeskStore): Promise<DeskCounts> {
  const { all, open } = await store.trials.count();
  return {
    strategies: (await store.strategies.list()).length,
    trials: all,
    openTrials: open,
    auditRecords: store.ledger.head.count,
  };
}

/** The three agents and the registry of their tools and the upstream's. Runs exist later, hence the function. */
export function buildRegistry(
  config: Config,
  parts: {
    readonly store: DeskStore;
    readonly upstreams: UpstreamManager;
    /** Pins of the own server's tools hold for it. */
    readonly build: string;
    readonly runs: () => Runs;
    readonly startedAt: number;
    /** They exist later: they read through the gateway that is built over these tools. */
    readonly controls: () => DeskControls;
    readonly running: () => Promise<DeploymentState["running"]>;
    /** Where a halt reaches the accounts. */
    readonly haltTarget: () => Promise<HaltTarget | undefined>;
  },
): { readonly agents: readonly Agent[]; readonly registry: Registry; readonly own: readonly UpstreamSource[] } {
  const { store, upstreams, runs, startedAt, controls, running } = parts;
  const agents: readonly Agent[] = [
    strategyLab({
      profile: config.profile,
      strategies: store.strategies,
      trials: store.trials,
      runs,
      newId,
      templates: strategyTemplates(config),
      twin: twinSources(config),
    }),
    executionOps({
      accounts: { view: (projectId) => controls().accounts.view(projectId) },
      running,
      wait: (milliseconds) => delay(milliseconds),
      pollMilliseconds: LEAST_POLL_MILLISECONDS[config.profile],
    }),
    dataEdge(() => openDataFolder(config.dataFolders)),
  ];
  const desk = deskTools({
    runs,
    artifact: (hash) => store.artifacts.get(hash),
    upstreams: () => upstreams.status(),
    counts: () => countRecords(store),
    halts: () => controls().halt.notices(),
    version: config.version,
    startedAt,
  });
  const own: readonly UpstreamSource[] = [
    { upstream: UPSTREAM, prefix: "qc_", build: parts.build, speaks: "quantconnect" },
  ];
  const registry = new Registry({
    skills: [
      ...agents.flatMap(({ skills }) => skills),
      ...desk,
      haltTrading(haltByTool(controls, parts.haltTarget)),
      approvalStatus(() => controls().approvals),
    ],
    sources: own,
    pins: createPinStore(store.database, systemClock),
  });
  return { agents, registry, own };
}
