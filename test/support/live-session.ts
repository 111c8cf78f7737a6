import type { OrderRecord } from "../../src/lean/backtest-result.ts";
import type { Broker } from "../../src/lean/brokerages/broker.ts";
import type { BrokerEvent } from "../../src/lean/brokerages/broker-event.ts";
import type { BrokerState } from "../../src/lean/brokerages/broker-protocol.ts";
import type { LiveHandlers, LiveSandbox, LiveSandboxes } from "../../src/lean/live/live-ports.ts";
import type { CommandResult, LiveJobInput, LivePosition } from "../../src/lean/live/live-protocol.ts";

/** What the broker did, to be stored in one go before anybody else hears of it. */
export interface BrokerRecord {
  readonly state: BrokerState;
  readonly events: readonly BrokerEvent[];
  /** Orders that changed, as QuantConnect's API shows them; replaces what is stored under their ids. */
  readonly orders: readonly OrderRecord[];
}

export interface LiveSessionHandlers extends Omit<LiveHandlers, "broker"> {
  /** Stores what the broker did. The algorithm is answered after this; a rejection ends the session. */
  journal(record: BrokerRecord): Promise<void>;
}

export interface LiveSessionOptions {
  readonly broker: Broker;
  readonly sandboxes: LiveSandboxes;
  readonly handlers: LiveSessionHandlers;
  /** Everything of the job that the broker does not know. */
  readonly job: Omit<LiveJobInput, "startUtc" | "account" | "subscriptions">;
}

/**
 * One deployment while it runs: broker and algorithm on the same feed time, the broker first. Everything the broker
 * does is journalled before the algorithm hears of it. Whoever owns the session has the clock and calls `advance`.
 */
export class LiveSession {
  readonly #broker: Broker;
  readonly #handlers: LiveSessionHandlers;
  readonly #sandbox: LiveSandbox;
  /** Name of the algorithm class; empty where it did not load. */
  readonly name: string;
  #position: LivePosition | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(
    options: LiveSessionOptions,
    started: { readonly sandbox: LiveSandbox; readonly name: string; readonly position: LivePosition | undefined },
  ) {
    this.#broker = options.broker;
    this.#handlers = options.handlers;
    this.#sandbox = started.sandbox;
    this.name = started.name;
    this.#position = started.position;
  }

  /** Starts the algorithm from the broker's account, and returns when it has warmed up or ended. */
  static async start(options: LiveSessionOptions): Promise<LiveSession> {
    const { broker, handlers } = options;
    const { cash, holdings, orders, nextOrderId, utc, subscriptions } = broker.state();
    const { sandbox, name, position } = await options.sandboxes.live(
      { ...options.job, startUtc: utc, account: { cash, holdings, orders, nextOrderId }, subscriptions },
      {
        broker: async (request) => {
          const answer = broker.handle(request);
          await journal(broker, handlers, answer.ok ? answer.events : []);
          return answer;
        },
        objectStore: (request) => handlers.objectStore(request),
        output: (output) => handlers.output(output),
        ended: (end) => handlers.ended(end),
      },
    );
    return new LiveSession(options, { sandbox, name, position });
  }

  get utc(): number {
    return this.#broker.utc;
  }

  /** Process of the algorithm. */
  get pid(): number | undefined {
    return this.#sandbox.pid;
  }

  get hasEnded(): boolean {
    return this.#sandbox.hasEnded;
  }

  /** When broker or algorithm has something to do next; Infinity where neither has. */
  nextTime(): number {
    return Math.min(this.#broker.nextTime(), this.#position?.nextUtc ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Lets time come as far as `toUtc`, in steps that end wherever either side has something to do, so that an order is
   * filled on the data of its moment however large the steps of the clock are.
   */
  async advance(toUtc: number): Promise<void> {
    await this.#alone(async () => {
      while (this.utc < toUtc && !this.hasEnded) {
        await this.#step(Math.max(Math.min(toUtc, this.nextTime()), this.utc + 1));
      }
    });
  }

  /** Runs a command between two steps; undefined where the algorithm has ended. */
  async command(id: string, payload: Readonly<Record<string, unknown>>): Promise<CommandResult | undefined> {
    return this.#alone(() => this.#sandbox.command(id, payload));
  }

  /** Ends the algorithm, and with `liquidate` all orders and holdings, also where the algorithm is dead. */
  async stop(options: { readonly liquidate: boolean }): Promise<void> {
    await this.#alone(async () => {
      await this.#sandbox.stop();
      if (options.liquidate) await liquidate(this.#broker, this.#handlers);
    });
  }

  /** Ends the process at once; the account stays as it is stored. */
  async kill(): Promise<void> {
    await this.#sandbox.kill();
  }

  async #step(toUtc: number): Promise<void> {
    const events = this.#broker.advance(toUtc);
    if (events.length > 0) await journal(this.#broker, this.#handlers, events);
    let position = await this.#sandbox.advance(toUtc, events);
    if (position !== undefined && position.digest !== this.#broker.digest()) {
      const { cash, holdings, orders, nextOrderId } = this.#broker.account();
      position = await this.#sandbox.sync({ cash, holdings, orders, nextOrderId });
    }
    this.#position = position;
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#busy;
    const mine = before.then(work, work);
    this.#busy = mine.catch(() => undefined);
    return mine;
  }
}

/** Ends all orders and holdings of an account that no algorithm runs on. */
export async function liquidate(broker: Broker, handlers: Pick<LiveSessionHandlers, "journal">): Promise<void> {
  await journal(broker, handlers, broker.liquidate("Liquidated"));
}

async function journal(
  broker: Broker,
  handlers: Pick<LiveSessionHandlers, "journal">,
  events: readonly BrokerEvent[],
): Promise<void> {
  await handlers.journal({ state: broker.state(), events, orders: broker.takeChangedOrders() });
}
