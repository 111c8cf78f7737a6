import type { Clock } from "../engine/clock.ts";
import { fillPrice } from "../orders/fill-model.ts";
import { ORDER_STATUS, ORDER_TYPE, type Order } from "../orders/order.ts";
import { applyFields, insufficientText, roundPrices } from "../orders/order-changes.ts";
import type { OrderEventDraft } from "../orders/order-event.ts";
import type { UpdateOrderFields } from "../orders/order-ticket.ts";
import { hasExpired } from "../orders/time-in-force.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { checkBuyingPower } from "../portfolio/buying-power.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import type { Security } from "../securities/security.ts";
import type { Brokerage } from "./brokerage.ts";

/** What a brokerage inside the engine works with. */
export interface BrokerageContext {
  readonly clock: Clock;
  readonly portfolio: Portfolio;
  security(order: Order): Security;
  stalePriceSpan(): number;
}

/** LEAN's backtesting brokerage: working orders by id, expired and filled from the securities' bars at each scan. */
export class BacktestingBrokerage implements Brokerage {
  readonly settlesDelistings = false;
  readonly checksBuyingPower = false;
  protected readonly context: BrokerageContext;
  protected readonly raise: (draft: OrderEventDraft) => void;
  /** Working orders by id; replaced, never changed, so that a scan may go on while handlers place orders. */
  #working: Order[] = [];

  constructor(context: BrokerageContext, raise: (draft: OrderEventDraft) => void) {
    this.context = context;
    this.raise = raise;
  }

  get hasWorking(): boolean {
    return this.#working.length > 0;
  }

  isWorking(order: Order): boolean {
    return this.#working.includes(order);
  }

  place(order: Order): void {
    giveBrokerId(order);
    this.#working = [...this.#working, order];
    this.raise({ order, status: ORDER_STATUS.SUBMITTED });
  }

  update(order: Order, fields: UpdateOrderFields): void {
    applyFields(order, fields);
    roundPrices(order, this.context.security(order));
    if (!this.#working.includes(order)) return;
    giveBrokerId(order);
    this.raise({ order, status: ORDER_STATUS.UPDATE_SUBMITTED });
  }

  cancel(order: Order): void {
    if (!this.#working.includes(order)) return;
    this.#remove(order);
    giveBrokerId(order);
    this.raise({ order, status: ORDER_STATUS.CANCELED });
  }

  adopt(order: Order): void {
    this.#working = [...this.#working, order];
  }

  scan(): void {
    if (this.#working.length === 0) return;
    // Orders that come in handlers wait for the next scan.
    for (const order of this.#working) {
      if (this.#working.includes(order)) this.#scanOrder(order);
    }
  }

  #scanOrder(order: Order): void {
    const { clock } = this.context;
    if (order.isClosed) {
      this.#remove(order);
      return;
    }
    if (order.time === clock.utc && order.type !== ORDER_TYPE.MARKET) return;
    if (!this.isActive(order)) return;
    const security = this.context.security(order);
    const { zone } = security.hours;
    const submitted = zone.toLocal(order.time);
    if (order.type === ORDER_TYPE.MARKET_ON_OPEN && submitted >= security.trade.end) return;
    const now = zone.toLocal(clock.utc);
    if (hasExpired(order.properties.timeInForce, { orderTime: submitted, now, hours: security.hours })) {
      this.#remove(order);
      this.raise({ order, status: ORDER_STATUS.CANCELED, message: "The order has expired." });
      return;
    }
    if (!this.#hasBuyingPower(order, security)) return;
    this.#tryFill(order, security, now);
  }

  #hasBuyingPower(order: Order, security: Security): boolean {
    const check = checkBuyingPower(this.context.portfolio, security, order);
    if (check.isSufficient) return true;
    if (order.status !== ORDER_STATUS.CANCEL_PENDING) {
      this.#remove(order);
      this.raise({ order, status: ORDER_STATUS.INVALID, message: insufficientText(order, check) });
    }
    return false;
  }

  #tryFill(order: Order, security: Security, now: number): void {
    const price = fillPrice(order, { security, now, stalePriceSpan: this.context.stalePriceSpan() });
    if (price === undefined) return;
    const quantity = this.quantityOf(order, security);
    const isWhole = quantity.equals(order.remainingQuantity);
    if (isWhole) this.#remove(order);
    this.raise({
      order,
      status: isWhole ? ORDER_STATUS.FILLED : ORDER_STATUS.PARTIALLY_FILLED,
      fillPrice: slipped(order, security, price),
      fillQuantity: quantity,
      fee: this.feeOf(order, security, quantity),
    });
  }

  /** A working order by its id. */
  protected find(id: number): Order | undefined {
    return this.#working.find((order) => order.id === id);
  }

  /** How much of an order fills now. */
  protected quantityOf(order: Order, _security: Security): Decimal {
    return order.filledQuantity.isZero ? order.quantity : order.remainingQuantity;
  }

  protected feeOf(order: Order, security: Security, _quantity: Decimal): Decimal {
    return security.feeModel.fee(order, security.price);
  }

  /** Whether an order may fill or expire now. */
  protected isActive(_order: Order): boolean {
    return true;
  }

  #remove(order: Order): void {
    this.#working = this.#working.filter((candidate) => candidate !== order);
  }
}

function giveBrokerId(order: Order): void {
  const id = String(order.id);
  if (!order.brokerId.includes(id)) order.brokerId.push(id);
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
