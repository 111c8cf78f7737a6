import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import type { Clock } from "../engine/clock.ts";
import { checkBuyingPower, type BuyingPowerCheck } from "../portfolio/buying-power.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import type { Security } from "../securities/security.ts";
import { equityFillPrice } from "./fill-model.ts";
import { ORDER_STATUS, ORDER_TYPE, isClosedStatus, Order } from "./order.ts";
import { makeOrderEvent, type OrderEvent, type OrderEventDraft } from "./order-event.ts";
import {
  SUCCESS,
  type OrderResponse,
  OrderTicket,
  type TicketHandler,
  type UpdateOrderFields,
} from "./order-ticket.ts";
import { GOOD_TIL_CANCELED, hasExpired } from "./time-in-force.ts";

const CENT = Decimal.of(1n, 2);
const HUNDRED = Decimal.of(100n, 0);
/** LEAN's `OrderResponseErrorCode`. */
const INVALID_STATUS = -3;
const ZERO_QUANTITY = -2;
const WARMING_UP = -24;

type Request =
  | { readonly kind: "submit"; readonly ticket: OrderTicket }
  | { readonly kind: "update"; readonly ticket: OrderTicket; readonly fields: UpdateOrderFields }
  | { readonly kind: "cancel"; readonly ticket: OrderTicket; readonly tag: string | undefined };

/** What the processor needs of the run. */
export interface ProcessorContext {
  readonly board: Board;
  readonly clock: Clock;
  readonly portfolio: Portfolio;
  security(order: Order): Security;
  stalePriceSpan(): number;
  /** Called after an event is booked, in order. */
  onEvent(event: OrderEvent): void;
}

/**
 * LEAN's transaction handler and backtesting brokerage in one: a queue of requests (submissions are worked off at
 * once, updates and cancels with the next drain), the scan of pending orders for fills, and the booking of events.
 */
export class OrderProcessor implements TicketHandler {
  /** Accepted orders by id - 1. */
  readonly orders: Order[] = [];
  readonly tickets: OrderTicket[] = [];
  readonly #context: ProcessorContext;
  readonly #queue: Request[] = [];
  /** Orders that are not closed, by id. */
  readonly #open = new Set<Order>();
  /** Working orders by id. */
  #pending: Order[] = [];

  constructor(context: ProcessorContext) {
    this.#context = context;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Orders that are not closed, by id. */
  get openOrders(): Order[] {
    return [...this.#open];
  }

  /** Id of the next order. */
  get nextId(): number {
    return this.orders.length + 1;
  }

  /** Takes over an order that passed the checks before submission and processes all requests. */
  submit(ticket: OrderTicket): void {
    this.orders.push(ticket.order);
    this.tickets.push(ticket);
    this.#open.add(ticket.order);
    this.#context.board.values[HEADER.ORDERS_COUNT] = this.orders.length;
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
    this.orders.push(order);
    this.tickets.push(ticket);
    this.#context.board.values[HEADER.ORDERS_COUNT] = this.orders.length;
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

  /** Expires and fills pending orders, by id. */
  scan(): void {
    if (this.#pending.length === 0) return;
    // Replaced, never changed: orders that come in handlers wait for the next scan.
    for (const order of this.#pending) {
      if (this.#pending.includes(order)) this.#scanOrder(order);
    }
  }

  /** Closes a delisted holding at its last price, without fee: an order that never saw a broker. */
  settleDelisted(security: Security): void {
    if (!security.isInvested) return;
    const order = new Order({
      type: ORDER_TYPE.MARKET,
      symbol: security.symbol,
      quantity: security.quantity.negate(),
      time: this.#context.clock.utc,
      tag: "Liquidate from delisting",
      properties: { timeInForce: GOOD_TIL_CANCELED },
    });
    order.id = this.nextId;
    order.priceAdjustmentMode = security.normalization;
    this.orders.push(order);
    this.tickets.push(new OrderTicket({ key: order.id, order, asynchronous: false, handler: this }));
    this.#context.board.values[HEADER.ORDERS_COUNT] = this.orders.length;
    this.#raise({ order, status: ORDER_STATUS.FILLED, fillPrice: security.price, fillQuantity: order.quantity });
  }

  /** Whether an order is still working. */
  isPending(order: Order): boolean {
    return this.#pending.includes(order);
  }

  #scanOrder(order: Order): void {
    const { clock } = this.#context;
    if (order.isClosed) {
      this.#remove(order);
      return;
    }
    if (order.time === clock.utc && order.type !== ORDER_TYPE.MARKET) return;
    const security = this.#context.security(order);
    const { zone } = security.hours;
    const submitted = zone.toLocal(order.time);
    if (order.type === ORDER_TYPE.MARKET_ON_OPEN && submitted >= security.trade.end) return;
    const now = zone.toLocal(clock.utc);
    if (hasExpired(order.properties.timeInForce, { orderTime: submitted, now, hours: security.hours })) {
      this.#remove(order);
      this.#raise({ order, status: ORDER_STATUS.CANCELED, message: "The order has expired." });
      return;
    }
    if (!this.#hasBuyingPower(order, security)) return;
    this.#tryFill(order, security, now);
  }

  #hasBuyingPower(order: Order, security: Security): boolean {
    const check = checkBuyingPower(this.#context.portfolio, security, order);
    if (check.isSufficient) return true;
    if (order.status !== ORDER_STATUS.CANCEL_PENDING) {
      this.#remove(order);
      this.#raise({ order, status: ORDER_STATUS.INVALID, message: insufficientText(order, check) });
    }
    return false;
  }

  #tryFill(order: Order, security: Security, now: number): void {
    const price = equityFillPrice(order, { security, now, stalePriceSpan: this.#context.stalePriceSpan() });
    if (price === undefined) return;
    this.#remove(order);
    this.#raise({
      order,
      status: ORDER_STATUS.FILLED,
      fillPrice: slipped(order, security, price),
      fillQuantity: order.quantity,
      fee: security.feeModel.fee(order, security.price),
    });
  }

  #handleSubmit(ticket: OrderTicket): void {
    const { order } = ticket;
    const security = this.#context.security(order);
    order.tag = order.tag === undefined || order.tag === "" ? defaultTag(order) : order.tag;
    roundPrices(order, security);
    const check = checkBuyingPower(this.#context.portfolio, security, order);
    if (!check.isSufficient) {
      order.status = ORDER_STATUS.INVALID;
      const message = insufficientText(order, check);
      ticket.response = failure(-8, message);
      this.#raise({ order, status: ORDER_STATUS.INVALID, message });
      return;
    }
    this.#giveBrokerId(order);
    this.#pending = [...this.#pending, order];
    this.#raise({ order, status: ORDER_STATUS.SUBMITTED });
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
    if (fields.tag !== undefined) order.tag = fields.tag;
    if (isClosedStatus(order.status)) return;
    applyFields(order, fields);
    roundPrices(order, this.#context.security(order));
    if (!this.#pending.includes(order)) return;
    this.#giveBrokerId(order);
    this.#raise({ order, status: ORDER_STATUS.UPDATE_SUBMITTED });
  }

  #handleCancel(ticket: OrderTicket, tag: string | undefined): void {
    const { order } = ticket;
    if (order.isClosed || !this.#pending.includes(order)) return;
    this.#remove(order);
    this.#giveBrokerId(order);
    this.#raise({ order, status: ORDER_STATUS.CANCELED });
    if (tag !== undefined) order.tag = tag;
  }

  #raise(draft: OrderEventDraft): void {
    const { order, status } = draft;
    const { clock, portfolio } = this.#context;
    const ticket = this.tickets[order.id - 1];
    if (ticket === undefined) throw new Error(`order ${order.id} has no ticket`);
    const staysClosed =
      status === ORDER_STATUS.INVALID &&
      (order.status === ORDER_STATUS.FILLED || order.status === ORDER_STATUS.CANCELED);
    if (!staysClosed) order.status = status;
    if (order.isClosed) this.#open.delete(order);
    order.events += 1;
    const isFill = status === ORDER_STATUS.FILLED || status === ORDER_STATUS.PARTIALLY_FILLED;
    if (status === ORDER_STATUS.CANCELED) order.canceledTime = clock.utc;
    else if (isFill) order.lastFillTime = clock.utc;
    else if (isUpdate(status) && ticket.updateRequests.length > 0) order.lastUpdateTime = clock.utc;
    const event = makeOrderEvent(draft, { id: order.events, utcTime: clock.utc, ticket });
    if (isFill) portfolio.book(event, this.#context.security(order));
    ticket.orderEvents.push(event);
    if (isFill) addFill(order, event);
    this.#context.onEvent(event);
  }

  #giveBrokerId(order: Order): void {
    const id = String(order.id);
    if (!order.brokerId.includes(id)) order.brokerId.push(id);
  }

  #remove(order: Order): void {
    this.#pending = this.#pending.filter((candidate) => candidate !== order);
  }
}

function failure(errorCode: number, errorMessage: string): OrderResponse {
  return { isSuccess: false, errorCode, errorMessage };
}

function isUpdate(status: number): boolean {
  return status === ORDER_STATUS.SUBMITTED || status === ORDER_STATUS.UPDATE_SUBMITTED;
}

function insufficientText(order: Order, check: BuyingPowerCheck): string {
  return (
    `Order Error: id: ${order.id}, insufficient buying power to complete the order: it ` +
    `needs a margin of ${check.required.normalize().toString()}, free are ${check.free.normalize().toString()}.`
  );
}

/** LEAN writes the distance of a trailing stop into an empty tag. */
function defaultTag(order: Order): string {
  if (order.type !== ORDER_TYPE.TRAILING_STOP) return "";
  const amount = order.trailingAsPercentage
    ? `${order.trailingAmount.multiply(HUNDRED).toString()}%`
    : `$${order.trailingAmount.toString()}`;
  return `Trailing Amount: ${amount}`;
}

/** Raw prices are quoted in cents; adjusted ones have no tick. */
function roundPrices(order: Order, security: Security): void {
  if (security.normalization !== NORMALIZATION.RAW) return;
  const toCent = (price: Decimal): Decimal => price.divide(CENT).round().multiply(CENT);
  order.limitPrice = toCent(order.limitPrice);
  order.stopPrice = toCent(order.stopPrice);
  order.triggerPrice = toCent(order.triggerPrice);
  if (!order.trailingAsPercentage) order.trailingAmount = toCent(order.trailingAmount);
}

function applyFields(order: Order, fields: UpdateOrderFields): void {
  if (fields.quantity !== undefined) order.quantity = Decimal.from(fields.quantity).normalize();
  if (fields.limitPrice !== undefined) order.limitPrice = Decimal.from(fields.limitPrice);
  const ownStop = order.type === ORDER_TYPE.STOP_MARKET || order.type === ORDER_TYPE.STOP_LIMIT;
  if (fields.stopPrice !== undefined && ownStop) order.stopPrice = Decimal.from(fields.stopPrice);
  if (fields.triggerPrice !== undefined) order.triggerPrice = Decimal.from(fields.triggerPrice);
  if (fields.trailingAmount !== undefined) order.trailingAmount = Decimal.from(fields.trailingAmount);
}

function addFill(order: Order, event: OrderEvent): void {
  const total = order.filledQuantity.add(event.fillQuantity);
  const filled = order.price.multiply(order.filledQuantity).add(event.fillPrice.multiply(event.fillQuantity));
  order.price = order.filledQuantity.isZero ? event.fillPrice.normalize() : filled.divide(total).normalize();
  order.filledQuantity = total;
}

/** Slippage worsens market fills; limit prices are kept. */
function slipped(order: Order, security: Security, price: Decimal): Decimal {
  const isLimited =
    order.type === ORDER_TYPE.LIMIT ||
    order.type === ORDER_TYPE.STOP_LIMIT ||
    order.type === ORDER_TYPE.LIMIT_IF_TOUCHED;
  if (isLimited) return price;
  const slippage = security.slippageModel.slippage(security, order);
  if (slippage.isZero) return price;
  return order.quantity.sign > 0 ? price.add(slippage) : price.subtract(slippage);
}
