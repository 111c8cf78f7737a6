import { realpathSync } from "node:fs";
import { RefusalError } from "../../domain/refusal.ts";
import { backtestJobSchema } from "../../lean/backtest-job.ts";
import type { BacktestJob, BacktestJobInput, BacktestProgress } from "../../lean/backtest-job.ts";
import type { BacktestResult } from "../../lean/backtest-result.ts";
import type { CompileReport } from "../../lean/compile-report.ts";
import type { LiveHandlers, LiveSandboxes, StartedLive } from "../../lean/live/live-ports.ts";
import { liveJobSchema } from "../../lean/live/live-protocol.ts";
import type { LiveJobInput, ObjectStoreAnswer, ObjectStoreRequest } from "../../lean/live/live-protocol.ts";
import { findCpython } from "./cpython-interpreter.ts";
import type { CpythonInterpreter, TrustedPython } from "./cpython-interpreter.ts";
import { startCpython } from "./cpython-process.ts";
import { failedResult } from "./failed-result.ts";
import { findInstallation } from "./installation.ts";
import type { SandboxInstallation } from "./installation.ts";
import { LiveSandboxProcess } from "./live-sandbox.ts";
import type { LiveLimits } from "./live-sandbox.ts";
import type { SandboxPaths } from "./permission-flags.ts";
import { SandboxProcess } from "./sandbox-process.ts";
import type { SpawnSettings } from "./sandbox-process.ts";
import { Slots } from "./slots.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

/** A compile runs no user code, so it is over at once or not at all. */
const COMPILE_SECONDS = 20;
const DEFAULT_MEMORY_MIB = 256;
/** Only V8's fast compiler for WebAssembly; see `startsQuickly`. */
const QUICK_START = ["--liftoff-only"] as const;

export interface SandboxPoolOptions {
  /** LEAN data folders, the first one's files winning. */
  readonly dataFolders: readonly string[];
  /** Where given, prices that the folders lack are made from this seed, and results say so. */
  readonly syntheticSeed?: number | undefined;
  /** Folder with such prices that were made before; sandboxes only read it. */
  readonly syntheticCache?: string | undefined;
  /** Where the interpreter's memory snapshot is kept. */
  readonly cacheFolder: string;
  /** The Node executable that sandboxes run on. */
  readonly nodePath: string;
  /** How trusted projects are run; left out: on a `python3` of the path, with an empty environment. */
  readonly trustedPython?: TrustedPython | undefined;
  /** How many sandboxes work at once. */
  readonly concurrency: number;
  /**
   * For sandboxes that start often and compute little (compiles, live algorithms): the interpreter is compiled once,
   * and fast, which takes a third off the work of a start and makes Python about half as fast.
   */
  readonly startsQuickly?: boolean;
  /** Left out: 20 seconds a message, 120 for a start. */
  readonly liveLimits?: LiveLimits;
  /** Hears what an operator may want to know; never user data. */
  readonly log: (message: string) => void;
  /** Hears every child's process group; the function it returns is called when that is gone. */
  readonly registerProcess?: (child: { readonly pid: number }) => (() => void) | void;
}

/** Where the user's code runs: in the sandbox, or, for projects that the operator trusts, in a Python of his. */
export interface Trust {
  /** Whether the operator has marked the project as trusted. Never taken from a request. */
  readonly isTrusted?: boolean | undefined;
}

interface BacktestOptions extends Trust {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BacktestProgress) => void) | undefined;
  /** Serves the algorithm's object store; left out: one that is empty at the start and gone at the end. */
  readonly objectStore?: LiveHandlers["objectStore"] | undefined;
}

export interface SandboxPool extends AsyncDisposable, LiveSandboxes {
  /** Starts a live algorithm; see `LiveSandboxes`. */
  live(job: LiveJobInput, handlers: LiveHandlers, trust?: Trust): Promise<StartedLive>;
  /** Checks a project without running it. `entry` is `main.py` unless named. */
  compile(
    files: Readonly<Record<string, string>>,
    options?: Trust & { readonly entry?: string; readonly signal?: AbortSignal | undefined },
  ): Promise<CompileReport>;
  /**
   * Runs a backtest in a process of its own. Whatever the user's code does becomes a result (`RuntimeError` with a
   * code of `ALGORITHM_ERROR`, `TIME_LIMIT`, `MEMORY_LIMIT` or `SANDBOX_CRASHED`); a cancel gives `Stopped`.
   */
  backtest(job: BacktestJobInput, options?: BacktestOptions): Promise<BacktestResult>;
}

/** How long a live algorithm may take for one message, and for its start with its warm-up. */
const LIVE_LIMITS = { messageSeconds: 20, startSeconds: 120 } as const;

/** Opens the pool; sandboxes are started when they are needed, and one is kept ready after the first. */
export function createSandboxPool(options: SandboxPoolOptions): SandboxPool {
  return new Pool(options, findInstallation());
}

/** A backtest that runs so long leaves time to prepare the next sandbox beside it. */
const SPARE_AFTER_MILLISECONDS = 1500;

class Pool implements SandboxPool {
  readonly #options: SandboxPoolOptions;
  readonly #installation: SandboxInstallation;
  readonly #snapshots: SnapshotCache;
  readonly #slots: Slots;
  readonly #alive = new Set<SandboxProcess>();
  readonly #spawn: Omit<SpawnSettings, "program" | "paths">;
  #spare: Promise<SandboxProcess> | undefined;
  /** Left by a compile, for the run that mostly follows. */
  #trustedSpare: SandboxProcess | undefined;
  #interpreter: Promise<CpythonInterpreter> | undefined;
  #closed = false;

  constructor(options: SandboxPoolOptions, installation: SandboxInstallation) {
    this.#options = options;
    this.#installation = installation;
    this.#slots = new Slots(options.concurrency);
    this.#spawn = {
      nodePath: options.nodePath,
      ...(options.startsQuickly === true ? { flags: QUICK_START } : {}),
      registerProcess: (child) => options.registerProcess?.(child) ?? (() => {}),
    };
    this.#snapshots = new SnapshotCache({
      folder: options.cacheFolder,
      installation,
      spawn: this.#spawn,
      log: options.log,
    });
  }

  async compile(
    files: Readonly<Record<string, string>>,
    options: Trust & { readonly entry?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<CompileReport> {
    return this.#slots.run(options.signal, async () => {
      const sandbox = await this.#take(options);
      const limit = setTimeout(() => void this.#end(sandbox), COMPILE_SECONDS * 1000);
      try {
        const request = { type: "compile", files: { ...files }, entry: options.entry ?? "main.py" } as const;
        const { report } = await sandbox.ask(request, "compiled");
        this.#giveBack(sandbox, options);
        return report;
      } catch (error) {
        await this.#end(sandbox);
        throw error;
      } finally {
        clearTimeout(limit);
      }
    });
  }

  async backtest(input: BacktestJobInput, options: BacktestOptions = {}): Promise<BacktestResult> {
    const job = backtestJobSchema.parse(input);
    const { signal } = options;
    if (isAborted(signal)) return failedResult(job, "cancelled");
    try {
      return await this.#slots.run(signal, () => this.#run(job, options));
    } catch (error) {
      if (isAborted(signal)) return failedResult(job, "cancelled");
      throw error;
    }
  }

  /** A live algorithm takes none of the places of backtests: whoever deploys has nodes of its own to count. */
  async live(input: LiveJobInput, handlers: LiveHandlers, trust: Trust = {}): Promise<StartedLive> {
    const job = liveJobSchema.parse(input);
    const process = await this.#take(trust);
    if (trust.isTrusted !== true) this.#prepareSpare();
    const release = (): void => void this.#alive.delete(process);
    return LiveSandboxProcess.start(job, {
      process,
      handlers,
      limits: this.#options.liveLimits ?? LIVE_LIMITS,
      release,
    });
  }

  async #run(job: BacktestJob, options: BacktestOptions): Promise<BacktestResult> {
    const { signal, onProgress, objectStore } = options;
    const sandbox = await this.#take(options).catch(asRefusal);
    if (sandbox instanceof RefusalError) return failedResult(job, sandbox.refusal);
    // Starting the next one at once would take a core from this one, which doubles the time of a short backtest.
    const prepare = (): void => {
      if (options.isTrusted !== true) this.#prepareSpare();
    };
    const spare = setTimeout(prepare, SPARE_AFTER_MILLISECONDS);
    let ended: "time" | "cancelled" | undefined;
    const end = (why: "time" | "cancelled"): void => {
      ended ??= why;
      void sandbox.kill();
    };
    const timer = setTimeout(() => end("time"), job.limits.wallSeconds * 1000);
    const cancel = (): void => end("cancelled");
    signal?.addEventListener("abort", cancel, { once: true });
    if (isAborted(signal)) cancel();
    try {
      const request = { type: "backtest", job, hasObjectStore: objectStore !== undefined } as const;
      const { result } = await sandbox.ask(request, "result", (reply) => {
        if (reply.type === "progress") onProgress?.(reply.progress);
        else void serveObject(sandbox, objectStore, reply.request);
      });
      return result;
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return failedResult(job, ended ?? error.refusal);
    } finally {
      clearTimeout(timer);
      clearTimeout(spare);
      signal?.removeEventListener("abort", cancel);
      await this.#end(sandbox);
      prepare();
    }
  }

  /** A sandbox that is ready: the spare one, or a new one. */
  async #take(trust: Trust): Promise<SandboxProcess> {
    if (trust.isTrusted === true) {
      const ready = this.#trustedSpare;
      this.#trustedSpare = undefined;
      return ready?.isAlive === true ? ready : this.#startTrusted();
    }
    const spare = this.#spare;
    this.#spare = undefined;
    const ready = await spare?.catch(() => undefined);
    if (ready?.isAlive === true) return ready;
    return this.#start();
  }

  #giveBack(sandbox: SandboxProcess, { isTrusted }: Trust): void {
    if (isTrusted === true && this.#trustedSpare === undefined && !this.#closed) this.#trustedSpare = sandbox;
    else if (isTrusted !== true && this.#spare === undefined && !this.#closed) this.#spare = Promise.resolve(sandbox);
    else void this.#end(sandbox);
  }

  #prepareSpare(): void {
    if (this.#closed) return;
    this.#spare ??= this.#start();
    // Whoever takes it sees the failure and starts another.
    this.#spare.catch(() => undefined);
  }

  async #start(): Promise<SandboxProcess> {
    const snapshotFile = await this.#snapshots.file();
    if (this.#closed) throw closed();
    const sandbox = new SandboxProcess({
      ...this.#spawn,
      program: this.#installation.program,
      paths: this.#paths(snapshotFile),
    });
    const start = await this.#ready(sandbox, snapshotFile);
    if (start === "cold") {
      this.#options.log("sandbox: started without a memory snapshot, which takes seconds");
      if (snapshotFile !== undefined) this.#snapshots.discard(snapshotFile);
    }
    return sandbox;
  }

  async #startTrusted(): Promise<SandboxProcess> {
    this.#interpreter ??= findCpython(this.#options.trustedPython ?? { environment: {} });
    const interpreter = await this.#interpreter.catch((error: unknown) => {
      // It may be installed meanwhile.
      this.#interpreter = undefined;
      throw error;
    });
    if (this.#closed) throw closed();
    const sandbox = startCpython(interpreter, this.#installation, { ...this.#spawn, paths: this.#paths(undefined) });
    await this.#ready(sandbox, undefined);
    return sandbox;
  }

  #paths(snapshotFile: string | undefined): SandboxPaths {
    const extra = [snapshotFile, this.#options.syntheticCache].filter((path) => path !== undefined);
    return { read: [...this.#installation.codePaths, ...this.#options.dataFolders.map(realFolder), ...extra] };
  }

  /** Waits until a new process can work; says how it started. */
  async #ready(sandbox: SandboxProcess, snapshotFile: string | undefined): Promise<string> {
    const { pyodideFolder, pythonFolder } = this.#installation;
    const { dataFolders, syntheticSeed, syntheticCache } = this.#options;
    this.#alive.add(sandbox);
    try {
      const ready = await sandbox.ask(
        {
          type: "start",
          pyodideFolder: `${pyodideFolder}/`,
          pythonFolder,
          dataFolders: dataFolders.map(realFolder),
          memoryMib: DEFAULT_MEMORY_MIB,
          ...(snapshotFile === undefined ? {} : { snapshotFile }),
          ...(syntheticSeed === undefined ? {} : { syntheticSeed }),
          ...(syntheticCache === undefined ? {} : { syntheticCache }),
        },
        "ready",
      );
      return ready.start;
    } catch (error) {
      await this.#end(sandbox);
      throw error;
    }
  }

  async #end(sandbox: SandboxProcess): Promise<void> {
    await sandbox.kill();
    this.#alive.delete(sandbox);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#snapshots[Symbol.asyncDispose]();
    await Promise.all([...this.#alive].map((sandbox) => this.#end(sandbox)));
    await this.#spare?.then((sandbox) => this.#end(sandbox)).catch(() => undefined);
  }
}

/** Answers one request to the object store; a store that fails refuses. */
async function serveObject(
  sandbox: SandboxProcess,
  serve: BacktestOptions["objectStore"],
  request: ObjectStoreRequest,
): Promise<void> {
  let answer: ObjectStoreAnswer = { ok: false, message: "the object store cannot be reached" };
  try {
    answer = (await serve?.(request)) ?? answer;
  } catch {
    // The algorithm hears that it was refused.
  }
  sandbox.send({ type: "object-store-answer", answer });
}

/** The folder itself, because Node's permissions follow no link of ours. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new RefusalError(
      {
        code: "DATA_FOLDER_MISSING",
        message: `A data folder was expected at ${folder}; there is none that can be read.`,
        remedy: "Name an existing folder in LEAN's layout, or leave it out.",
      },
      { cause: error },
    );
  }
}

/** A refusal as a value; anything else is a fault. */
function asRefusal(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error;
  throw error;
}

/** Asked anew each time: the answer changes while we wait. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function closed(): RefusalError {
  return new RefusalError({ code: "SANDBOX_CLOSED", message: "The sandboxes are being shut down.", retryable: true });
}
