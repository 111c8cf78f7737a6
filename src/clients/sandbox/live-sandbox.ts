import { RefusalError } from "../../domain/refusal.ts";
import type { BrokerAccount } from "../../lean/brokerages/broker-protocol.ts";
import type { BrokerEvent } from "../../lean/brokerages/broker-event.ts";
import type { LiveHandlers, LiveSandbox, StartedLive } from "../../lean/live/live-ports.ts";
import type { CommandResult, LiveEnd, LiveJob, LivePosition } from "../../lean/live/live-protocol.ts";
import type { SandboxReply, SandboxRequest } from "../../lean/sandbox-protocol.ts";
import type { SandboxProcess } from "./sandbox-process.ts";

export interface LiveLimits {
  /** For one message: an advance, a command, the last calls. Time in which the broker is asked does not count. */
  readonly messageSeconds: number;
  /** For initialising and warming up. */
  readonly startSeconds: number;
}

export interface LiveSandboxParts {
  readonly process: SandboxProcess;
  readonly handlers: LiveHandlers;
  readonly limits: LiveLimits;
  /** Told once when the process is gone. */
  readonly release: () => void;
}

type Answer = Extract<SandboxReply, { type: "live-started" | "advanced" | "synced" | "command-result" }>;

interface Waiting {
  readonly wanted: Answer["type"] | "ended";
  readonly resolve: (answer: Answer | undefined) => void;
}

/** One live algorithm in its process; see `LiveSandbox`. */
export class LiveSandboxProcess implements LiveSandbox {
  readonly #parts: LiveSandboxParts;
  #waiting: Waiting | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** What is left of the time for the current message, in milliseconds, and when the clock was started last. */
  #left = 0;
  #startedAt = 0;
  #end: LiveEnd | undefined;

  private constructor(parts: LiveSandboxParts) {
    this.#parts = parts;
    parts.process.attach((reply) => this.#receive(reply));
  }

  /** Starts the algorithm and waits until it has warmed up or ended. `name` is empty where it did not load. */
  static async start(job: LiveJob, parts: LiveSandboxParts): Promise<StartedLive> {
    const sandbox = new LiveSandboxProcess(parts);
    const { signal } = parts.handlers;
    signal?.addEventListener("abort", () => void sandbox.kill(), { once: true });
    if (signal?.aborted === true) await sandbox.kill();
    const answer = await sandbox.#ask({ type: "live-start", job }, "live-started", parts.limits.startSeconds);
    if (answer?.type !== "live-started") return { sandbox, name: "" };
    return { sandbox, name: answer.name, position: answer.position };
  }

  get pid(): number | undefined {
    return this.#parts.process.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  async advance(toUtc: number, events: readonly BrokerEvent[]): Promise<LivePosition | undefined> {
    const answer = await this.#ask({ type: "advance", toUtc, events: [...events] }, "advanced");
    return answer?.type === "advanced" ? answer.position : undefined;
  }

  async sync(account: BrokerAccount): Promise<LivePosition | undefined> {
    const answer = await this.#ask({ type: "sync", account }, "synced");
    return answer?.type === "synced" ? answer.position : undefined;
  }

  async command(id: string, payload: Readonly<Record<string, unknown>>): Promise<CommandResult | undefined> {
    const answer = await this.#ask({ type: "command", id, payload: { ...payload } }, "command-result");
    return answer?.type === "command-result" ? answer.result : undefined;
  }

  async stop(): Promise<void> {
    await this.#ask({ type: "stop" }, "ended");
  }

  async kill(): Promise<void> {
    this.#finish({ status: "Stopped" });
    await this.#parts.process.kill();
  }

  /** One message after the other; `undefined` once the algorithm has ended. */
  #ask(
    request: SandboxRequest,
    wanted: Waiting["wanted"],
    seconds: number = this.#parts.limits.messageSeconds,
  ): Promise<Answer | undefined> {
    const work = async (): Promise<Answer | undefined> => {
      if (this.#end !== undefined) return undefined;
      return new Promise((resolve) => {
        this.#waiting = { wanted, resolve };
        this.#left = seconds * 1000;
        this.#startClock();
        this.#parts.process.send(request);
      });
    };
    const mine = this.#queue.then(work);
    this.#queue = mine;
    return mine;
  }

  #receive(reply: SandboxReply | RefusalError): void {
    if (this.#end !== undefined) return;
    if (reply instanceof RefusalError) {
      const { code, message, remedy } = reply.refusal;
      this.#fail({ code, message, ...(remedy === undefined ? {} : { remedy }) });
      return;
    }
    switch (reply.type) {
      case "output":
        this.#parts.handlers.output(reply.output);
        return;
      case "broker":
        this.#serve(async () => ({
          type: "broker-answer",
          answer: await this.#parts.handlers.broker(reply.request),
        }));
        return;
      case "object-store":
        this.#serve(async () => ({
          type: "object-store-answer",
          answer: await this.#parts.handlers.objectStore(reply.request),
        }));
        return;
      case "ended":
        this.#finish(reply.end);
        void this.#parts.process.kill();
        return;
      case "live-started":
      case "advanced":
      case "synced":
      case "command-result":
        this.#answer(reply);
        return;
      case "fault":
        this.#fail({ code: reply.code, message: reply.message });
        return;
      case "ready":
      case "progress":
      case "compiled":
      case "result":
      case "written":
        this.#fail({ code: "SANDBOX_PROTOCOL", message: `The sandbox sent an unexpected message ${reply.type}.` });
    }
  }

  #answer(reply: Answer): void {
    const waiting = this.#waiting;
    if (waiting?.wanted !== reply.type) {
      this.#fail({
        code: "SANDBOX_PROTOCOL",
        message: `The sandbox sent an answer that nobody asked for: ${reply.type}.`,
      });
      return;
    }
    this.#stopClock();
    this.#waiting = undefined;
    waiting.resolve(reply);
  }

  /** Answers a request of the algorithm; its clock stands still meanwhile. */
  #serve(work: () => Promise<SandboxRequest>): void {
    this.#stopClock();
    work().then(
      (answer) => {
        if (this.#end !== undefined) return;
        if (this.#waiting !== undefined) this.#startClock();
        this.#parts.process.send(answer);
      },
      (error: unknown) =>
        this.#fail({
          code: "SANDBOX_FAULT",
          message: `A request of the algorithm could not be served: ${String(error)}`,
        }),
    );
  }

  #startClock(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#fail(TOO_LONG), this.#left);
  }

  #stopClock(): void {
    clearTimeout(this.#timer);
    this.#left = Math.max(1, this.#left - (performance.now() - this.#startedAt));
  }

  #fail(error: { readonly code: string; readonly message: string; readonly remedy?: string }): void {
    this.#finish({ status: "RuntimeError", error: { ...error, stackTrace: "" } });
    void this.#parts.process.kill();
  }

  #finish(end: LiveEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearTimeout(this.#timer);
    void this.#parts.process.kill().then(this.#parts.release);
    this.#parts.handlers.ended(end);
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }
}

const TOO_LONG = {
  code: "TIME_LIMIT",
  message: "The algorithm took longer for one step than it may and was ended.",
  remedy: "Look for an endless loop, or for work that belongs into a scheduled event or a longer bar.",
} as const;
