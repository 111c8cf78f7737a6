import { setTimeout as delay } from "node:timers/promises";
import { signalGroup } from "../process/process-identity.ts";
import { endService, serviceEnded } from "./end-service.ts";
import { launchCloud, type LaunchedCloud, type LaunchOptions } from "./launch-cloud.ts";
import { askCloudState, openLifeline, type CloudAddress, type CloudState, type Lifeline } from "./lifeline-client.ts";
import { isRunning, readServiceRecord, type ServiceRecord } from "./service-record.ts";

export interface KeptCloudOptions extends Omit<LaunchOptions, "args"> {
  /** Where the cloud's store and its record lie. */
  readonly folder: string;
  /** A running cloud is taken over only if it is the same program with the same settings. */
  readonly identity: Pick<ServiceRecord, "version" | "settings">;
  readonly account: Omit<CloudAddress, "url">;
  readonly args: (port: number) => readonly string[];
}

/** What the cloud says of itself, and whether it was there before us. */
export interface KeptCloudState extends CloudState {
  readonly url: string;
  readonly restarts: number;
}

/** Another desk's cloud may just be starting or ending. */
const PATIENCE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 250;
const LONGEST_PAUSE_MILLISECONDS = 10_000;

/**
 * The local cloud of a desk, which outlives it for as long as live deployments run.
 *
 * Invariants
 * 1. At most one cloud runs on the folder: one that is there is taken over or ended before another is started.
 * 2. A lifeline to it is held from the time it is ready until this is disposed of.
 * 3. When the cloud ends before that, it is started again on the same port, with growing pauses.
 */
export class KeptCloud implements AsyncDisposable {
  readonly #options: KeptCloudOptions;
  #record: ServiceRecord;
  #lifeline: Lifeline;
  #launched: LaunchedCloud | undefined;
  #restarts = 0;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(options: KeptCloudOptions, found: Found) {
    this.#options = options;
    this.#record = found.record;
    this.#lifeline = found.lifeline;
    this.#launched = found.launched;
    this.#watching = this.#watch();
  }

  /**
   * Takes over the cloud that runs live deployments on the folder, or starts one.
   * @throws RefusalError `SERVICE_NOT_STARTED`.
   */
  static async open(options: KeptCloudOptions): Promise<KeptCloud> {
    const found = (await adopted(options)) ?? (await firstStart(options));
    return new KeptCloud(options, found);
  }

  get url(): string {
    return this.#record.url;
  }

  /** What it says of itself now; undefined while it is being started again. */
  async state(): Promise<KeptCloudState | undefined> {
    const { url } = this.#record;
    try {
      return { ...(await askCloudState({ ...this.#options.account, url })), url, restarts: this.#restarts };
    } catch {
      return undefined;
    }
  }

  /** Lets go of the cloud; one without live deployments is ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#lifeline.close();
    await this.#watching;
    const { log } = this.#options;
    const { pid } = this.#record;
    const live = (await this.state())?.live;
    if (live === undefined && isRunning(this.#record))
      log(`the local cloud (pid ${pid}) does not say what it does; it ends by itself unless something is live`);
    else if (live !== undefined && live > 0) log(`${live} live deployments go on in the local cloud (pid ${pid})`);
    else if (!(await endService(this.#record))) log(`the local cloud (pid ${pid}) could not be ended`);
    // One that was opened in the meantime.
    this.#lifeline.close();
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#lifeline.lost;
      if (this.#stop.signal.aborted || (await this.#reconnected())) continue;
      const how = await this.#end();
      for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
        this.#options.log(`local cloud: ended (${how}); starting it again`);
        this.#restarts += 1;
        if (await this.#startedAgain()) break;
        const pause = Math.min(LONGEST_PAUSE_MILLISECONDS, 200 * 2 ** attempt);
        await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  /** A lost connection is not yet a dead process. */
  async #reconnected(): Promise<boolean> {
    if (await serviceEnded(this.#record, PAUSE_MILLISECONDS)) return false;
    try {
      this.#lifeline = await openLifeline({ ...this.#options.account, url: this.#record.url });
      return true;
    } catch (error) {
      this.#options.log(`local cloud: ${textOf(error)}`);
      return false;
    }
  }

  /** Sees to it that the process is gone, and says how it went. */
  async #end(): Promise<string> {
    if (!(await serviceEnded(this.#record, PAUSE_MILLISECONDS))) await endService(this.#record);
    const unknown = "it was taken over, so nobody knows how";
    return (await Promise.race([this.#launched?.ended, delay(PAUSE_MILLISECONDS, undefined)])) ?? unknown;
  }

  async #startedAgain(): Promise<boolean> {
    try {
      const next = await started(this.#options, portOf(this.#record));
      this.#record = next.record;
      this.#lifeline = next.lifeline;
      this.#launched = next.launched;
      return true;
    } catch (error) {
      this.#options.log(`local cloud: ${textOf(error)}`);
      return false;
    }
  }
}

interface Found {
  readonly record: ServiceRecord;
  readonly lifeline: Lifeline;
  readonly launched: LaunchedCloud | undefined;
}

/** The cloud that runs, if it can be taken over; one that cannot, or that does nothing, is ended. */
async function adopted(options: KeptCloudOptions): Promise<Found | undefined> {
  const { folder, identity, account, log } = options;
  const record = readServiceRecord(folder);
  if (record === undefined || !isRunning(record)) return undefined;
  try {
    if (record.version !== identity.version || record.settings !== identity.settings)
      log(`local cloud: pid ${record.pid} is of version ${record.version} or has other settings and is ended`);
    else {
      const lifeline = await openLifeline({ ...account, url: record.url });
      const { live } = lifeline.state;
      if (live > 0) {
        log(`local cloud: pid ${record.pid} with ${live} live deployments is taken over`);
        return { record, lifeline, launched: undefined };
      }
      lifeline.close();
    }
  } catch (error) {
    log(`local cloud: pid ${record.pid} is not taken over: ${textOf(error)}`);
  }
  await endService(record);
  return undefined;
}

/** Starts a cloud, on its port of the last time if that is free. */
async function firstStart(options: KeptCloudOptions): Promise<Found> {
  const last = readServiceRecord(options.folder);
  let port = last === undefined ? 0 : portOf(last);
  for (let waited = 0; ; waited += PAUSE_MILLISECONDS) {
    try {
      return await started(options, port);
    } catch (error) {
      const text = textOf(error);
      const isPortTaken = port !== 0 && text.includes("PORT_UNAVAILABLE");
      const isFolderTaken = text.includes("CLOUD_ALREADY_RUNNING") && waited < PATIENCE_MILLISECONDS;
      if (!isPortTaken && !isFolderTaken) throw error;
      if (isPortTaken) port = 0;
      options.log(text);
      await delay(PAUSE_MILLISECONDS);
      // One that a killed desk had just started tells who it is as soon as it is ready.
      const found = await adopted(options);
      if (found !== undefined) return found;
    }
  }
}

async function started(options: KeptCloudOptions, port: number): Promise<Found> {
  const { command, env, log, folder, account } = options;
  const launched = await launchCloud({ command, args: options.args(port), env, log });
  try {
    const record = readServiceRecord(folder);
    if (record?.pid !== launched.pid) throw new Error(`it (pid ${launched.pid}) left no record in ${folder}`);
    return { record, lifeline: await openLifeline({ ...account, url: record.url }), launched };
  } catch (error) {
    signalGroup(launched.pid, "SIGKILL");
    throw error;
  }
}

function portOf({ url }: ServiceRecord): number {
  return Number(new URL(url).port);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
