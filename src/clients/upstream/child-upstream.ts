import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError, SdkError, SdkErrorCode, type Progress } from "@modelcontextprotocol/client";
import type {
  ToolResult,
  UpstreamCall,
  UpstreamOutcome,
  UpstreamStatus,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { backoffMilliseconds } from "./backoff.ts";
import { openSession, START_TIMEOUT, type ChildSession, type ChildSessionOptions } from "./child-session.ts";
import { NotSentError } from "./child-transport.ts";
import { toolResultSchema } from "./upstream-answer.ts";

export interface ChildUpstreamOptions extends ChildSessionOptions {
  readonly random: () => number;
  readonly onTools: () => void;
}

/** Who lived so long did not die at its start. */
const SETTLED_AFTER = 5000;
/** After so many deaths in a row a call no longer waits for the next start. */
const HOPELESS_AFTER = 3;
/** A call that reached no child is given to the next one so often. */
const MOST_CHILDREN_A_CALL = 3;

/**
 * One MCP server as a supervised child.
 *
 * Invariants
 * 1. When the child dies, its transport closes and every call in flight ends at once as `lost`.
 * 2. A child that dies is started again, at once the first time, then with backoff; tools are listed anew each time.
 * 3. Nothing that was sent is ever sent again from here; what reached no child goes to the next one.
 * 4. There is one child at a time: the next starts when the group of the last is gone.
 */
export class ChildUpstream {
  readonly #options: ChildUpstreamOptions;
  #state: UpstreamStatus["state"] = "stopped";
  #session: ChildSession | undefined;
  #supervision: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;
  #changed = Promise.withResolvers<void>();
  /** Deaths in a row, without a settled life in between. */
  #deaths = 0;
  #restarts = 0;
  #lastError: string | null = null;
  #tools: readonly UpstreamTool[] = [];

  constructor(options: ChildUpstreamOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#supervision !== undefined) return;
    const stop = new AbortController();
    this.#deaths = 0;
    this.#set("starting");
    this.#supervision = { stop, over: this.#supervise(stop.signal) };
  }

  /** Ends the child and starts a new one. */
  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.start();
    await this.#ready();
  }

  status(): UpstreamStatus {
    return {
      name: this.#options.server.name,
      state: this.#state,
      pid: this.#state === "ready" ? (this.#session?.pid ?? null) : null,
      restarts: this.#restarts,
      tools: this.#tools.length,
      lastError: this.#lastError,
    };
  }

  async tools(): Promise<readonly UpstreamTool[]> {
    await this.#ready();
    return this.#tools;
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    for (let child = 1; ; child += 1) {
      let session: ChildSession;
      try {
        session = await this.#ready(call.signal);
      } catch (error) {
        return { kind: "lost", sent: false, timedOut: false, reason: messageOf(error) };
      }
      const outcome = await ask(session, call);
      if (outcome.kind === "answered" || outcome.sent || child === MOST_CHILDREN_A_CALL) return outcome;
    }
  }

  /** The text of a resource; parts are joined. */
  async readResource(uri: string): Promise<string> {
    const { client } = await this.#ready();
    const { contents } = await client.readResource({ uri });
    return contents.map((part) => ("text" in part ? part.text : "")).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const supervision = this.#supervision;
    if (supervision === undefined) return;
    supervision.stop.abort();
    await supervision.over;
  }

  async #supervise(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const wait = this.#deaths === 0 ? 0 : backoffMilliseconds(this.#deaths - 1, this.#options.random);
      if (wait > 0) {
        this.#set("waiting");
        await delay(wait, undefined, { signal: stop, ref: false }).catch(() => undefined);
        if (stop.aborted) break;
      }
      this.#set("starting");
      await this.#live(stop);
    }
    this.#supervision = undefined;
    this.#set("stopped");
  }

  /** The life of one child, from its start until it is gone. */
  async #live(stop: AbortSignal): Promise<void> {
    const { server, log, onTools } = this.#options;
    const startedAt = performance.now();
    const session = openSession(this.#options);
    this.#session = session;
    const end = (): void => void session.stop();
    stop.addEventListener("abort", end, { once: true });
    try {
      const tools = await session.ready;
      if (session.isOpen && !stop.aborted) {
        this.#tools = tools;
        this.#set("ready");
        onTools();
      }
    } catch (error) {
      this.#lastError = messageOf(error);
      log(`${server.name}: did not start: ${this.#lastError}`);
      session.kill();
    }
    const how = await session.ended;
    stop.removeEventListener("abort", end);
    this.#session = undefined;
    if (stop.aborted) return;
    this.#lastError = `the process ended (${how})`;
    log(`${server.name}: ${this.#lastError}; starting it again`);
    this.#restarts += 1;
    this.#deaths = performance.now() - startedAt > SETTLED_AFTER ? 1 : this.#deaths + 1;
  }

  #set(state: UpstreamStatus["state"]): void {
    this.#state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** The child that takes calls, as soon as there is one. */
  async #ready(signal?: AbortSignal): Promise<ChildSession> {
    const limit = AbortSignal.timeout(START_TIMEOUT);
    const over = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const { promise: aborted, resolve: wake } = Promise.withResolvers<void>();
    const onAbort = (): void => wake();
    over.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        if (over.aborted)
          throw this.#unavailable(signal?.aborted === true ? "the call was cancelled" : "it did not start in time");
        if (this.#state === "ready" && this.#session?.isOpen === true) return this.#session;
        if (this.#state === "stopped") throw this.#unavailable("it is stopped");
        if (this.#state === "waiting" && this.#deaths >= HOPELESS_AFTER)
          throw this.#unavailable("it ends at its start");
        await Promise.race([this.#changed.promise, aborted]);
      }
    } finally {
      over.removeEventListener("abort", onAbort);
    }
  }

  #unavailable(why: string): RefusalError {
    const last = this.#lastError === null ? "" : `; last error: ${this.#lastError}`;
    return new RefusalError({
      code: "UPSTREAM_UNAVAILABLE",
      message: `${this.#options.server.name} takes no calls: ${why}${last}`,
      remedy: "see `quantwright upstream list` and the desk's log",
      retryable: true,
    });
  }
}

/** One request to one child. */
async function ask(session: ChildSession, call: UpstreamCall): Promise<UpstreamOutcome> {
  const { client } = session;
  const onprogress = ({ progress, total, message }: Progress): void =>
    call.onProgress?.({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  try {
    const answer = await client.request(
      { method: "tools/call", params: { name: call.tool, arguments: call.arguments } },
      toolResultSchema,
      {
        timeout: call.deadlineMilliseconds,
        resetTimeoutOnProgress: true,
        // Without a listener the SDK asks for no progress, and then nothing could reset the deadline.
        onprogress,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      },
    );
    // The schema is the port's; absent members are absent, not undefined.
    return { kind: "answered", result: answer as ToolResult };
  } catch (error) {
    // The server's own word that it refuses is an answer.
    if (error instanceof ProtocolError)
      return { kind: "answered", result: { content: [{ type: "text", text: error.message }], isError: true } };
    // The SDK calls a cancelled request timed out, too.
    const cancelled = call.signal?.aborted === true;
    const timedOut = !cancelled && error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
    return { kind: "lost", sent: !(error instanceof NotSentError), timedOut, reason: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
