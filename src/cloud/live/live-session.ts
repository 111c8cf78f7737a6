import { setImmediate } from "node:timers/promises";
import type { BrokerEvent } from "../../lean/brokerages/broker-event.ts";
import type { BrokerState } from "../../lean/brokerages/broker-protocol.ts";
import type { LiveHandlers, LiveSandbox } from "../../lean/live/live-ports.ts";
import type { CommandResult, LiveEnd, LiveOutput } from "../../lean/live/live-protocol.ts";
import { afterEvent, hasEnded, type Deployment, type DeploymentEvent } from "./deployment.ts";
import type { ViewedBroker } from "./account-view.ts";
import { FeedClock } from "./feed-clock.ts";
import { isCrash, notHeard } from "./live-ends.ts";
import { JournaledBroker, type Halting, type LiveBroker } from "./journaled-broker.ts";
import { LiveOutputs } from "./live-outputs.ts";
import type { InitialAccount, LiveParts } from "./live-parts.ts";
import { SerialQueue } from "./serial-queue.ts";

/*
 * Invariants
 * 1. The broker is the truth; what it does is durable before anyone is told (`JournaledBroker`).
 * 2. One thing at a time: ticks, commands and the end run through one queue. A request of the algorithm to its broker
 *    comes within a tick or command, never beside one.
 * 3. An algorithm that is gone is started again from the broker's account. What happened meanwhile is listed for it,
 *    never replayed as orders.
 * 4. A deployment that has ended never starts again.
 */

/** Without prices, time is told to the algorithm this often, in microseconds. */
const MOST_PAUSE = 1_000_000;
const LEAST_PAUSE = 5_000;
const RESTART_PAUSE = 500_000;
const END_PATIENCE_MILLISECONDS = 20_000;
/** Commands that may wait for the algorithm. */
const MOST_COMMANDS = 100;
const CATCH_UP_STRETCH = 3_600_000_000;
/** So many starts in the window, and the deployment ends with an error. */
const MOST_STARTS = 6;
const STARTS_WINDOW = 120_000_000;

/** One deployment while this process serves it: its broker, its algorithm, and the clock that drives both. */
export class LiveSession {
  readonly #parts: LiveParts;
  readonly #queue = new SerialQueue();
  readonly #outputs: LiveOutputs;
  readonly #feed: FeedClock;
  readonly #broker: JournaledBroker;
  readonly #files: Readonly<Record<string, string>>;
  #deployment: Deployment;
  #algorithm: LiveSandbox | undefined;
  /** Ends the process of the algorithm, also while it starts. */
  #process = new AbortController();
  /** When it has something to do without new prices. */
  #algorithmNext = Number.POSITIVE_INFINITY;
  /** An end that we cause, or that comes with a start, needs no other answer. */
  #isEndExpected = false;
  /** Events at the broker that no algorithm has heard. */
  #missed: BrokerEvent[] = [];
  #starts: number[] = [];
  #isRestart: boolean;
  #lastFault = "";
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #commands = 0;

  private constructor(
    parts: LiveParts,
    begun: {
      readonly deployment: Deployment;
      readonly files: Readonly<Record<string, string>>;
      readonly feed: FeedClock;
      readonly broker: JournaledBroker;
      readonly isRestart: boolean;
    },
  ) {
    this.#parts = parts;
    this.#outputs = new LiveOutputs(parts, begun.deployment.deployId);
    this.#deployment = begun.deployment;
    this.#files = begun.files;
    this.#feed = begun.feed;
    this.#broker = begun.broker;
    this.#isRestart = begun.isRestart;
  }

  /**
   * Begins a deployment, or goes on with one after a restart; the account is durable when this resolves, the algorithm
   * starts behind it. Throws where the broker cannot be made, for example of an account that makes no sense.
   */
  static async begin(parts: LiveParts, deployment: Deployment, account: InitialAccount = {}): Promise<LiveSession> {
    const { store, clock } = parts;
    const { deployId, simulation } = deployment;
    const [kept, files] = await Promise.all([store.brokerState(deployId), store.files(deployId)]);
    const feed = new FeedClock(deployment.feed, clock.now(), kept?.state.utc);
    const make = (state: BrokerState | undefined): LiveBroker =>
      parts.broker({
        startUtc: feed.at(clock.now()),
        endUtc: feed.endUtc,
        account,
        ...(state === undefined ? {} : { state }),
        ...(simulation === undefined ? {} : { simulation }),
      });
    const broker = await JournaledBroker.open({ deployId, store, clock, make }, kept);
    const session = new LiveSession(parts, { deployment, files, feed, broker, isRestart: kept !== undefined });
    session.#schedule(0);
    return session;
  }

  get deployment(): Deployment {
    return this.#deployment;
  }

  /** For looking only. */
  get broker(): ViewedBroker {
    return this.#broker;
  }

  /** Gives a command to the algorithm. One that does not run yet cannot hear it. */
  command(command: Readonly<Record<string, unknown>>): Promise<CommandResult> {
    // Algorithms that broadcast what they hear would drown each other.
    if (this.#commands >= MOST_COMMANDS) {
      return Promise.resolve(notHeard(`${MOST_COMMANDS} commands wait already, so this one was not taken.`));
    }
    this.#commands += 1;
    const answer = this.#queue.run(async () => {
      if (this.#algorithm === undefined) {
        return notHeard("The algorithm does not run yet, so the command did not reach it.");
      }
      const result = await this.#algorithm.command(this.#parts.ids.hex32(), command);
      return result ?? notHeard("The algorithm ended before it answered; look at its orders and logs for what it did.");
    });
    return answer.finally(() => (this.#commands -= 1));
  }

  /** Halts at the broker, past the queue: an algorithm that hangs holds nothing up. It is told when it listens again. */
  async halt(how: Halting): Promise<void> {
    this.#missed.push(...(await this.#broker.halt(how)));
    this.#note(
      how === "rearm" ? "Trading may go on." : "Trading is halted: orders are cancelled, new ones must reduce.",
    );
  }

  /** Ends the deployment; with `liquidate` all orders are cancelled and all holdings closed before. */
  async end(how: "stop" | "liquidate"): Promise<void> {
    // An algorithm that keeps its broker busy without end has used up its time.
    const hurry = setTimeout(() => this.#process.abort(), END_PATIENCE_MILLISECONDS);
    try {
      await this.#endInTurn(how);
    } finally {
      clearTimeout(hurry);
    }
  }

  #endInTurn(how: "stop" | "liquidate"): Promise<void> {
    return this.#queue.run(async () => {
      if (hasEnded(this.#deployment.status)) return;
      if (this.#broker.isAhead) await this.#reload();
      if (how === "liquidate") {
        this.#missed.push(...(await this.#broker.liquidate("Liquidated")));
        await this.#tell(this.#broker.utc);
      }
      const at = this.#parts.clock.now();
      await this.#finish(how === "liquidate" ? { type: "liquidated", at } : { type: "stopped", at });
    });
  }

  /** Leaves the deployment as it is, to go on with later: the cloud stops. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#process.abort();
    await this.#algorithm?.kill();
    await this.#queue.idle();
    await this.#outputs.idle();
  }

  #schedule(microseconds: number): void {
    if (this.#isClosed || hasEnded(this.#deployment.status)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#queue
        .run(() => this.#tick())
        .then(
          (pause) => this.#schedule(pause),
          (error: unknown) => this.#fault(error),
        );
    }, microseconds / 1000);
  }

  /** One round: prices to the broker, then to the algorithm. Gives the pause until the next one. */
  async #tick(): Promise<number> {
    if (this.#isClosed || hasEnded(this.#deployment.status)) return MOST_PAUSE;
    if (this.#broker.isAhead) await this.#reload();
    if (this.#algorithm === undefined && !(await this.#start())) return RESTART_PAUSE;
    const { clock } = this.#parts;
    this.#feed.skipTo(this.#nextTime, clock.now());
    const target = this.#feed.at(clock.now());
    if (!(await this.#advance(target))) return this.#algorithm === undefined ? RESTART_PAUSE : LEAST_PAUSE;
    if (target >= this.#feed.endUtc || (this.#deployment.feed.kind === "replay" && this.#isOutOfData)) {
      this.#note("The replay has come to its end.");
      await this.#finish({ type: "stopped", at: clock.now() });
    }
    const wait = this.#feed.waitFor(this.#nextTime, clock.now());
    return Math.min(MOST_PAUSE, Math.max(LEAST_PAUSE, wait));
  }

  /** When prices come next, or the algorithm has something to do without them. */
  get #nextTime(): number {
    return Math.min(this.#broker.nextTime(), this.#algorithmNext);
  }

  get #isOutOfData(): boolean {
    return this.#broker.nextTime() === Number.POSITIVE_INFINITY && this.#broker.subscriptions().length > 0;
  }

  /**
   * Both go from price to price, so that an order fills at the prices that it saw. False where that was left off: the
   * algorithm is gone, or somebody else waits for their turn.
   */
  async #advance(target: number): Promise<boolean> {
    for (;;) {
      const step = Math.max(this.#broker.utc, Math.min(this.#nextTime, target));
      this.#missed.push(...(await this.#broker.advance(step)));
      await this.#tell(step);
      if (this.#algorithm === undefined || this.#isClosed) return false;
      if (step >= target) return true;
      if (this.#queue.hasWaiting) return false;
    }
  }

  /** Runs the algorithm up to a time; without one, events wait for the next. */
  async #tell(utc: number): Promise<void> {
    if (this.#algorithm === undefined) return;
    const events = this.#missed;
    this.#missed = [];
    let position = await this.#algorithm.advance(utc, events);
    if (this.#broker.isAhead) throw new Error("the journal of the deployment could not be written");
    // `ended` tells what became of it; what it did not hear is listed for the next.
    if (position === undefined) this.#missed = [...events, ...this.#missed];
    else if (position.digest !== this.#broker.digest()) {
      // Where the algorithm believes something else of the account than the broker, the broker is right.
      this.#note("The algorithm's account differed from the broker's and was set to it.");
      position = await this.#algorithm?.sync(this.#broker.account());
    }
    const next = position?.nextUtc ?? Number.POSITIVE_INFINITY;
    // What was due by now is done; only what is later is worth a step of its own.
    this.#algorithmNext = next > utc ? next : Number.POSITIVE_INFINITY;
  }

  /** Starts the algorithm; false where that must be tried again. */
  async #start(): Promise<boolean> {
    const { clock } = this.#parts;
    const now = clock.now();
    this.#starts = [...this.#starts.filter((time) => now - time < STARTS_WINDOW), now];
    if (this.#starts.length > MOST_STARTS) {
      const error = `The algorithm's process ended ${MOST_STARTS} times within two minutes.`;
      await this.#finish({ type: "failed", at: now, error, stacktrace: "" });
      return false;
    }
    await this.#become({ type: "starting" });
    if (this.#isRestart) await this.#catchUp();
    const { signal } = (this.#process = new AbortController());
    const end = await this.#launch(signal);
    if (end === undefined) {
      this.#missed = [];
      this.#isRestart = true;
      await this.#become({ type: "running" });
      return true;
    }
    if (this.#isClosed || signal.aborted) return false;
    if (this.#broker.isAhead) throw new Error("the journal of the deployment could not be written");
    if (isCrash(end)) this.#logCrash(end);
    else await this.#finish(this.#eventOf(end));
    return false;
  }

  /** Undefined when the algorithm runs, else how its start ended. */
  async #launch(signal: AbortSignal): Promise<LiveEnd | undefined> {
    const { deployId, projectId, parameters } = this.#deployment;
    const job = {
      deployId,
      files: { ...this.#files },
      parameters: { ...parameters },
      startUtc: this.#broker.utc,
      endUtc: this.#feed.endUtc,
      account: this.#broker.account(),
      subscriptions: this.#broker.subscriptions(),
      launchEquity: this.#broker.launchEquity,
      ...(this.#isRestart ? { restart: { missed: this.#missed } } : {}),
    };
    let early: LiveEnd | undefined;
    this.#isEndExpected = true;
    try {
      const handlers: LiveHandlers = {
        signal,
        broker: (request) => this.#broker.serve(request),
        objectStore: (request) => this.#parts.objects(request),
        output: (output) => this.#put(output),
        ended: (end) => {
          early = end;
          this.#onEnd(end);
        },
      };
      const { sandbox, position } = await this.#parts.runner.live(job, handlers, { projectId });
      if (early !== undefined) return early;
      this.#algorithm = sandbox;
      this.#algorithmNext = position?.nextUtc ?? Number.POSITIVE_INFINITY;
      this.#isEndExpected = false;
      return undefined;
    } catch (error) {
      return { status: "RuntimeError", error: { code: "SANDBOX_FAULT", message: textOf(error), stackTrace: "" } };
    }
  }

  /** The broker goes on without the algorithm up to now. */
  async #catchUp(): Promise<void> {
    // A time that stands still: a fast replay's runs away from whoever follows it.
    const now = this.#feed.at(this.#parts.clock.now());
    while (this.#broker.utc < now && !this.#isClosed) {
      // In stretches, so that a cloud that was off for days still answers others meanwhile.
      const to = Math.min(now, this.#broker.utc + CATCH_UP_STRETCH);
      this.#missed.push(...(await this.#broker.advance(to)));
      await setImmediate();
    }
  }

  async #reload(): Promise<void> {
    this.#isEndExpected = true;
    await this.#algorithm?.kill();
    this.#algorithm = undefined;
    this.#missed = [];
    await this.#broker.reload();
  }

  #onEnd(end: LiveEnd): void {
    this.#algorithm = undefined;
    if (this.#isClosed || this.#isEndExpected) return;
    if (isCrash(end)) {
      this.#logCrash(end);
      this.#schedule(RESTART_PAUSE);
      return;
    }
    this.#queue.run(() => this.#finish(this.#eventOf(end))).catch((error: unknown) => this.#fault(error));
  }

  #logCrash({ error }: LiveEnd): void {
    const message = error?.message ?? "";
    this.#parts.log("live.crashed", { deployId: this.#deployment.deployId, message });
    this.#note(`The algorithm's process ended: ${message}`);
  }

  #eventOf({ status, error }: LiveEnd): DeploymentEvent {
    const at = this.#parts.clock.now();
    if (status !== "RuntimeError") return { type: "stopped", at };
    const { message = "The algorithm failed.", stackTrace = "", remedy } = error ?? {};
    const text = remedy === undefined ? message : `${message} ${remedy}`;
    return { type: "failed", at, error: text, stacktrace: stackTrace };
  }

  async #finish(event: DeploymentEvent): Promise<void> {
    if (hasEnded(this.#deployment.status)) return;
    const algorithm = this.#algorithm;
    this.#algorithm = undefined;
    this.#isEndExpected = true;
    await algorithm?.stop().catch((error: unknown) => this.#parts.log("live.stop-failed", { message: textOf(error) }));
    await algorithm?.kill();
    if (event.type === "failed") this.#note(`Runtime error: ${event.error}`);
    await this.#outputs.idle();
    await this.#broker.commit();
    await this.#become(event);
    clearTimeout(this.#timer);
    this.#parts.onEnd(this.#deployment.deployId);
  }

  async #become(event: DeploymentEvent): Promise<void> {
    const change = afterEvent(this.#deployment, event);
    // The disk first: what ended only here would run again with the next start of the cloud.
    await this.#parts.store.change(this.#deployment.deployId, change);
    this.#deployment = { ...this.#deployment, ...change };
  }

  #note(text: string): void {
    this.#outputs.note(text);
  }

  #put(output: LiveOutput): void {
    for (const command of output.broadcasts ?? []) this.#parts.broadcast(command, this.#deployment);
    this.#outputs.put(output);
  }

  /** A fault of ours or of the disk: nothing is told to have happened, and the round is tried again. */
  #fault(error: unknown): void {
    const message = textOf(error);
    this.#parts.log("live.fault", { deployId: this.#deployment.deployId, message });
    if (message !== this.#lastFault) this.#note(`The deployment stands still: ${message}. It is tried again.`);
    this.#lastFault = message;
    this.#schedule(MOST_PAUSE);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
