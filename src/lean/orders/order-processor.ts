import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import { BacktestingBrokerage, type BrokerageContext } from "../brokerages/backtesting-brokerage.ts";
import type { Brokerage } from "../brokerages/brokerage.ts";
import { checkBuyingPower } from "../portfolio/buying-power.ts";
import type { Security } from "../securities/security.ts";
import { ORDER_STATUS, ORDER_TYPE, isClosedStatus, Order } from "./order.ts";
import type { OrderGate } from "./order-gate.ts";
import { addFill, insufficientText, roundPrices } from "./order-changes.ts";
import { makeOrderEvent, type OrderEvent, type OrderEventDraft } from "./order-event.ts";
import {
  SUCCESS,
  type OrderResponse,
  OrderTicket,
  type TicketHandler,
  type UpdateOrderFields,
} from "./order-ticket.ts";
import { GOOD_TIL_CANCELED } from "./time-in-force.ts";

const HUNDRED = Decimal.of(100n, 0);
/** LEAN's `OrderResponseErrorCode`. */
const INVALID_STATUS = -3;
const ZERO_QUANTITY = -2;
const WARMING_UP = -24;
const MODEL_REFUSED_ORDER = -4;
const MODEL_REFUSED_UPDATE = -25;

type Request =
  | { readonly kind: "submit"; readonly ticket: OrderTicket }
  | { readonly kind: "update"; readonly ticket: OrderTicket; readonly fields: UpdateOrderFields }
  | { readonly kind: "cancel"; readonly ticket: OrderTicket; readonly tag: string | undefined };

/** Makes the brokerage that orders go to; `raise` is how it tells what happens to them. */
export type BrokerageFactory = (context: BrokerageContext, raise: (draft: OrderEventDraft) => void) => Brokerage;

/** What the processor needs of the run. */
export interface ProcessorContext extends BrokerageContext {
  readonly board: Board;
  /** Left out: LEAN's backtesting brokerage. */
  readonly brokerage?: BrokerageFactory | undefined;
  /** What the strategy's own brokerage model says about orders. */
  readonly gate?: () => OrderGate | undefined;
  /** Told what that model refused. */
  readonly onRefusal?: (message: string) => void;
  /** Called after an event is booked, in order. */
  onEvent(event: OrderEvent): void;
}

/**
 * LEAN's transaction handler: a queue of requests (submissions are worked off at once, updates and cancels with the
 * next drain), the checks before the brokerage, tickets, and the booking of events.
 */
export class OrderProcessor implements TicketHandler {
  /** Accepted orders by id; gaps are possible where orders of an earlier run are left out. */
  readonly orders: Order[] = [];
  readonly tickets: OrderTicket[] = [];
  readonly #context: ProcessorContext;
  readonly #brokerage: Brokerage;
  readonly #byId = new Map<number, OrderTicket>();
  readonly #queue: Request[] = [];
  /** Orders that are not closed, by id. */
  readonly #open = new Set<Order>();
  #nextId = 1;

  constructor(context: ProcessorContext) {
    this.#context = context;
    const raise = (draft: OrderEventDraft): void => this.#raise(draft);
    this.#brokerage = context.brokerage?.(context, raise) ?? new BacktestingBrokerage(context, raise);
  }

  get hasPending(): boolean {
    return this.#brokerage.hasWorking;
  }

  /** Orders that are not closed, by id. */
  get openOrders(): Order[] {
    return [...this.#open];
  }

  /** Id of the next order. */
  get nextId(): number {
    return this.#nextId;
  }

  /** The ticket of an order id. */
  ticket(id: number): OrderTicket | undefined {
    return this.#byId.get(id);
  }

  /** Takes over an order that passed the checks before submission and processes all requests. */
  submit(ticket: OrderTicket): void {
    this.#keep(ticket);
    this.#open.add(ticket.order);
    this.#queue.push({ kind: "submit", ticket });
    this.drain();
  }

  /** Keeps an order that comes while the algorithm warms up: it is listed, invalid, and its tag says why. */
  rejectWarmingUp(ticket: OrderTicket): void {
    const { order } = ticket;
    order.tag =
      "This operation is not allowed in Initialize or during warm up: OrderRequest.Submit. " +
      "Please move this code to the OnWarmupFinished() method.";
    order.status = ORDER_STATUS.INVALID;
    order.submissionData = undefined;
    ticket.response = failure(WARMING_UP, order.tag);
    this.#keep(ticket);
  }

  /** Goes on with an order that was open before a restart, as it was then; nobody is told. */
  restore(ticket: OrderTicket): void {
    this.#keep(ticket);
    this.#open.add(ticket.order);
    this.#brokerage.adopt(ticket.order);
  }

  /** Ids below this are taken, also by orders that are not kept here. */
  skipTo(nextId: number): void {
    this.#nextId = Math.max(this.#nextId, nextId);
    this.#context.board.values[HEADER.ORDERS_COUNT] = this.#nextId - 1;
  }

  /** Drops a closed order and its ticket. */
  forget(ticket: OrderTicket): void {
    if (!ticket.order.isClosed) return;
    this.#byId.delete(ticket.orderId);
    remove(this.orders, ticket.order);
    remove(this.tickets, ticket);
  }

  update(ticket: OrderTicket, fields: UpdateOrderFields): OrderResponse {
    const response = this.#checkUpdate(ticket, fields);
    ticket.updateRequests.push({ fields, response });
    if (response.isSuccess) this.#queue.push({ kind: "update", ticket, fields });
    return response;
  }

  cancel(ticket: OrderTicket, tag: string | undefined): OrderResponse {
    const { order } = ticket;
    if (ticket.cancelRequest !== undefined) {
      return failure(INVALID_STATUS, `order ${order.id} already has a cancel request`);
    }
    ticket.cancelRequest = { tag };
    if (tag !== undefined) order.tag = tag;
    if (order.status === ORDER_STATUS.NEW || order.isClosed) {
      return failure(INVALID_STATUS, `order ${order.id} can no longer be cancelled: its status is ${order.status}`);
    }
    this.#raise({ order, status: ORDER_STATUS.CANCEL_PENDING });
    this.#queue.push({ kind: "cancel", ticket, tag });
    return SUCCESS;
  }

  /** Works off all queued requests, with a scan after each. */
  drain(): void {
    for (let request = this.#queue.shift(); request !== undefined; request = this.#queue.shift()) {
      if (request.kind === "submit") this.#handleSubmit(request.ticket);
      else if (request.kind === "update") this.#handleUpdate(request.ticket, request.fields);
      else this.#handleCancel(request.ticket, request.tag);
      this.scan();
    }
  }

  /** Lets the brokerage expire and fill orders. */
  scan(): void {
    this.#brokerage.scan();
  }

  /** Closes a delisted holding at its last price, without fee: an order that never saw a broker. */
  settleDelisted(security: Security): void {
    if (!this.#brokerage.settlesDelistings) this.settle(security, { tag: "Liquidate from delisting" });
  }

  /** Closes a holding at its last price at once, whatever the hour, as an order of ours. */
  settle(security: Security, options: { readonly tag: string; readonly hasFee?: boolean }): void {
    if (!security.isInvested) return;
    const order = new Order({
      type: ORDER_TYPE.MARKET,
      symbol: security.symbol,
      quantity: security.quantity.negate(),
      time: this.#context.clock.utc,
      tag: options.tag,
      properties: { timeInForce: GOOD_TIL_CANCELED },
    });
    order.id = this.nextId;
    order.priceAdjustmentMode = security.normalization;
    this.adoptForeign(order);
    const fee = options.hasFee === true ? { fee: security.feeModel.fee(order, security.price) } : {};
    const fill = { fillPrice: security.price, fillQuantity: order.quantity };
    this.#raise({ order, status: ORDER_STATUS.FILLED, ...fill, ...fee });
  }

  /** Ends an open order at once, whatever its brokerage would say. */
  cancelAtOnce(ticket: OrderTicket, message: string): void {
    const { order } = ticket;
    if (!order.isClosed) this.#raise({ order, status: ORDER_STATUS.CANCELED, message });
  }

  /** Keeps an order that did not come from the strategy; its events follow. */
  adoptForeign(order: Order): OrderTicket {
    const ticket = new OrderTicket({ key: order.id, order, asynchronous: false, handler: this });
    this.#keep(ticket);
    this.#open.add(order);
    return ticket;
  }

  /** Whether an order is still working. */
  isPending(order: Order): boolean {
    return this.#brokerage.isWorking(order);
  }

  #keep(ticket: OrderTicket): void {
    this.orders.push(ticket.order);
    this.tickets.push(ticket);
    this.#byId.set(ticket.order.id, ticket);
    this.skipTo(ticket.order.id + 1);
  }

  #handleSubmit(ticket: OrderTicket): void {
    const { order } = ticket;
    const security = this.#context.security(order);
    order.tag = order.tag === undefined || order.tag === "" ? defaultTag(order) : order.tag;
    roundPrices(order, security);
    const check = this.#brokerage.checksBuyingPower
      ? undefined
      : checkBuyingPower(this.#context.portfolio, security, order);
    if (check?.isSufficient === false) {
      order.status = ORDER_STATUS.INVALID;
      const message = insufficientText(order, check);
      ticket.response = failure(-8, message);
      this.#raise({ order, status: ORDER_STATUS.INVALID, message });
      return;
    }
    const refusal = this.#context.gate?.()?.submit?.(order);
    if (refusal !== undefined) {
      const message = `BrokerageModel declared unable to submit order: [${order.id}] ${refusal}`;
      order.status = ORDER_STATUS.INVALID;
      ticket.response = failure(MODEL_REFUSED_ORDER, message);
      this.#raise({ order, status: ORDER_STATUS.INVALID, message });
      this.#context.onRefusal?.(message);
      return;
    }
    this.#brokerage.place(order);
  }

  #checkUpdate(ticket: OrderTicket, fields: UpdateOrderFields): OrderResponse {
    const { order } = ticket;
    const { tag: _tag, ...prices } = fields;
    const onlyTag = Object.values(prices).every((value) => value === undefined);
    if (order.isClosed && !onlyTag) return failure(INVALID_STATUS, `order ${order.id} is closed and cannot change`);
    if (fields.quantity !== undefined && Decimal.from(fields.quantity).isZero) {
      return failure(ZERO_QUANTITY, "expected a quantity other than 0");
    }
    return SUCCESS;
  }

  #handleUpdate(ticket: OrderTicket, fields: UpdateOrderFields): void {
    const { order } = ticket;
    if (order.status === ORDER_STATUS.NEW) return;
    const refusal = isClosedStatus(order.status) ? undefined : this.#context.gate?.()?.update?.(order, fields);
    if (refusal !== undefined) {
      const message = `OrderID: ${order.id} ${refusal}`;
      const request = ticket.updateRequests.find((one) => one.fields === fields);
      if (request !== undefined) request.response = failure(MODEL_REFUSED_UPDATE, message);
      this.#context.onRefusal?.(message);
      return;
    }
    if (fields.tag !== undefined) order.tag = fields.tag;
    if (isClosedStatus(order.status)) return;
    this.#brokerage.update(order, fields);
  }

  #handleCancel(ticket: OrderTicket, tag: string | undefined): void {
    const { order } = ticket;
    if (order.isClosed || !this.#brokerage.isWorking(order)) return;
    this.#brokerage.cancel(order);
    if (tag !== undefined) order.tag = tag;
  }

  #raise(draft: OrderEventDraft): void {
    const { order, status } = draft;
    const { clock, portfolio } = this.#context;
    const ticket = this.#byId.get(order.id);
    if (ticket === undefined) throw new Error(`order ${order.id} has no ticket`);
    const staysClosed =
      status === ORDER_STATUS.INVALID &&
      (order.status === ORDER_STATUS.FILLED || order.status === ORDER_STATUS.CANCELED);
    if (!staysClosed) order.status = status;
    if (order.isClosed) this.#open.delete(order);
    order.events += 1;
    const utcTime = draft.utcTime ?? clock.utc;
    const isFill = status === ORDER_STATUS.FILLED || status === ORDER_STATUS.PARTIALLY_FILLED;
    if (status === ORDER_STATUS.CANCELED) order.canceledTime = utcTime;
    else if (isFill) order.lastFillTime = utcTime;
    else if (isUpdate(status) && ticket.updateRequests.length > 0) order.lastUpdateTime = utcTime;
    const event = makeOrderEvent(draft, { id: order.events, utcTime, ticket });
    if (isFill) portfolio.book(event, this.#context.security(order));
    ticket.orderEvents.push(event);
    if (isFill) addFill(order, event);
    this.#context.onEvent(event);
  }
}

function failure(errorCode: number, errorMessage: string): OrderResponse {
  return { isSuccess: false, errorCode, errorMessage };
}

function isUpdate(status: number): boolean {
  return status === ORDER_STATUS.SUBMITTED || status === ORDER_STATUS.UPDATE_SUBMITTED;
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

/** LEAN writes the distance of a trailing stop into an empty tag. */
function defaultTag(order: Order): string {
  if (order.type !== ORDER_TYPE.TRAILING_STOP) return "";
  const amount = order.trailingAsPercentage
    ? `${order.trailingAmount.multiply(HUNDRED).toString()}%`
    : `$${order.trailingAmount.toString()}`;
  return `Trailing Amount: ${amount}`;
}
