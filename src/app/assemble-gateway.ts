import type { Agent } from "../agents/agent.ts";
import { backtestRun } from "../agents/backtest-run.ts";
import { dataEdge } from "../agents/data-edge.ts";
import { deskTools } from "../agents/desk-tools.ts";
import { executionOps } from "../agents/execution-ops.ts";
import { strategyLab } from "../agents/strategy-lab.ts";
import type { SecretMask } from "../clients/secret-mask.ts";
import type { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { DeploymentLookup } from "../gateway/deployment-lookup.ts";
import { Gateway } from "../gateway/gateway.ts";
import { Registry } from "../gateway/registry.ts";
import { TrialRecorder } from "../gateway/trial-recorder.ts";
import { openDataFolder } from "../sandbox/data-folder.ts";
import { createPinStore } from "../store/desk/pin-store.ts";
import { DurableRuns } from "../store/runs/durable-runs.ts";
import type { DeskHome } from "./desk-home.ts";
import type { DeskStore } from "./start-desk.ts";
import { newId, systemClock } from "./system.ts";
import { strategyTemplates } from "./templates.ts";
import { vendoredBuild } from "./upstream-server.ts";

/** The working heart of a desk: the gateway and what it leans on. */
export interface DeskCore extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly runs: DurableRuns;
  readonly upstreams: UpstreamManager;
  readonly counts: () => Promise<{ strategies: number; trials: number; openTrials: number; auditRecords: number }>;
  readonly startedAt: number;
  readonly guardianPid: number;
  /** Called when the list of tools may have changed. */
  onToolsChanged(listener: () => void): () => void;
}

export interface CoreParts {
  readonly home: DeskHome;
  readonly store: DeskStore;
  readonly upstreams: UpstreamManager;
  readonly mask: SecretMask;
  readonly log: (message: string) => void;
  readonly guardianPid: number;
}

const UPSTREAM = "quantconnect";
const CALL_DEADLINE = 120_000;
const WATCH_MILLISECONDS = 5000;

/** Joins agents, registry, trial ledger, gateway and runs. They know each other through functions, because they form a ring. */
export async function assembleGateway(config: Config, parts: CoreParts): Promise<DeskCore> {
  const { store, upstreams, log } = parts;
  const startedAt = systemClock.now();
  const late: { gateway?: Gateway; runs?: DurableRuns } = {};
  const gatewayOf = (): Gateway => required(late.gateway);
  const counts = async (): Promise<{
    strategies: number;
    trials: number;
    openTrials: number;
    auditRecords: number;
  }> => ({
    strategies: (await store.strategies.list()).length,
    trials: (await store.trials.list({ limit: 100_000 })).length,
    openTrials: (await store.trials.open()).length,
    auditRecords: store.ledger.head.count,
  });
  const labParts = {
    profile: config.profile,
    strategies: store.strategies,
    trials: store.trials,
    runs: () => required(late.runs),
    newId,
    templates: strategyTemplates(config),
  };
  const agents: readonly Agent[] = [
    strategyLab(labParts),
    executionOps(),
    dataEdge(() => openDataFolder(config.dataFolders)),
  ];
  const registry = new Registry({
    skills: [
      ...agents.flatMap(({ skills }) => skills),
      ...deskTools({
        runs: () => required(late.runs),
        artifact: (hash) => store.artifacts.get(hash),
        upstreams: () => upstreams.status(),
        counts,
        version: config.version,
        startedAt,
      }),
    ],
    sources: [{ upstream: UPSTREAM, prefix: "qc_", build: vendoredBuild(config) }],
    pins: createPinStore(store.database, systemClock),
  });
  const read = (
    tool: string,
    args: Readonly<Record<string, unknown>>,
    parentCallId?: string,
  ): Promise<Readonly<Record<string, unknown>>> =>
    gatewayOf().inner({
      principal: "desk",
      upstream: UPSTREAM,
      tool,
      arguments: args,
      ...(parentCallId === undefined ? {} : { parentCallId }),
    });
  const recorder = new TrialRecorder({
    book: store.trials,
    artifacts: store.artifacts,
    clock: systemClock,
    newId,
    profile: config.profile,
    strategyOf: async (projectId) => (await store.strategies.byProject(config.profile, projectId))?.id,
    read,
  });
  late.gateway = new Gateway({
    registry,
    upstreams,
    ledger: store.ledger,
    trials: recorder,
    roles: agents,
    // The local cloud has no live deployments in this version; an account may.
    deployments:
      config.profile === "local"
        ? undefined
        : new DeploymentLookup(() => read("list_live_algorithms", { status: "Running" })),
    artifacts: store.artifacts,
    clock: systemClock,
    newId,
    profile: config.profile,
    mask: (text) => parts.mask.apply(text),
    deadlineMilliseconds: CALL_DEADLINE,
    log,
  });
  late.runs = new DurableRuns(
    {
      file: parts.home.runsFile,
      store: store.runs,
      artifacts: store.artifacts,
      clock: systemClock,
      newId,
      concurrency: 16,
      log,
    },
    [backtestRun(({ tool, ...call }) => gatewayOf().inner({ ...call, upstream: UPSTREAM, tool }))],
  );
  const listeners = new Set<() => void>();
  const refresh = async (upstream: string): Promise<void> => {
    await registry.refresh(upstreams, upstream);
    for (const listener of listeners) listener();
  };
  const stopListening = upstreams.onToolsChanged((upstream) => {
    refresh(upstream).catch((error: unknown) => log(`tools of ${upstream} not listed: ${String(error)}`));
  });
  await refresh(UPSTREAM).catch((error: unknown) =>
    log(`${UPSTREAM} is not there yet: ${error instanceof Error ? error.message : String(error)}`),
  );
  const watch = watchTrials(recorder, log);
  const { gateway, runs } = { gateway: late.gateway, runs: late.runs };
  return {
    gateway,
    registry,
    runs,
    upstreams,
    counts,
    startedAt,
    guardianPid: parts.guardianPid,
    onToolsChanged: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      stopListening();
      await watch[Symbol.asyncDispose]();
      await runs[Symbol.asyncDispose]();
    },
  };
}

/** Looks after open trials every few seconds, one round at a time. */
function watchTrials(recorder: TrialRecorder, log: (message: string) => void): AsyncDisposable {
  let round: Promise<void> | undefined;
  const timer = setInterval(() => {
    round ??= recorder
      .watch()
      .catch((error: unknown) => log(`trial watcher: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => (round = undefined));
  }, WATCH_MILLISECONDS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await round;
    },
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("used before the desk was assembled");
  return value;
}
