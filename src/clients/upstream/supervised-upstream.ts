import { setTimeout as delay } from "node:timers/promises";
import type { UpstreamCall, UpstreamOutcome, UpstreamStatus, UpstreamTool } from "../../gateway/upstream-port.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { answersInTime, askSession, messageOf } from "./ask-session.ts";
import { backoffMilliseconds } from "./backoff.ts";
import type { OneUpstream } from "./one-upstream.ts";
import { HealthRecord, type HealthPolicy } from "./health-record.ts";
import { ToolListing } from "./tool-listing.ts";
import { START_TIMEOUT, type OpenSession, type UpstreamSession } from "./upstream-session.ts";

export interface SupervisedUpstreamOptions {
  readonly name: string;
  readonly open: OpenSession;
  readonly log: (message: string) => void;
  readonly random: () => number;
  /** Called after the tools were listed. */
  readonly onTools: () => void;
  /** How it is checked while it is idle; not at all where it is not given. */
  readonly health?: HealthPolicy | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Who lived so long did not die at its start. */
const SETTLED_AFTER = 5000;
/** After so many deaths in a row a call no longer waits for the next start. */
const HOPELESS_AFTER = 3;
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
export class SupervisedUpstream implements OneUpstream {
  readonly #options: SupervisedUpstreamOptions;
  readonly #health: HealthRecord | undefined;
  #inFlight = 0;
  #checking = false;
  /** Why it was ended by us; its own end would say less. */
  #givenUp: string | undefined;
  #state: UpstreamStatus["state"] = "stopped";
  #session: UpstreamSession | undefined;
  #supervision: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;
  #changed = Promise.withResolvers<void>();
  /** Deaths in a row, without a settled life in between. */
  #deaths = 0;
  #restarts = 0;
  #lastError: string | null = null;
  readonly #listing: ToolListing;

  constructor(options: SupervisedUpstreamOptions) {
    this.#options = options;
    this.#health = options.health && new HealthRecord(options.health);
    const log = (message: string): void => options.log(`${options.name}: ${message}`);
    this.#listing = new ToolListing({ onTools: options.onTools, log });
  }

  /** Calls that it was given and has not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Tools as they were last listed; undefined before the first time. */
  get listed(): readonly UpstreamTool[] | undefined {
    return this.#listing.tools;
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
      state: this.#health?.unhealthy === true && this.#state !== "stopped" ? "unhealthy" : this.#state,
      pid: this.#state === "ready" ? (this.#session?.pid ?? null) : null,
      restarts: this.#restarts,
      tools: this.#listing.tools?.length ?? 0,
      lastError: this.#lastError,
    };
  }

  async tools(): Promise<readonly UpstreamTool[]> {
    await this.#ready();
    return this.#listing.tools ?? [];
  }

  /**
   * Asks a server that runs and is idle whether it still answers, when that is due. One that does not, so many times in
   * a row, is ended and started again.
   */
  async check(): Promise<void> {
    const [health, session] = [this.#health, this.#session];
    const { name, now, log } = this.#options;
    if (health === undefined || session === undefined || this.#checking || !this.#isIdle(session)) return;
    if (!health.isDue(now())) return;
    this.#checking = true;
    const answered = await answersInTime(session, health.policy.answerWithinMilliseconds);
    this.#checking = false;
    if (answered) return health.heard(now());
    // Whoever is at work may be too busy for a check: the deadlines of its calls tell more.
    if (!this.#isIdle(session) || this.#session !== session || !health.missed(now())) return;
    this.#givenUp = `it answered none of ${health.policy.failures} health checks in a row`;
    log(`${name}: ${this.#givenUp}`);
    session.kill();
  }

  async call(call: UpstreamCall): Promise<UpstreamOutcome> {
    this.#inFlight += 1;
    try {
      const outcome = await this.#call(call);
      if (outcome.kind === "answered") this.#health?.heard(this.#options.now());
      return outcome;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #call(call: UpstreamCall): Promise<UpstreamOutcome> {
    for (let child = 1; ; child += 1) {
      let session: UpstreamSession;
      try {
        session = await this.#ready(call.signal);
      } catch (error) {
        return { kind: "lost", sent: false, timedOut: false, reason: messageOf(error) };
      }
      const outcome = await askSession(session, call);
      if (isOver(outcome) || child === MOST_CHILDREN_A_CALL) return outcome;
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
    const session: UpstreamSession = open({
      onListChanged: () => void this.#listing.again(session, () => this.#session === session),
    });
    this.#session = session;
    const end = (): void => void session.stop();
    stop.addEventListener("abort", end, { once: true });
    try {
      const tools = await session.ready;
      if (session.isOpen && !stop.aborted) {
        this.#listing.take(tools);
        this.#health?.started(this.#options.now());
        this.#set("ready");
        onTools();
      }
    } catch (error) {
      log(`${name}: did not start: ${messageOf(error)}`);
      session.kill();
    }
    const ended = await session.ended;
    const how = this.#givenUp ?? ended;
    this.#givenUp = undefined;
    stop.removeEventListener("abort", end);
    this.#session = undefined;
    if (stop.aborted) return;
    this.#lastError = how;
    log(`${name}: ${this.#lastError}; starting it again`);
    this.#restarts += 1;
    this.#deaths = performance.now() - startedAt > SETTLED_AFTER ? 1 : this.#deaths + 1;
  }

  #isIdle(session: UpstreamSession): boolean {
    return this.#state === "ready" && session.isOpen && this.#inFlight === 0;
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

/** Whether no other session may be asked: it was sent, or nobody may make it any more. */
function isOver(outcome: UpstreamOutcome): boolean {
  return outcome.kind === "answered" || outcome.sent || outcome.refusal !== undefined;
}
