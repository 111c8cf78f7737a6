import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { RefusalError } from "../../domain/refusal.ts";
import { forEachLine } from "./log-lines.ts";
import { signalGroup } from "./process-identity.ts";
import type { ProcessRegistry } from "./process-registry.ts";

export interface ServiceOptions<Ready> {
  readonly name: string;
  readonly command: string;
  /** Arguments of the n-th start; later starts may use what the first one said (a port). */
  readonly args: (ready: Ready | undefined) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly registry: ProcessRegistry;
  readonly log: (message: string) => void;
  /** The service says on its first line of output that it is ready; undefined when a line says something else. */
  readonly readyFrom: (line: string) => Ready | undefined;
}

const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 5000;

/** A service of ours as a child: started again when it dies, ended with its group when we end. */
export class SupervisedService<Ready> implements AsyncDisposable {
  readonly #options: ServiceOptions<Ready>;
  #child: ChildProcess | undefined;
  #ready: Ready | undefined;
  #stopping = false;
  #restarts = 0;

  constructor(options: ServiceOptions<Ready>) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts the service and waits until it is ready. @throws RefusalError `SERVICE_NOT_STARTED` with its last words. */
  async start(): Promise<Ready> {
    const { name, command, args, env, registry, log, readyFrom } = this.#options;
    const child = spawn(command, [...args(this.#ready)], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...env },
    });
    this.#child = child;
    const release = child.pid === undefined ? () => undefined : registry.register(child.pid, name);
    let words = "";
    forEachLine(child.stderr, (line) => {
      words = `${words}${line}\n`.slice(-2000);
      log(`${name}: ${line}`);
    });
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`));
    });
    void ended.then(() => {
      release();
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    });
    const ready = await Promise.race([
      firstReady(child, readyFrom),
      ended.then((how) => ({ how })),
      delay(START_MILLISECONDS, { how: "it was not ready in time" }, { ref: false }),
    ]);
    if (ready !== null && typeof ready === "object" && "how" in ready) {
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      throw new RefusalError({
        code: "SERVICE_NOT_STARTED",
        message: `${name} did not start: ${ready.how}${words === "" ? "" : `: ${words.trim()}`}`,
        remedy: "see the desk's log; free the port or the disk space that it names",
      });
    }
    this.#ready = ready;
    void ended.then((how) => this.#again(how));
    return ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    signalGroup(child.pid, "SIGTERM");
    await Promise.race([ended, delay(STOP_MILLISECONDS, undefined, { ref: false })]);
    signalGroup(child.pid, "SIGKILL");
    await ended;
  }

  async #again(how: string): Promise<void> {
    for (let attempt = 0; !this.#stopping; attempt += 1) {
      this.#options.log(`${this.#options.name}: ended (${how}); starting it again`);
      this.#restarts += 1;
      try {
        await this.start();
        return;
      } catch (error) {
        this.#options.log(`${this.#options.name}: ${error instanceof Error ? error.message : String(error)}`);
        await delay(Math.min(10_000, 200 * 2 ** attempt), undefined, { ref: false });
      }
    }
  }
}

function firstReady<Ready>(child: ChildProcess, readyFrom: (line: string) => Ready | undefined): Promise<Ready> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = readyFrom(line);
      if (ready !== undefined) resolve(ready);
    });
  });
}
