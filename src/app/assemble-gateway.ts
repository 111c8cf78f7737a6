import { backtestRun } from "../agents/backtest-run.ts";
import type { Agent } from "../agents/agent.ts";
import type { SecretMask } from "../clients/secret-mask.ts";
import type { UpstreamManager } from "../clients/upstream/upstream-manager.ts";
import type { Config } from "../config.ts";
import { ROUTES_UPSTREAM } from "../domain/read-route.ts";
import { DeploymentLookup } from "../gateway/deployment-lookup.ts";
import type { ComputeDesk } from "../gateway/compute/compute-desk.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { Registry } from "../gateway/registry.ts";
import type { StartQueue } from "../gateway/organisation/start-queue.ts";
import type { Upstreams } from "../gateway/upstream-port.ts";
import { TrialRecorder, type TrialRecorderOptions } from "../gateway/trial-recorder.ts";
import { DurableRuns } from "../store/runs/durable-runs.ts";
import { CompileBook } from "../gateway/compile-book.ts";
import { createCompileStore } from "../store/desk/compile-store.ts";
import type { Vault } from "../store/vault/vault.ts";
import { brokerSecrets } from "./broker-secrets.ts";
import { openControls, type DeskControls } from "./desk-controls.ts";
import { watchAccounts } from "./watch-accounts.ts";
import { haltTargetOf } from "./halt/halt-target-of.ts";
import type { DeskHome } from "./desk-home.ts";
import { servedTools, type ServedTools } from "./served-tools.ts";
import type { OwnServer } from "./upstream-server.ts";
import type { LocalCloudAddress } from "./start-upstream.ts";
import type { DeskStore } from "./start-desk.ts";
import { startQueue } from "./service-limits.ts";
import { newId, systemClock } from "./system.ts";
import { userCare, UserUpstreams } from "./user-upstreams.ts";
import { buildRegistry, countRecords, UPSTREAM, type DeskCounts } from "./tool-registry.ts";

/** The working heart of a desk: the gateway and what it leans on. */
export interface DeskCore extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly runs: DurableRuns;
  readonly upstreams: UpstreamManager;
  /** The upstreams as the gateway calls them. */
  readonly called: Upstreams;
  /** Which QuantConnect server this desk has, and what it lacks. */
  readonly served: () => ServedTools;
  readonly counts: () => Promise<DeskCounts>;
  readonly startedAt: number;
  readonly guardianPid: number;
  readonly controls: DeskControls;
  readonly userUpstreams: UserUpstreams;
  /** Tells everybody that the list of tools may have changed. */
  toolsChanged(): void;
  /** Called when the list of tools may have changed. */
  onToolsChanged(listener: () => void): () => void;
}

export interface CoreParts {
  readonly home: DeskHome;
  readonly store: DeskStore;
  readonly vault: Vault;
  readonly upstreams: UpstreamManager;
  readonly own: OwnServer;
  readonly address: LocalCloudAddress | undefined;
  readonly mask: SecretMask;
  readonly log: (message: string) => void;
  readonly guardianPid: number;
}

type Body = Readonly<Record<string, unknown>>;
/** How old may be what is known of deployments, in microseconds: asking ourselves costs little. */
const LOCAL_FRESH = 250_000;
const ACCOUNT_FRESH = 30_000_000;

type Measured = NonNullable<TrialRecorderOptions["measured"]>;
type Read = (tool: string, args: Body, parentCallId?: string) => Promise<Body>;

const CALL_DEADLINE = 120_000;
const WATCH_MILLISECONDS = 5000;
const RUNS_AT_ONCE = 16;

/** Joins agents, registry, trial ledger, gateway and runs. They know each other through functions, because they form a ring. */
export async function assembleGateway(config: Config, parts: CoreParts): Promise<DeskCore> {
  const { store, upstreams, log } = parts;
  const startedAt = systemClock.now();
  const late: {
    gateway?: Gateway;
    runs?: DurableRuns;
    controls?: DeskControls;
    userUpstreams?: UserUpstreams;
  } = {};
  const read: Read = (tool, args, parentCallId) =>
    required(late.gateway).inner({
      principal: "desk",
      upstream: UPSTREAM,
      tool,
      arguments: args,
      ...(parentCallId === undefined ? {} : { parentCallId }),
    });
  const deployments = lookupOf(config, read);
  const { agents, registry, own } = buildRegistry(config, {
    store,
    upstreams,
    build: parts.own.build,
    startedAt,
    runs: () => required(late.runs),
    controls: () => required(late.controls),
    running: () => deployments.running(systemClock.now()),
    haltTarget: () => haltTargetOf(config, { cloudDir: parts.home.cloudDir, vault: parts.vault }),
  });
  const measured: Measured = async (callId, took) => late.controls?.compute.measured(callId, took);
  const starts = startQueue(config, read);
  const recorder = createRecorder(config, { store, read, measured, isWaiting: (callId) => starts.isWaiting(callId) });
  const controls = await openControls(config, { ...parts, cloud: parts.address, deployments, read });
  late.controls = controls;
  const called = userCare(upstreams, () => late.userUpstreams);
  const shared = { ...parts, agents, registry, recorder, read, deployments, controls, starts };
  const gateway = createGateway(config, { ...shared, called });
  late.gateway = gateway;
  const runs = new DurableRuns(
    {
      file: parts.home.runsFile,
      store: store.runs,
      artifacts: store.artifacts,
      clock: systemClock,
      newId,
      concurrency: RUNS_AT_ONCE,
      log,
    },
    [backtestRun(({ tool, ...call }) => gateway.inner({ ...call, upstream: UPSTREAM, tool }))],
  );
  late.runs = runs;
  const tools = await followTools({ registry, upstreams: called, log });
  const userUpstreams = new UserUpstreams({ ...parts, called, config, registry, own, demo: parts.home.demo });
  late.userUpstreams = userUpstreams;
  await reloaded(userUpstreams, log);
  const watch = watchTrials({ recorder, compute: controls.compute, log });
  const accounts = watchAccounts({ controls, profile: config.profile, read, log });
  return {
    gateway,
    registry,
    runs,
    upstreams,
    called,
    served: () => servedTools(registry, parts.own.kind),
    counts: () => countRecords(store),
    startedAt,
    guardianPid: parts.guardianPid,
    controls,
    userUpstreams,
    onToolsChanged: tools.onChanged,
    toolsChanged: tools.changed,
    async [Symbol.asyncDispose]() {
      tools.stop();
      controls.halt[Symbol.dispose]();
      await watch[Symbol.asyncDispose]();
      await accounts[Symbol.asyncDispose]();
      await runs[Symbol.asyncDispose]();
    },
  };
}

/** A file that cannot be read takes away the user's upstreams and nothing else. */
async function reloaded(userUpstreams: UserUpstreams, log: (message: string) => void): Promise<void> {
  await userUpstreams.reload().catch((error: unknown) => {
    log(`the upstreams of the user are not there: ${error instanceof Error ? error.message : String(error)}`);
  });
}

/** What is deployed by other clients, on the local cloud as in an account. */
function lookupOf(config: Config, read: Read): DeploymentLookup {
  const fresh = config.profile === "local" ? LOCAL_FRESH : ACCOUNT_FRESH;
  return new DeploymentLookup(() => read("list_live_algorithms", {}), fresh);
}

function createRecorder(
  config: Config,
  parts: Pick<TrialRecorderOptions, "read" | "measured" | "isWaiting"> & { readonly store: DeskStore },
): TrialRecorder {
  const { store, ...rest } = parts;
  return new TrialRecorder({
    ...rest,
    book: store.trials,
    optimizations: store.optimizations,
    artifacts: store.artifacts,
    clock: systemClock,
    newId,
    profile: config.profile,
    strategyOf: async (projectId) => (await store.strategies.byProject(config.profile, projectId))?.id,
  });
}

function createGateway(
  config: Config,
  parts: CoreParts & {
    readonly agents: readonly Agent[];
    readonly registry: Registry;
    readonly recorder: TrialRecorder;
    readonly read: Read;
    readonly starts: StartQueue;
    readonly deployments: DeploymentLookup;
    readonly controls: DeskControls;
    readonly called: Upstreams;
  },
): Gateway {
  const { store, called, mask, log, agents, registry, recorder, read, deployments, controls } = parts;
  return new Gateway({
    registry,
    upstreams: called,
    ledger: store.ledger,
    trials: recorder,
    roles: agents,
    deployments,
    starts: parts.starts,
    accounts: controls.accounts,
    brokerSecrets: brokerSecrets(parts.vault, (text) => mask.add(text)),
    compiles: new CompileBook(createCompileStore(store.database, systemClock), (projectId) =>
      read("read_file", { projectId }),
    ),
    controls: controls.controls,
    artifacts: store.artifacts,
    clock: systemClock,
    newId,
    profile: config.profile,
    mask: (text) => mask.apply(text),
    deadlineMilliseconds: CALL_DEADLINE,
    log,
  });
}

/** Keeps the registry's list of upstream tools current, and tells who wants to know. */
async function followTools(parts: {
  readonly registry: Registry;
  readonly upstreams: Upstreams;
  readonly log: (message: string) => void;
}): Promise<{
  readonly onChanged: (listener: () => void) => () => void;
  readonly changed: () => void;
  readonly stop: () => void;
}> {
  const { registry, upstreams, log } = parts;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const refresh = async (upstream: string): Promise<void> => {
    await registry.refresh(upstreams, upstream);
    // What is routed to it is listed as it lists it.
    await registry.refresh(upstreams, ROUTES_UPSTREAM);
    changed();
  };
  const stop = upstreams.onToolsChanged((upstream) => {
    refresh(upstream).catch((error: unknown) => log(`tools of ${upstream} not listed: ${String(error)}`));
  });
  await refresh(UPSTREAM).catch((error: unknown) => {
    log(`${UPSTREAM} is not there yet: ${error instanceof Error ? error.message : String(error)}`);
  });
  return {
    stop,
    changed,
    onChanged: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Looks after open trials, and what they take of budgets, every few seconds, one round at a time. */
function watchTrials(parts: {
  readonly recorder: TrialRecorder;
  readonly compute: ComputeDesk;
  readonly log: (message: string) => void;
}): AsyncDisposable {
  const { recorder, compute, log } = parts;
  let round: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      await recorder.watch();
    } finally {
      await compute.settleEnded();
    }
  };
  const timer = setInterval(() => {
    round ??= look()
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
