import { Decimal } from "../../domain/decimal.ts";
import type { Clock } from "../engine/clock.ts";
import { ORDER_STATUS, type Order } from "../orders/order.ts";
import type { OrderEventDraft } from "../orders/order-event.ts";
import type { UpdateOrderFields } from "../orders/order-ticket.ts";
import type { Brokerage } from "./brokerage.ts";
import type { BrokerEvent, BrokerStatusEvent, NewOrder } from "./broker-event.ts";
import type { BrokerAnswer, BrokerRequest, OrderChanges } from "./broker-protocol.ts";
import { newOrderOf } from "./order-transfer.ts";

export interface RemoteBrokerageOptions {
  readonly clock: Clock;
  /** Asks the broker and waits for its answer. */
  readonly exchange: (request: BrokerRequest) => BrokerAnswer;
  /** The order of an id, known or (from `made`) made by the broker itself. */
  readonly order: (id: number, made: NewOrder | undefined) => Order | undefined;
  /** Hears that an order works on, because its cancel was not taken. */
  readonly onCancelRefused: (order: Order) => void;
  /** Hears why a change or a cancel was not taken. */
  readonly onRefusal: (message: string) => void;
}

/**
 * A broker outside of this process. Requests wait for its answer; what it tells is booked at the engine's scans, in
 * its order and not before its time.
 */
export class RemoteBrokerage implements Brokerage {
  readonly settlesDelistings = true;
  readonly checksBuyingPower = true;
  readonly #options: RemoteBrokerageOptions;
  readonly #raise: (draft: OrderEventDraft) => void;
  readonly #working = new Set<Order>();
  readonly #inbox: BrokerEvent[] = [];

  constructor(raise: (draft: OrderEventDraft) => void, options: RemoteBrokerageOptions) {
    this.#raise = raise;
    this.#options = options;
  }

  get hasWorking(): boolean {
    return this.#working.size > 0 || this.#inbox.length > 0;
  }

  isWorking(order: Order): boolean {
    return this.#working.has(order);
  }

  adopt(order: Order): void {
    this.#working.add(order);
  }

  /** Takes what happened at the broker; it is booked when the engine gets to its time. */
  receive(events: readonly BrokerEvent[]): void {
    this.#inbox.push(...events);
  }

  place(order: Order): void {
    this.#working.add(order);
    const answer = this.#options.exchange({ op: "place", order: newOrderOf(order) });
    if (!answer.ok) {
      this.#working.delete(order);
      this.#raise({ order, status: ORDER_STATUS.INVALID, message: answer.message });
      return;
    }
    // The first one says that the order was taken, or why not; fills come with the scan that follows.
    const [first, ...others] = answer.events;
    this.#inbox.push(...others);
    if (first !== undefined) this.#book(first);
  }

  update(order: Order, fields: UpdateOrderFields): void {
    if (!this.#working.has(order)) return;
    const changes = changesOf(fields);
    const answer = this.#options.exchange({ op: "update", orderId: order.id, changes });
    if (!answer.ok) {
      this.#options.onRefusal(`Order ${order.id} was not updated: ${answer.message}`);
      return;
    }
    const [first, ...others] = answer.events;
    this.#inbox.push(...others);
    if (first !== undefined) this.#book(first);
  }

  cancel(order: Order): void {
    const answer = this.#options.exchange({ op: "cancel", orderId: order.id, tag: (order.tag ?? "").slice(0, 2000) });
    if (!answer.ok) {
      this.#options.onRefusal(`Order ${order.id} was not cancelled: ${answer.message}`);
      this.#options.onCancelRefused(order);
      return;
    }
    for (const event of answer.events) {
      // Told when it was asked for.
      if (event.kind !== "status" || event.status !== ORDER_STATUS.CANCEL_PENDING) this.#book(event);
    }
  }

  scan(): void {
    const { clock } = this.#options;
    while (this.#inbox.length > 0 && (this.#inbox[0]?.utc ?? 0) <= clock.utc) {
      const event = this.#inbox.shift();
      if (event !== undefined) this.#book(event);
    }
  }

  #book(event: BrokerEvent): void {
    const made = event.kind === "status" ? event.order : undefined;
    const order = this.#options.order(event.orderId, made);
    if (order === undefined) {
      this.#options.onRefusal(`The broker told of order ${event.orderId}, which is not known here.`);
      return;
    }
    if (event.kind === "moved") {
      order.stopPrice = Decimal.parse(event.stopPrice);
      order.stopTriggered = event.stopTriggered;
      order.triggerTouched = event.triggerTouched;
      return;
    }
    this.#bookStatus(event, order);
  }

  #bookStatus(event: BrokerStatusEvent, order: Order): void {
    const { status } = event;
    const isWorking =
      status !== ORDER_STATUS.FILLED && status !== ORDER_STATUS.CANCELED && status !== ORDER_STATUS.INVALID;
    if (isWorking) this.#working.add(order);
    else this.#working.delete(order);
    // The broker has rounded the prices: the order is what the broker says it is.
    if (status === ORDER_STATUS.UPDATE_SUBMITTED && event.order !== undefined) takeTerms(order, event.order);
    if (status === ORDER_STATUS.SUBMITTED && order.brokerId.length === 0) order.brokerId.push(String(order.id));
    this.#raise({
      order,
      status,
      message: event.message,
      fillPrice: Decimal.parse(event.fillPrice),
      fillQuantity: Decimal.parse(event.fillQuantity),
      fee: Decimal.parse(event.fee),
      feeCurrency: event.feeCurrency,
      utcTime: event.utc,
    });
  }
}

function takeTerms(order: Order, terms: NewOrder): void {
  order.quantity = Decimal.parse(terms.quantity).normalize();
  order.limitPrice = Decimal.parse(terms.limitPrice);
  order.stopPrice = Decimal.parse(terms.stopPrice);
  order.triggerPrice = Decimal.parse(terms.triggerPrice);
  order.trailingAmount = Decimal.parse(terms.trailingAmount);
}

function changesOf(fields: UpdateOrderFields): OrderChanges {
  const { tag, ...amounts } = fields;
  const texts = Object.entries(amounts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Decimal.from(value).toString()] as const],
  );
  return { ...Object.fromEntries(texts), ...(tag === undefined ? {} : { tag }) };
}
