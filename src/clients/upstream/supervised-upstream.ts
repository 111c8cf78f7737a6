import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError, SdkError, SdkErrorCode, UnauthorizedError, type Progress } from "@modelcontextprotocol/client";
import type {
  ToolResult,
  UpstreamCall,
  UpstreamOutcome,
  UpstreamStatus,
  UpstreamTool,
} from "../../gateway/upstream-port.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { backoffMilliseconds } from "./backoff.ts";
import { isShallowAnswer, toolResultSchema } from "./upstream-answer.ts";
import { listTools, NotSentError, START_TIMEOUT, type OpenSession, type UpstreamSession } from "./upstream-session.ts";

export interface SupervisedUpstreamOptions {
  readonly name: string;
  readonly open: OpenSession;
  readonly log: (message: string) => void;
  readonly random: () => number;
  /** Called after the tools were listed. */
  readonly onTools: () => void;
}

/** Who lived so long did not die at its start. */
const SETTLED_AFTER = 5000;
/** After so many deaths in a row a call no longer waits for the next start. */
const HOPELESS_AFTER = 3;
const LIST_PAUSE = 1000;
/** Progress puts a deadline off, and not for ever. */
const MOST_DEADLINES = 10;
/** A call that reached no server is given to the next one so often. */
const MOST_CHILDREN_A_CALL = 3;

/**
 * One supervised MCP server: a child, or a connection to a server elsewhere.
 *
 * Invariants
 * 1. When a session ends, its transport closes and every call in flight ends at once as `lost`.
 * 2. A session that ends is opened again, at once the first time, then with backoff; tools are listed anew each time.
 * 3. Nothing that was sent is ever sent again from here; what reached no server goes to the next session.
 * 4. There is one session at a time: the next starts when the last one, and its process group, is gone.
 */
export class SupervisedUpstream {
  readonly #options: SupervisedUpstreamOptions;
  #state: UpstreamStatus["state"] = "stopped";
  #session: UpstreamSession | undefined;
  #supervision: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;
  #changed = Promise.withResolvers<void>();
  /** Deaths in a row, without a settled life in between. */
  #deaths = 0;
  #restarts = 0;
  #lastError: string | null = null;
  #tools: readonly UpstreamTool[] = [];
  #listing = false;
  /** Whether the server announced another list since it was last asked for it. */
  #stale = false;

  constructor(options: SupervisedUpstreamOptions) {
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
      name: this.#options.name,
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
      let session: UpstreamSession;
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
    const { name, log, onTools, open } = this.#options;
    const startedAt = performance.now();
    const session: UpstreamSession = open({ onListChanged: () => void this.#listAgain(session) });
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
      log(`${name}: did not start: ${messageOf(error)}`);
      session.kill();
    }
    const how = await session.ended;
    stop.removeEventListener("abort", end);
    this.#session = undefined;
    if (stop.aborted) return;
    this.#lastError = how;
    log(`${name}: ${this.#lastError}; starting it again`);
    this.#restarts += 1;
    this.#deaths = performance.now() - startedAt > SETTLED_AFTER ? 1 : this.#deaths + 1;
  }

  /** The server announced another list. However often it does, it is asked once at a time and once a second. */
  async #listAgain(session: UpstreamSession): Promise<void> {
    this.#stale = true;
    if (this.#listing) return;
    this.#listing = true;
    while (this.#stale && this.#session === session && session.isOpen) {
      this.#stale = false;
      try {
        const tools = await listTools(session.client);
        if (this.#session !== session) break;
        this.#tools = tools;
        this.#options.onTools();
      } catch (error) {
        this.#options.log(`${this.#options.name}: its tools could not be listed again: ${messageOf(error)}`);
      }
      await delay(LIST_PAUSE, undefined, { ref: false });
    }
    this.#listing = false;
  }

  #set(state: UpstreamStatus["state"]): void {
    this.#state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** The child that takes calls, as soon as there is one. */
  async #ready(signal?: AbortSignal): Promise<UpstreamSession> {
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
      message: `${this.#options.name} takes no calls: ${why}${last}`,
      remedy: "see `quantwright upstream list` and the desk's log",
      retryable: true,
    });
  }
}

const NOT_TAKEN_UP = [NotSentError, UnauthorizedError, RefusalError];

/** One request in one session. */
async function ask(session: UpstreamSession, call: UpstreamCall): Promise<UpstreamOutcome> {
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
        maxTotalTimeout: call.deadlineMilliseconds * MOST_DEADLINES,
        // Without a listener the SDK asks for no progress, and then nothing could reset the deadline.
        onprogress,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      },
    );
    if (!isShallowAnswer(answer))
      return { kind: "lost", sent: true, timedOut: false, reason: "its answer is nested too deeply" };
    // The schema is the port's; absent members are absent, not undefined.
    return { kind: "answered", result: answer as ToolResult };
  } catch (error) {
    // The server's own word that it refuses is an answer.
    if (error instanceof ProtocolError)
      return { kind: "answered", result: { content: [{ type: "text", text: error.message }], isError: true } };
    // The SDK calls a cancelled request timed out, too.
    const cancelled = call.signal?.aborted === true;
    const timedOut = !cancelled && error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
    // Without a valid token nothing is taken up.
    const sent = !NOT_TAKEN_UP.some((kind) => error instanceof kind);
    return { kind: "lost", sent, timedOut, reason: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
