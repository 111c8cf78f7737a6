import { Decimal } from "../../domain/decimal.ts";
import { AlgorithmError } from "../algorithm/algorithm-error.ts";
import { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { OrderRecord } from "../backtest-result.ts";
import type { DataSource } from "../data-source.ts";
import { DataFault } from "../data/data-fault.ts";
import type { Subscription } from "../data/subscription.ts";
import { applyCorporateEvents } from "../engine/corporate-event-handling.ts";
import { DataFeed } from "../engine/data-feed.ts";
import { openPrimed } from "../live/priming.ts";
import { ORDER_STATUS } from "../orders/order.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import { OrderTicket } from "../orders/order-ticket.ts";
import type { Security } from "../securities/security.ts";
import { orderRecord } from "../results/order-records.ts";
import { accountDigest, cashOf, holdingsOf, setCash, setHoldings } from "./account-transfer.ts";
import type { Broker, BrokerPortfolio, BrokerQuote } from "./broker.ts";
import type { BrokerEvent } from "./broker-event.ts";
import {
  brokerRequestSchema,
  type AccountRules,
  type BrokerAccount,
  type BrokerAnswer,
  type BrokerRequest,
  type BrokerState,
} from "./broker-protocol.ts";
import { cancelAllOrders, closeAllHoldings, onlyReduces } from "./close-account.ts";
import { changeRefusal, orderRefusal } from "./order-checks.ts";
import { newOrderOf, openOrderOf, orderOf, statusEventOf, ticketOf } from "./order-transfer.ts";
import { portfolioOf, quotesOf } from "./portfolio-view.ts";
import { SimulatedBrokerage, type SimulationSettings } from "./simulated-brokerage.ts";
import { addSecurity, findSecurity, refKey, type SubscriptionRef, type SymbolRef } from "./symbol-ref.ts";

/** Most orders that may work at once: all of them are written down with every change of the account. */
const MOST_OPEN_ORDERS = 1000;
/** Hour bars. */
const FALLBACK_RESOLUTION = 3;
const DEFAULT_CASH = { USD: "100000" };

export interface PaperBrokerOptions {
  /** Market data, read here and not taken from the algorithm. */
  readonly data: DataSource;
  /** Where the feed starts and ends, UTC microseconds. */
  readonly startUtc: number;
  readonly endUtc: number;
  /** The account at the start; left out: 100,000 USD. Not used with `state`. */
  readonly account?: Partial<Pick<BrokerAccount, "cash" | "holdings">>;
  /** Goes on from here. */
  readonly state?: BrokerState;
  /** Makes it a simulated live brokerage. */
  readonly simulation?: SimulationSettings;
}

/** A paper account: LEAN's fills on a feed of its own, with its own cash and holdings. */
export class PaperBroker implements Broker {
  readonly #algorithm: QcAlgorithm;
  readonly #feed: DataFeed;
  readonly #endUtc: number;
  readonly #subscriptions = new Map<string, SubscriptionRef>();
  /** Orders that the algorithm knows. */
  readonly #known = new Set<number>();
  readonly #changed = new Set<OrderTicket>();
  /** Stops and triggers as they were told last. */
  readonly #told = new Map<number, string>();
  #simulated: SimulatedBrokerage | undefined;
  #rules: AccountRules | undefined;
  /** Only orders that reduce a holding are taken. */
  reduceOnly = false;
  #events: BrokerEvent[] = [];

  constructor(options: PaperBrokerOptions) {
    const { data, state, simulation } = options;
    this.#endUtc = options.endUtc;
    this.#algorithm = new QcAlgorithm({
      name: "broker",
      data,
      parameters: {},
      ...(simulation === undefined
        ? {}
        : {
            brokerage: (context, raise) => {
              this.#simulated = new SimulatedBrokerage(context, raise, {
                settings: simulation,
                state: state?.simulation,
              });
              return this.#simulated;
            },
          }),
    });
    const { configuration, securities, settings, portfolio } = this.#algorithm;
    securities.isRawOnly = true;
    configuration.goLive(state?.utc ?? options.startUtc, options.endUtc);
    this.#feed = new DataFeed(data, settings.dailyPreciseEndTime);
    this.#algorithm.orderEventHandler = (event) => this.#onEvent(event);
    setCash(portfolio, state?.cash ?? options.account?.cash ?? DEFAULT_CASH);
    if (state?.rules !== undefined) this.#configure(state.rules);
    this.reduceOnly = state?.reduceOnly ?? false;
    for (const subscription of state?.subscriptions ?? []) this.#subscribe(subscription);
    const holdings = state?.holdings ?? options.account?.holdings ?? [];
    for (const { symbol } of holdings) this.#ensure(symbol);
    setHoldings(this.#algorithm, holdings);
    this.#openCurrencies();
    if (state !== undefined) this.#restore(state);
  }

  get utc(): number {
    return this.#algorithm.clock.utc;
  }

  nextTime(): number {
    return Math.min(this.#feed.nextTime(), this.#simulated?.nextDue ?? Number.POSITIVE_INFINITY);
  }

  advance(toUtc: number): BrokerEvent[] {
    if (toUtc < this.utc) throw new RangeError(`the feed is at ${this.utc} and does not go back to ${toUtc}`);
    for (let next = this.nextTime(); next <= toUtc; next = this.nextTime()) this.#step(Math.max(next, this.utc));
    this.#algorithm.clock.set(toUtc);
    this.#algorithm.processor.scan();
    return this.#takeEvents();
  }

  handle(request: unknown): BrokerAnswer {
    const parsed = brokerRequestSchema.safeParse(request);
    if (!parsed.success) return refused(`not a request to a broker: ${parsed.error.message}`);
    try {
      const refusal = this.#serve(parsed.data);
      return refusal === undefined ? { ok: true, events: this.#takeEvents() } : refused(refusal);
    } catch (error) {
      // What a request may run into; anything else is a fault of ours.
      if (error instanceof AlgorithmError || error instanceof DataFault || error instanceof RangeError) {
        return refused(error.message);
      }
      throw error;
    }
  }

  liquidate(tag: string): BrokerEvent[] {
    cancelAllOrders(this.#algorithm, tag);
    closeAllHoldings(this.#algorithm, tag);
    return this.#takeEvents();
  }

  cancelAll(tag: string): BrokerEvent[] {
    cancelAllOrders(this.#algorithm, tag);
    return this.#takeEvents();
  }

  account(): BrokerAccount {
    const { portfolio, processor } = this.#algorithm;
    const open = processor.openOrders.flatMap((order) => processor.ticket(order.id) ?? []);
    return {
      cash: cashOf(portfolio),
      holdings: holdingsOf(this.#algorithm),
      orders: open.map(openOrderOf),
      nextOrderId: processor.nextId,
    };
  }

  digest(): string {
    return accountDigest(this.#algorithm);
  }

  state(): BrokerState {
    const simulation = this.#simulated?.simulationState();
    return {
      ...this.account(),
      version: 1,
      utc: this.utc,
      subscriptions: [...this.#subscriptions.values()],
      ...(this.#rules === undefined ? {} : { rules: this.#rules }),
      ...(this.reduceOnly ? { reduceOnly: true } : {}),
      ...(simulation === undefined ? {} : { simulation }),
    };
  }

  portfolio(): BrokerPortfolio {
    return portfolioOf(this.#algorithm);
  }

  quotes(): readonly BrokerQuote[] {
    return quotesOf(this.#algorithm);
  }

  takeChangedOrders(): OrderRecord[] {
    const tickets = [...this.#changed];
    this.#changed.clear();
    const records = tickets.map(orderRecord);
    // Closed orders are their owner's to keep.
    for (const ticket of tickets) this.#algorithm.processor.forget(ticket);
    return records;
  }

  #serve(request: BrokerRequest): string | undefined {
    const isOrder = request.op === "place" || request.op === "update" || request.op === "cancel";
    if (isOrder && this.#simulated?.isConnected === false) {
      return "the simulated brokerage is not connected now";
    }
    switch (request.op) {
      case "configure":
        this.#configure(request.rules);
        return undefined;
      case "subscribe":
        for (const subscription of request.subscriptions) this.#subscribe(subscription);
        this.#openCurrencies();
        return undefined;
      case "unsubscribe":
        return this.#unsubscribe(request.symbol);
      case "place":
        return this.#place(request);
      case "update":
        return this.#update(request);
      case "cancel":
        return this.#cancel(request);
    }
  }

  #place({ order: placed }: Extract<BrokerRequest, { op: "place" }>): string | undefined {
    const { processor, clock } = this.#algorithm;
    const security = findSecurity(this.#algorithm, placed.symbol);
    if (security === undefined) return `${placed.symbol.value} is not subscribed`;
    if (placed.id < processor.nextId) return `order id ${placed.id} is taken, the next one is ${processor.nextId}`;
    if (processor.openOrders.length >= MOST_OPEN_ORDERS) return `more than ${MOST_OPEN_ORDERS} orders work already`;
    const refusal = orderRefusal(placed, security) ?? this.#haltRefusal(security, placed.quantity);
    if (refusal !== undefined) return refusal;
    const order = orderOf(placed, security.symbol, clock.utc);
    order.feeCurrency = security.feeModel.currency?.(order);
    order.submissionData = { bidPrice: security.bidPrice, askPrice: security.askPrice, lastPrice: security.price };
    this.#known.add(order.id);
    processor.submit(new OrderTicket({ key: order.id, order, asynchronous: false, handler: processor }));
    this.#tellMoves();
    return undefined;
  }

  #haltRefusal(security: Security, quantity: string | undefined): string | undefined {
    if (!this.reduceOnly) return undefined;
    const reduces = quantity !== undefined && onlyReduces(this.#algorithm, security, Decimal.parse(quantity));
    return reduces ? undefined : "trading is halted here: only orders that reduce a holding are taken";
  }

  #update({ orderId, changes }: Extract<BrokerRequest, { op: "update" }>): string | undefined {
    const { processor } = this.#algorithm;
    const ticket = processor.ticket(orderId);
    if (ticket === undefined || ticket.order.isClosed) return `order ${orderId} is not open`;
    const security = this.#algorithm.securities.get(ticket.symbol);
    const enlarged = changes.quantity === undefined ? undefined : this.#haltRefusal(security, undefined);
    const refusal = changeRefusal(changes, ticket.order.type, security) ?? enlarged;
    if (refusal !== undefined) return refusal;
    const { quantity, limitPrice, stopPrice, triggerPrice, trailingAmount, tag } = changes;
    const response = processor.update(ticket, {
      ...(quantity === undefined ? {} : { quantity }),
      ...(limitPrice === undefined ? {} : { limitPrice }),
      ...(stopPrice === undefined ? {} : { stopPrice }),
      ...(triggerPrice === undefined ? {} : { triggerPrice }),
      ...(trailingAmount === undefined ? {} : { trailingAmount }),
      ...(tag === undefined ? {} : { tag }),
    });
    processor.drain();
    this.#changed.add(ticket);
    this.#tellMoves();
    return response.isSuccess ? undefined : response.errorMessage;
  }

  #cancel({ orderId, tag }: Extract<BrokerRequest, { op: "cancel" }>): string | undefined {
    const { processor } = this.#algorithm;
    const ticket = processor.ticket(orderId);
    if (ticket === undefined || ticket.order.isClosed) return `order ${orderId} is not open`;
    const response = processor.cancel(ticket, tag);
    processor.drain();
    return response.isSuccess ? undefined : response.errorMessage;
  }

  /** Opens a feed from before now, so that prices are known, and counts from now on. */
  #subscribe(subscription: SubscriptionRef): void {
    const key = `${refKey(subscription.symbol)}/${subscription.resolution}`;
    if (this.#subscriptions.has(key)) return;
    const security = addSecurity(this.#algorithm, subscription);
    this.#subscriptions.set(key, subscription);
    for (const request of this.#algorithm.securities.requested.splice(0)) {
      openPrimed(this.#feed, request, { utc: this.utc, endUtc: this.#endUtc });
    }
    security.writeState();
  }

  /** Fees and what counts as buying power, by the model that the algorithm chose. */
  #configure(rules: AccountRules): void {
    this.#algorithm.setBrokerageModel(rules.brokerage, rules.accountType);
    this.#rules = rules;
  }

  /** Feeds of the rates of foreign currencies. */
  #openCurrencies(): void {
    const { currencies } = this.#algorithm;
    currencies.prepare();
    for (const request of currencies.requested.splice(0)) {
      const { zone } = request.security.hours;
      this.#feed.openCurrency(request, { from: zone.toLocal(this.utc), to: zone.toLocal(this.#endUtc) });
    }
  }

  /** A holding or an order needs prices, also where nobody subscribed: hour bars do for the paper account. */
  #ensure(symbol: SymbolRef): void {
    if (findSecurity(this.#algorithm, symbol) !== undefined) return;
    this.#subscribe({ symbol, resolution: FALLBACK_RESOLUTION, fillForward: true, extendedHours: false });
  }

  /** Only what is neither held nor ordered leaves the feed. */
  #unsubscribe(symbol: SymbolRef): string | undefined {
    const { securities, positions } = this.#algorithm;
    const security = findSecurity(this.#algorithm, symbol);
    if (security === undefined) return `${symbol.value} is not subscribed`;
    if (security.isInvested || positions.openOrders(security).length > 0) return undefined;
    for (const [key, subscription] of this.#subscriptions) {
      if (refKey(subscription.symbol) === refKey(symbol)) this.#subscriptions.delete(key);
    }
    securities.remove(security);
    this.#closeRemoved();
    return undefined;
  }

  #closeRemoved(): void {
    for (const security of this.#algorithm.securities.removed.splice(0)) this.#feed.close(security);
  }

  #restore(state: BrokerState): void {
    const { processor } = this.#algorithm;
    for (const order of state.orders) {
      this.#ensure(order.symbol);
      const security = findSecurity(this.#algorithm, order.symbol);
      if (security === undefined) throw new Error(`no security for the order of ${order.symbol.value}`);
      this.#known.add(order.id);
      const ticket = ticketOf(order, security.symbol, processor);
      ticket.order.feeCurrency = security.feeModel.currency?.(ticket.order);
      processor.restore(ticket);
    }
    processor.skipTo(state.nextOrderId);
    this.#tellMoves();
    this.#takeEvents();
  }

  #step(utc: number): void {
    const algorithm = this.#algorithm;
    const { clock, processor } = algorithm;
    clock.set(utc);
    this.#feed.advanceTo(utc, take);
    processor.scan();
    this.#tellMoves();
    const events = this.#feed.events.map(({ event }) => event);
    if (events.length > 0) {
      applyCorporateEvents(algorithm, events);
      this.#closeRemoved();
    }
    processor.drain();
    processor.scan();
    this.#tellMoves();
  }

  #onEvent(event: OrderEvent): void {
    this.#changed.add(event.ticket);
    const told = statusEventOf(event);
    const isKnown = this.#known.has(event.orderId);
    this.#known.add(event.orderId);
    if (event.order.isClosed) {
      this.#known.delete(event.orderId);
      this.#told.delete(event.orderId);
    }
    const hasTerms = !isKnown || event.status === ORDER_STATUS.UPDATE_SUBMITTED;
    this.#events.push(hasTerms ? { ...told, order: newOrderOf(event.order) } : told);
  }

  /** Stops that moved and triggers that were touched since they were told last. */
  #tellMoves(): void {
    const { processor, clock } = this.#algorithm;
    if (!processor.hasPending) return;
    for (const order of processor.openOrders) {
      if (order.stopPrice.isZero && order.triggerPrice.isZero) continue;
      const { stopTriggered, triggerTouched } = order;
      const stopPrice = order.stopPrice.toString();
      const now = `${stopPrice} ${String(stopTriggered)} ${String(triggerTouched)}`;
      const before = this.#told.get(order.id);
      this.#told.set(order.id, now);
      if (before === undefined || before === now) continue;
      this.#events.push({ kind: "moved", orderId: order.id, utc: clock.utc, stopPrice, stopTriggered, triggerTouched });
    }
  }

  #takeEvents(): BrokerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function take(feed: Subscription): void {
  feed.security.update(feed);
}

function refused(message: string): BrokerAnswer {
  return { ok: false, message: message.slice(0, 4000) };
}
