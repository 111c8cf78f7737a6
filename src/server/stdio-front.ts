import { createInterface } from "node:readline";
import type { Duplex, Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";

const frameSchema = z.looseObject({ id: z.union([z.string(), z.number()]).optional(), method: z.string().optional() });
const cancelledSchema = z.looseObject({
  params: z.looseObject({ requestId: z.union([z.string(), z.number()]) }),
});
type Frame = z.infer<typeof frameSchema>;
type RequestId = string | number;

export interface StdioFrontOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Opens an MCP stream to the desk, which is started when it does not run. */
  readonly connect: (signal: AbortSignal) => Promise<Duplex>;
  readonly log: (message: string) => void;
}

const MOST_WAITING = 1000;
const INTERNAL_ERROR = -32603;
const LINGER_MILLISECONDS = 1000;

/**
 * The stdio face of the desk. Frames pass through as they are; only their ids are read.
 *
 * Invariants
 * 1. Every request of the client gets one answer: the desk's, or an error that says what to look up.
 * 2. After the desk went away, the handshake and open listens are played to the new one, and only the answer to the
 *    replayed handshake is swallowed. Nothing else is ever sent twice.
 * 3. Nothing but frames goes to the output.
 */
export class StdioFront {
  readonly #options: StdioFrontOptions;
  readonly #pending = new Map<RequestId, Frame & { readonly text: string }>();
  readonly #stop = new AbortController();
  #handshake: { readonly initialize: string; initialized: string | undefined } | undefined;
  #desk: Duplex | undefined;
  #waiting: string[] = [];
  #swallow: RequestId | undefined;
  #connections = 0;

  constructor(options: StdioFrontOptions) {
    this.#options = options;
  }

  /** Ends as if the client's input had ended. */
  stop(): void {
    this.#stop.abort();
  }

  /** Serves until the client's input ends. */
  async run(): Promise<void> {
    const lines = createInterface({ input: this.#options.input });
    const inputEnded = new Promise<void>((resolve) => lines.once("close", resolve));
    lines.on("line", (line) => this.#fromClient(line));
    void inputEnded.then(() => this.#stop.abort());
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        const desk = await this.#options.connect(this.#stop.signal);
        attempt = 0;
        // Whoever went away meanwhile is not served: his end was heard once and will not be again.
        if (this.#stop.signal.aborted) desk.destroy();
        else await this.#serveFrom(desk);
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.log(`serve: ${reason}`);
        this.#failWaiting(reason);
        await delay(Math.min(5000, 200 * 2 ** attempt), undefined, { signal: this.#stop.signal }).catch(
          () => undefined,
        );
      }
    }
    this.#desk?.destroy();
  }

  async #serveFrom(desk: Duplex): Promise<void> {
    const ended = new Promise<void>((resolve) => desk.once("close", () => resolve()));
    desk.on("error", () => desk.destroy());
    createInterface({ input: desk }).on("line", (line) => this.#fromDesk(line));
    // Answers under way may still come; then the desk closes its end. One that does not is not waited for.
    const leave = (): void => {
      desk.end();
      setTimeout(() => desk.destroy(), LINGER_MILLISECONDS).unref();
    };
    this.#stop.signal.addEventListener("abort", leave, { once: true });
    const again = this.#connections > 0;
    this.#desk = desk;
    if (again) this.#replay(desk);
    this.#connections += 1;
    for (const line of this.#waiting.splice(0)) desk.write(`${line}\n`);
    if (again && this.#handshake !== undefined)
      this.#toClient(JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }));
    await ended;
    this.#stop.signal.removeEventListener("abort", leave);
    this.#desk = undefined;
    if (!this.#stop.signal.aborted) this.#lost();
  }

  #replay(desk: Duplex): void {
    const { initialize, initialized } = this.#handshake ?? { initialize: undefined, initialized: undefined };
    const unanswered = [...this.#pending.values()].some(({ method }) => method === "initialize");
    // A handshake that was never answered is played below as it came, and its answer goes to the client.
    if (initialize !== undefined && !unanswered) {
      this.#swallow = `quantwright-replay-${this.#connections}`;
      desk.write(
        `${JSON.stringify({ ...(parseJson(initialize) as Readonly<Record<string, unknown>>), id: this.#swallow })}\n`,
      );
      if (initialized !== undefined) desk.write(`${initialized}\n`);
    }
    for (const { method, text } of this.#pending.values()) if (isReplayable(method)) desk.write(`${text}\n`);
  }

  #fromClient(line: string): void {
    if (line.trim() === "") return;
    const frame = frameOf(line);
    if (frame?.method === "notifications/cancelled") this.#cancelled(line);
    if (frame?.method === "initialize") this.#handshake = { initialize: line, initialized: undefined };
    if (frame?.method === "notifications/initialized" && this.#handshake !== undefined)
      this.#handshake.initialized = line;
    if (frame?.method !== undefined && frame.id !== undefined) this.#pending.set(frame.id, { ...frame, text: line });
    if (this.#desk?.writable === true) this.#desk.write(`${line}\n`);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(line);
    else if (frame?.id !== undefined) this.#fail(frame.id, "too many requests wait for the desk, which is not there");
  }

  /** What the client gave up is not answered, nor played again. */
  #cancelled(line: string): void {
    const cancelled = cancelledSchema.safeParse(parseJson(line));
    if (cancelled.success) this.#pending.delete(cancelled.data.params.requestId);
  }

  #fromDesk(line: string): void {
    const frame = frameOf(line);
    if (frame?.id !== undefined && frame.method === undefined) {
      if (frame.id === this.#swallow) {
        this.#swallow = undefined;
        return;
      }
      this.#pending.delete(frame.id);
    }
    this.#toClient(line);
  }

  /** The desk went away: who waits for it is told now; a listen or a handshake is played again instead. */
  #lost(): void {
    const queued = new Set(this.#waiting.map((line) => frameOf(line)?.id));
    for (const [id, { method }] of this.#pending) {
      if (isReplayable(method) || queued.has(id)) continue;
      this.#fail(
        id,
        `the desk went away while it worked on ${method ?? "this"}. It is being started again. If the call could change something, look up what happened before you ask again: list_strategies, run_status, or the tools that read what it would have made`,
      );
    }
  }

  #failWaiting(reason: string): void {
    for (const line of this.#waiting.splice(0)) {
      const id = frameOf(line)?.id;
      if (id !== undefined) this.#fail(id, `the desk cannot be reached: ${reason}`);
    }
  }

  #fail(id: RequestId, message: string): void {
    this.#pending.delete(id);
    this.#toClient(JSON.stringify({ jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message } }));
  }

  #toClient(line: string): void {
    const { output } = this.#options;
    const desk = this.#desk;
    if (output.write(`${line}\n`) || desk === undefined || desk.isPaused()) return;
    // A client that does not read holds its desk up, which then listens to it no more.
    desk.pause();
    output.once("drain", () => desk.resume());
  }
}

function isReplayable(method: string | undefined): boolean {
  return method === "subscriptions/listen" || method === "initialize";
}

function frameOf(line: string): Frame | undefined {
  try {
    const parsed = frameSchema.safeParse(parseJson(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
