import { Decimal } from "../../domain/decimal.ts";
import { AlgorithmError } from "../algorithm/algorithm-error.ts";
import { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { accountDigest, setCash, setHoldings } from "../brokerages/account-transfer.ts";
import type { BrokerEvent, NewOrder } from "../brokerages/broker-event.ts";
import type { BrokerAccount, BrokerAnswer, BrokerRequest } from "../brokerages/broker-protocol.ts";
import { orderOf, ticketOf } from "../brokerages/order-transfer.ts";
import { RemoteBrokerage } from "../brokerages/remote-brokerage.ts";
import { addSecurity, findSecurity, refKey, type SymbolRef } from "../brokerages/symbol-ref.ts";
import type { DataSource } from "../data-source.ts";
import { DataFault } from "../data/data-fault.ts";
import { RESOLUTION } from "../data/resolution.ts";
import { checkData } from "../engine/data-check.ts";
import { guarded } from "../engine/user-calls.ts";
import type { ObjectStore } from "../object-store.ts";
import { ORDER_STATUS, type Order } from "../orders/order.ts";
import { orderStatusName } from "../orders/order-event.ts";
import type { Strategy } from "../strategy.ts";
import { isoTime } from "../time/civil-date.ts";
import { runCommand, type UserCommands } from "./live-commands.ts";
import { LiveJournal } from "./live-journal.ts";
import { LiveLoop, subscriptionOf } from "./live-loop.ts";
import type { CommandResult, LiveEnd, LiveJob, LiveOutput, LivePosition } from "./live-protocol.ts";

export interface LiveRunOptions {
  readonly job: LiveJob;
  readonly data: DataSource;
  readonly algorithmName: string;
  readonly engineVersion: string;
  /** Makes the strategy around the algorithm's interface. */
  readonly createStrategy: (algorithm: QcAlgorithm, live: LiveRun) => Strategy;
  /** Commands that are the user's own. */
  readonly userCommands: UserCommands;
  /** Left out: one that lives as long as the run. */
  readonly objectStore?: ObjectStore;
  /** Asks the broker and waits for its answer. */
  readonly exchange: (request: BrokerRequest) => BrokerAnswer;
}

/** What a message leads to: the run goes on, or it has ended. */
export type LiveStep = { readonly position: LivePosition } | { readonly end: LiveEnd };

/**
 * One live algorithm: LEAN's loop on raw feeds, whose orders go to a broker outside. Driven by messages; what the
 * user's code throws ends it.
 */
export class LiveRun {
  readonly algorithm: QcAlgorithm;
  readonly #options: LiveRunOptions;
  readonly #brokerage: { current: RemoteBrokerage | undefined } = { current: undefined };
  readonly #journal: LiveJournal;
  #loop: LiveLoop | undefined;

  constructor(options: LiveRunOptions) {
    const { job, data } = options;
    this.#options = options;
    this.algorithm = new QcAlgorithm({
      name: options.algorithmName,
      data,
      parameters: job.parameters,
      ...(options.objectStore === undefined ? {} : { objectStore: options.objectStore }),
      brokerage: (context, raise) => {
        this.#brokerage.current = new RemoteBrokerage(raise, {
          clock: context.clock,
          exchange: options.exchange,
          order: (id, made) => this.#order(id, made),
          onCancelRefused: (order) => this.#workOn(order),
          onRefusal: (message) => this.algorithm.error(message),
        });
        return this.#brokerage.current;
      },
    });
    const { algorithm } = this;
    algorithm.configuration.goLive(job.startUtc, job.endUtc);
    algorithm.securities.isRawOnly = true;
    setCash(algorithm.portfolio, job.account.cash);
    const launch = job.launchEquity === undefined ? algorithm.portfolio.cash : Decimal.parse(job.launchEquity);
    this.#journal = new LiveJournal(algorithm, launch);
  }

  /** Initialises, takes over the account and warms up. */
  start(): LiveStep {
    return this.#guarded(() => {
      this.#announce();
      const { algorithm } = this;
      const { job, data } = this.#options;
      const strategy = guarded(() => this.#options.createStrategy(algorithm, this));
      guarded(() => strategy.initialize());
      algorithm.finishInitialize();
      this.#subscribe();
      this.#takeAccount(job.account);
      algorithm.currencies.prepare();
      this.#tellAccount(job.account);
      this.#loop = new LiveLoop({
        algorithm,
        strategy,
        data,
        onSubscriptions: (added, removed) => {
          if (added.length > 0) this.#ask({ op: "subscribe", subscriptions: [...added] });
          for (const symbol of removed) this.#ask({ op: "unsubscribe", symbol });
        },
      });
      this.#loop.start();
      // After a restart the data may be at their end: then there is nothing to miss.
      if (job.restart === undefined) checkData(algorithm, this.#loop.feed);
    });
  }

  /** Makes all steps up to a time, with what the broker did until then. */
  advance(toUtc: number, events: readonly BrokerEvent[]): LiveStep {
    return this.#guarded(() => {
      const { processor } = this.algorithm;
      for (const event of events) processor.skipTo(event.orderId + 1);
      this.#brokerage.current?.receive(events);
      this.#loop?.advance(toUtc);
    });
  }

  /** Runs a command between two advances. */
  command(id: string, payload: Readonly<Record<string, unknown>>): { result: CommandResult } & LiveStep {
    let result: CommandResult = { id, name: "Command", success: false, message: "the algorithm has ended" };
    const step = this.#guarded(() => {
      result = { id, ...runCommand(this.algorithm, payload, this.#options.userCommands) };
      this.#loop?.settle();
    });
    return { result, ...step };
  }

  /** The account is the broker's, whatever was believed here. */
  sync(account: BrokerAccount): LiveStep {
    return this.#guarded(() => {
      this.algorithm.debug("Cash or holdings differed from the broker's and were set to them.");
      this.#takeAccount(account);
    });
  }

  /** Makes the last calls. */
  stop(): LiveEnd {
    const step = this.#guarded(() => this.#loop?.end());
    return "end" in step && step.end.status === "RuntimeError" ? step.end : { status: "Stopped" };
  }

  /** Keeps a command for the organisation's other live algorithms. */
  broadcast(command: Record<string, unknown>): boolean {
    return this.#journal.broadcast(command);
  }

  /** Everything there is to say, in pieces of bounded size. */
  takeOutputs(): LiveOutput[] {
    const outputs: LiveOutput[] = [];
    do {
      const output = this.#journal.take(this.#loop);
      if (output !== undefined) outputs.push(output);
    } while (this.#journal.hasMore);
    return outputs;
  }

  #guarded(work: () => void): LiveStep {
    const { algorithm } = this;
    try {
      work();
    } catch (error) {
      const end = endOf(error);
      algorithm.error(`Runtime Error: ${end.error?.message ?? ""}`);
      return { end };
    }
    if (algorithm.quitReason !== undefined && this.#loop !== undefined) {
      if (algorithm.quitReason !== "") algorithm.debug(algorithm.quitReason);
      return { end: this.#lastCalls() };
    }
    return { position: this.#position() };
  }

  #lastCalls(): LiveEnd {
    try {
      this.#loop?.end();
      return { status: "Stopped" };
    } catch (error) {
      return endOf(error);
    }
  }

  #position(): LivePosition {
    const { clock, schedule } = this.algorithm;
    const { nextTime } = schedule;
    return {
      utc: clock.utc,
      digest: accountDigest(this.algorithm),
      nextUtc: Number.isFinite(nextTime) ? nextTime : null,
    };
  }

  /** The first lines of the log: what was started, and after a restart what was lost and missed. */
  #announce(): void {
    const { job, engineVersion } = this.#options;
    const { algorithm } = this;
    algorithm.debug(`Launching analysis for ${job.deployId} with LEAN Engine v${engineVersion}`);
    if (job.restart === undefined) return;
    algorithm.debug(
      "The algorithm was restarted: its Python variables are lost; cash, holdings and open orders are the broker's, " +
        "and the object store is kept.",
    );
    for (const event of job.restart.missed) {
      if (event.kind !== "status") continue;
      const fill = event.fillQuantity === "0" ? "" : `, ${event.fillQuantity} at ${event.fillPrice}`;
      algorithm.debug(
        `While the algorithm was down: order ${event.orderId} ${orderStatusName(event.status)}${fill} ` +
          `at ${isoTime(event.utc)}Z${event.message === "" ? "" : ` (${event.message})`}`,
      );
    }
  }

  #tellAccount({ cash, holdings, orders }: BrokerAccount): void {
    const amounts = Object.entries(cash).map(([currency, amount]) => `${amount} ${currency}`);
    const held = holdings.filter(({ quantity }) => !Decimal.parse(quantity).isZero);
    const positions = held.map(({ symbol, quantity }) => `${quantity} ${symbol.value}`);
    this.algorithm.debug(
      `Account of the broker: ${amounts.join(", ")}; holdings: ${positions.join(", ") || "none"}; ` +
        `open orders: ${orders.length}. Prices are raw.`,
    );
  }

  #subscribe(): void {
    const { requested, brokerage, accountType } = this.algorithm.securities;
    this.#ask({ op: "configure", rules: { brokerage: brokerage.name, accountType } });
    this.#ask({ op: "subscribe", subscriptions: requested.map(subscriptionOf) });
  }

  #ask(request: BrokerRequest): void {
    const answer = this.#options.exchange(request);
    if (!answer.ok) this.algorithm.error(`The broker refused a ${request.op}: ${answer.message}`);
    else this.#brokerage.current?.receive(answer.events);
  }

  /** Cash, holdings and open orders of an account; what is open here and not there is no more. */
  #takeAccount(account: BrokerAccount): void {
    const { algorithm } = this;
    const { processor, portfolio } = algorithm;
    for (const { symbol } of [...account.holdings, ...account.orders]) this.#ensure(symbol);
    setCash(portfolio, account.cash);
    setHoldings(algorithm, account.holdings);
    const open = new Set(account.orders.map(({ id }) => id));
    for (const order of processor.openOrders) {
      const ticket = processor.ticket(order.id);
      if (ticket === undefined || open.has(order.id)) continue;
      processor.cancelAtOnce(ticket, "The broker does not have this order any more.");
    }
    for (const state of account.orders) {
      if (processor.ticket(state.id) !== undefined) continue;
      const symbol = findSecurity(algorithm, state.symbol)?.symbol;
      if (symbol !== undefined) processor.restore(ticketOf(state, symbol, processor));
    }
    processor.skipTo(account.nextOrderId);
  }

  /** Adds what the account has and the algorithm did not ask for, as the broker reads it. */
  #ensure(symbol: SymbolRef): void {
    if (findSecurity(this.algorithm, symbol) !== undefined) return;
    const known = this.#options.job.subscriptions.find((one) => refKey(one.symbol) === refKey(symbol));
    addSecurity(
      this.algorithm,
      known ?? { symbol, resolution: RESOLUTION.HOUR, fillForward: true, extendedHours: false },
    );
  }

  /** The order of a broker's event; one that the broker made itself is taken in. */
  #order(id: number, made: NewOrder | undefined): Order | undefined {
    const { processor } = this.algorithm;
    const known = processor.ticket(id);
    if (known !== undefined || made === undefined) return known?.order;
    this.#ensure(made.symbol);
    const symbol = findSecurity(this.algorithm, made.symbol)?.symbol;
    return symbol === undefined ? undefined : processor.adoptForeign(orderOf(made, symbol, made.time)).order;
  }

  #workOn(order: Order): void {
    const ticket = this.algorithm.processor.ticket(order.id);
    if (ticket === undefined || order.status !== ORDER_STATUS.CANCEL_PENDING) return;
    order.status = ORDER_STATUS.SUBMITTED;
    ticket.cancelRequest = undefined;
  }
}

/** How what was thrown ends the run; only faults of the engine itself are thrown on. */
function endOf(error: unknown): LiveEnd {
  if (error instanceof AlgorithmError) {
    const { code, message, stackTrace, remedy } = error;
    return {
      status: "RuntimeError",
      error: { code, message, stackTrace, ...(remedy === undefined ? {} : { remedy }) },
    };
  }
  if (error instanceof DataFault) {
    const { code, message, remedy } = error.refusal;
    const rest = remedy === undefined ? {} : { remedy };
    return { status: "RuntimeError", error: { code, message, stackTrace: "", ...rest } };
  }
  throw error;
}
