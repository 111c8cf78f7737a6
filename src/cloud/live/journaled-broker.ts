import { setImmediate } from "node:timers/promises";
import type { Broker, BrokerPortfolio, BrokerQuote } from "../../lean/brokerages/broker.ts";
import type { BrokerEvent } from "../../lean/brokerages/broker-event.ts";
import {
  brokerRequestSchema,
  type BrokerAccount,
  type BrokerAnswer,
  type BrokerState,
} from "../../lean/brokerages/broker-protocol.ts";
import type { Clock } from "../../domain/clock.ts";
import type { LiveStore } from "./live-store-port.ts";

/** The position in the feed is kept this often where nothing else is, in microseconds. */
const KEEP_EVERY = 10_000_000;

/** A broker that says in one text what it believes of the account. */
export type LiveBroker = Broker & { digest(): string };

/** What a halt does to an account: only reductions from now on, or everything closed as well; and its end. */
export type Halting = "restrict" | "flatten" | "rearm";

export interface JournaledBrokerParts {
  readonly deployId: string;
  readonly store: Pick<LiveStore, "commit" | "brokerState">;
  readonly clock: Clock;
  /** Makes the broker anew, from a state or for the first time. */
  readonly make: (state: BrokerState | undefined) => LiveBroker;
}

/**
 * The broker of a deployment with its journal. Whatever it did is on disk before a call resolves, so nobody is told of
 * an order or a fill that a crash could take back. When the disk refuses, the call fails, and `reload` goes back to
 * what is on disk.
 */
export class JournaledBroker {
  readonly #parts: JournaledBrokerParts;
  readonly #launchEquity: string;
  #broker: LiveBroker;
  #keptAt = 0;
  #isAhead = false;

  private constructor(parts: JournaledBrokerParts, broker: LiveBroker, launchEquity: string) {
    this.#parts = parts;
    this.#broker = broker;
    this.#launchEquity = launchEquity;
  }

  /** Opens the journal of a deployment, or begins it; `kept` is what `store.brokerState` gave. */
  static async open(
    parts: JournaledBrokerParts,
    kept: Awaited<ReturnType<LiveStore["brokerState"]>>,
  ): Promise<JournaledBroker> {
    const broker = parts.make(kept?.state);
    const opened = new JournaledBroker(parts, broker, kept?.launchEquity ?? String(broker.portfolio().totalValue));
    await opened.commit();
    return opened;
  }

  /** The broker has done what could not be kept: nothing more may be asked of it before `reload`. */
  get isAhead(): boolean {
    return this.#isAhead;
  }

  get utc(): number {
    return this.#broker.utc;
  }

  /** Value of the account when it was deployed. */
  get launchEquity(): string {
    return this.#launchEquity;
  }

  nextTime(): number {
    return this.#broker.nextTime();
  }

  digest(): string {
    return this.#broker.digest();
  }

  account(): BrokerAccount {
    return this.#broker.account();
  }

  subscriptions(): BrokerState["subscriptions"] {
    return this.#broker.state().subscriptions;
  }

  portfolio(): BrokerPortfolio {
    return this.#broker.portfolio();
  }

  quotes(): readonly BrokerQuote[] {
    return this.#broker.quotes();
  }

  async advance(toUtc: number): Promise<BrokerEvent[]> {
    const events = this.#broker.advance(toUtc);
    if (events.length > 0 || this.#parts.clock.now() - this.#keptAt > KEEP_EVERY) await this.commit();
    return events;
  }

  /** Serves a request of the algorithm: an order exists when it is on disk, and only then is it acknowledged. */
  async serve(request: unknown): Promise<BrokerAnswer> {
    const parsed = brokerRequestSchema.safeParse(request);
    const answer =
      parsed.success && parsed.data.op === "subscribe"
        ? await this.#subscribe(parsed.data.subscriptions)
        : this.#broker.handle(request);
    await this.commit();
    return answer;
  }

  /** One after the other: each may read or make years of prices, and other requests come in between. */
  async #subscribe(subscriptions: BrokerState["subscriptions"]): Promise<BrokerAnswer> {
    const events: BrokerEvent[] = [];
    for (const subscription of subscriptions) {
      const answer = this.#broker.handle({ op: "subscribe", subscriptions: [subscription] });
      if (!answer.ok) return answer;
      events.push(...answer.events);
      await setImmediate();
    }
    return { ok: true, events };
  }

  async liquidate(tag: string): Promise<BrokerEvent[]> {
    const events = this.#broker.liquidate(tag);
    await this.commit();
    return events;
  }

  get reduceOnly(): boolean {
    return this.#broker.reduceOnly;
  }

  /** Restricts at once, in memory; durable, with what was cancelled and closed, when it resolves. */
  async halt(how: Halting): Promise<BrokerEvent[]> {
    if (this.#isAhead) await this.reload();
    this.#broker.reduceOnly = how !== "rearm";
    const events = how === "rearm" ? [] : this.#broker.cancelAll("Halted");
    if (how === "flatten") events.push(...this.#broker.liquidate("Halted"));
    await this.commit();
    return events;
  }

  async commit(): Promise<void> {
    // The orders that the disk refused are in no later commit.
    if (this.#isAhead) throw new Error("the broker is ahead of its journal");
    const state = this.#broker.state();
    const orders = this.#broker.takeChangedOrders();
    try {
      await this.#parts.store.commit(this.#parts.deployId, { state, orders, launchEquity: this.#launchEquity });
      this.#keptAt = this.#parts.clock.now();
    } catch (error) {
      this.#isAhead = true;
      throw error;
    }
  }

  /** Goes back to what is on disk: whatever was done since then was told to nobody. */
  async reload(): Promise<void> {
    const kept = await this.#parts.store.brokerState(this.#parts.deployId);
    if (kept === undefined) throw new Error(`nothing is kept of ${this.#parts.deployId}`);
    this.#broker = this.#parts.make(kept.state);
    this.#isAhead = false;
  }
}
