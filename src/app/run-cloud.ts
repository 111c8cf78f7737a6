import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { startGuardian } from "../clients/guardian/guardian.ts";
import { writeServiceRecord } from "../clients/cloud-service/service-record.ts";
import { openSyntheticCache } from "../clients/data/synthetic-cache.ts";
import { processStartedAt } from "../clients/process/process-identity.ts";
import { createSandboxPool, type SandboxPool, type SandboxPoolOptions } from "../clients/sandbox/sandbox-pool.ts";
import { type Cloud, createCloud } from "../cloud/cloud.ts";
import { DEFAULT_SETTINGS } from "../cloud/default-settings.ts";
import { type FaultPlan, parseFaultPlan } from "../cloud/faults/fault-rule.ts";
import { type Lifelines, openLifelines } from "../cloud/lifeline.ts";
import type { CloudSettings } from "../cloud/ports.ts";
import { serveCloud } from "../cloud/serve-cloud.ts";
import type { Config } from "../config.ts";
import { RefusalError } from "../domain/refusal.ts";
import { PaperBroker } from "../lean/brokerages/paper-broker.ts";
import type { DataSource } from "../lean/data-source.ts";
import { DayFileCache } from "../lean/data/day-file-cache.ts";
import { SyntheticSource, type SyntheticCache } from "../lean/data/synthetic/synthetic-source.ts";
import { openDataFolder } from "../sandbox/data-folder.ts";
import { openCloudStore } from "../store/cloud/cloud-store.ts";
import { openLiveStore } from "../store/cloud/live/live-store.ts";
import { loadLibrary } from "./load-library.ts";
import { cloudIdentity } from "./desk-cloud.ts";
import { openOwnDataFolder } from "./desk-home.ts";
import { ENGINE } from "./engine-identity.ts";
import { systemClock } from "./system.ts";
import { trustedProjects, trustedPython } from "./trusted-projects.ts";

/** All clouds make the same prices, so that a result can be had again anywhere. */
const SYNTHETIC_SEED = 1;
/** A compile is short. */
const COMPILERS = 1;

export interface CloudRequest {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly userId: string;
  readonly token: string;
  readonly organizationId: string;
  readonly nodes: number | undefined;
  /** The settings' own where it is not given; `real` where they have none. */
  readonly dataPolicy: "real" | "synthetic" | undefined;
  /** What the operator wants to be other than usual. */
  readonly settings?: Partial<CloudSettings>;
  /** JSON rules for faults on demand. */
  readonly faultsFile?: string | undefined;
  /** Projects whose code runs without a sandbox, beside those of the settings; only the operator names them. */
  readonly trustedProjects?: readonly number[] | undefined;
  /** Their Python; the settings' own where it is not given. */
  readonly python?: string | undefined;
  /** Whether it ends by itself once no desk holds a lifeline to it and no live deployment runs. */
  readonly untilIdle?: boolean | undefined;
  readonly log: (message: string) => void;
}

function faultsIn(file: string): FaultPlan {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot read the file of faults ${file}: ${error instanceof Error ? error.message : String(error)}`;
    throw new RefusalError({ code: "USAGE", message, remedy: "name a readable file with --faults" }, { cause: error });
  }
  const plan = parseFaultPlan(text);
  if (!plan.ok) throw new RefusalError(plan.refusal);
  return plan.value;
}

/** What is read with the policy `synthetic`: made prices from a cache that the cloud fills and its sandboxes read. */
interface MarketData {
  /** As the brokers of the cloud read them: the same that its sandboxes see. */
  readonly data: DataSource;
  readonly sandbox: Pick<SandboxPoolOptions, "syntheticSeed" | "syntheticCache">;
}

function openMarketData({ dataFolders, cacheDir }: Config, policy: "real" | "synthetic"): MarketData {
  const folders = openDataFolder(dataFolders);
  if (policy === "real") return { data: folders, sandbox: {} };
  const kept = openSyntheticCache(cacheDir, { seed: SYNTHETIC_SEED, dataFolders });
  const made = openDataFolder([kept.folder]);
  const cache: SyntheticCache = {
    read: (path) => made.readZip(path),
    write: (path, bytes) => kept.write(path, bytes),
  };
  return {
    data: new SyntheticSource(folders, { seed: SYNTHETIC_SEED, cache }),
    sandbox: { syntheticSeed: SYNTHETIC_SEED, syntheticCache: kept.folder },
  };
}

/** Runs the local cloud until it is disposed: store, sandboxes, queue and HTTP server, with a guardian of its own. */
export async function runCloud(
  config: Config,
  request: CloudRequest,
): Promise<{ readonly url: string; readonly idle: Promise<void> } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  try {
    openOwnDataFolder(config);
    const store = stack.use(await openCloudStore(request.folder));
    const guardian = stack.use(startGuardian({ nodePath: config.nodePath, log: request.log }));
    const dataPolicy = request.dataPolicy ?? config.settings.dataPolicy ?? "real";
    const market = openMarketData(config, dataPolicy);
    // The default benchmark of every backtest.
    if (dataPolicy === "synthetic") market.data.readZip("equity/usa/hour/spy.zip");
    const trustOf = trustedProjects(config, request);
    const nodes = request.nodes ?? Math.max(1, availableParallelism());
    const openPool = (concurrency: number, startsQuickly: boolean): SandboxPool =>
      stack.use(
        createSandboxPool({
          dataFolders: config.dataFolders,
          ...market.sandbox,
          cacheFolder: config.cacheDir,
          nodePath: config.nodePath,
          trustedPython: trustedPython(config, request.python),
          concurrency,
          startsQuickly,
          log: request.log,
          registerProcess: ({ pid }) => guardian.register(pid, "sandbox"),
        }),
      );
    const pool = openPool(nodes, false);
    // Of their own, so that a compile never waits behind backtests.
    const quick = openPool(COMPILERS, true);
    const faults = request.faultsFile === undefined ? {} : { faults: faultsIn(request.faultsFile) };
    const data = new DayFileCache(market.data);
    const cloud = createCloud({
      live: {
        store: stack.use(await openLiveStore(request.folder)),
        runner: { live: (job, handlers, origin) => quick.live(job, handlers, trustOf(origin)) },
        broker: (terms) => new PaperBroker({ ...terms, data }),
      },
      ...faults,
      store,
      jobs: {
        compile: (files, options) => quick.compile(files, { ...options, ...trustOf(options) }),
        backtest: (job, options) => pool.backtest(job, { ...options, ...trustOf(options) }),
      },
      account: { userId: request.userId, apiToken: request.token, organizationId: request.organizationId },
      clock: systemClock,
      library: loadLibrary(config),
      ids: { hex32: () => randomBytes(16).toString("hex") },
      log: (event, fields) => request.log(`${event}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}`),
      settings: {
        ...DEFAULT_SETTINGS,
        backtestSlots: nodes,
        isSynthetic: dataPolicy === "synthetic",
        engine: ENGINE,
        ...request.settings,
      },
    });
    const { app, idle } = request.untilIdle === true ? withLifelines(request, { cloud, stack }) : unending(cloud);
    const served = stack.use(await serveCloud({ app, host: request.host, port: request.port }));
    stack.defer(() => cloud.stop());
    await cloud.start();
    if (request.untilIdle === true) recordService(config, { folder: request.folder, url: served.url });
    const owned = stack.move();
    return { url: served.url, idle, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** What runs until somebody ends it. */
function unending({ app }: Cloud): Pick<Lifelines, "app" | "idle"> {
  return { app, idle: new Promise(() => undefined) };
}

/** The cloud with a door for desks, which keep it running. */
function withLifelines(
  { userId, token, organizationId }: CloudRequest,
  { cloud, stack }: { readonly cloud: Cloud; readonly stack: AsyncDisposableStack },
): Pick<Lifelines, "app" | "idle"> {
  const { app, idle } = stack.use(
    openLifelines({
      account: { userId, apiToken: token, organizationId },
      clock: systemClock,
      pid: process.pid,
      live: cloud.liveDeployments,
    }),
  );
  return { app: app.route("/", cloud.app), idle };
}

/** Tells later desks which cloud runs on the folder. */
function recordService(config: Config, { folder, url }: { readonly folder: string; readonly url: string }): void {
  const { pid } = process;
  writeServiceRecord(folder, { pid, startedAt: processStartedAt(pid) ?? "", url, ...cloudIdentity(config) });
}
