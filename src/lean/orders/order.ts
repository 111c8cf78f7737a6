import { Decimal } from "../../domain/decimal.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { OrderProperties } from "./time-in-force.ts";

/** LEAN's `OrderType`. */
export const ORDER_TYPE = {
  MARKET: 0,
  LIMIT: 1,
  STOP_MARKET: 2,
  STOP_LIMIT: 3,
  MARKET_ON_OPEN: 4,
  MARKET_ON_CLOSE: 5,
  LIMIT_IF_TOUCHED: 7,
  TRAILING_STOP: 11,
} as const;

/** LEAN's `OrderStatus`. */
export const ORDER_STATUS = {
  NEW: 0,
  SUBMITTED: 1,
  PARTIALLY_FILLED: 2,
  FILLED: 3,
  CANCELED: 5,
  NONE: 6,
  INVALID: 7,
  CANCEL_PENDING: 8,
  UPDATE_SUBMITTED: 9,
} as const;

export function isClosedStatus(status: number): boolean {
  return status === ORDER_STATUS.FILLED || status === ORDER_STATUS.CANCELED || status === ORDER_STATUS.INVALID;
}

/** Prices that an order may carry; those that its type does not use stay 0. */
export interface OrderPrices {
  readonly limitPrice?: Decimal;
  readonly stopPrice?: Decimal;
  readonly triggerPrice?: Decimal;
  readonly trailingAmount?: Decimal;
  readonly trailingAsPercentage?: boolean;
}

/** Bid, ask and last price when the order was submitted. */
export interface SubmissionData {
  readonly bidPrice: Decimal;
  readonly askPrice: Decimal;
  readonly lastPrice: Decimal;
}

/** An order as the engine keeps it; strategies see it through tickets and read-only views. Times are UTC microseconds. */
export class Order {
  readonly type: number;
  readonly symbol: LeanSymbol;
  /** 0 until accepted for processing. */
  id = 0;
  quantity: Decimal;
  readonly time: number;
  tag: string | undefined;
  properties: OrderProperties;
  status: number = ORDER_STATUS.NEW;
  /** Average fill price. */
  price: Decimal = Decimal.ZERO;
  filledQuantity: Decimal = Decimal.ZERO;
  brokerId: string[] = [];
  /** Currency of its fees; undefined: the account's. */
  feeCurrency: string | undefined;
  submissionData: SubmissionData | undefined;
  lastFillTime: number | undefined;
  lastUpdateTime: number | undefined;
  canceledTime: number | undefined;
  limitPrice: Decimal;
  stopPrice: Decimal;
  triggerPrice: Decimal;
  trailingAmount: Decimal;
  readonly trailingAsPercentage: boolean;
  stopTriggered = false;
  triggerTouched = false;
  /** Normalisation of the security's prices (`priceAdjustmentMode`). */
  priceAdjustmentMode = 1;
  events = 0;

  constructor(options: {
    readonly type: number;
    readonly symbol: LeanSymbol;
    readonly quantity: Decimal;
    readonly time: number;
    readonly tag: string | undefined;
    readonly properties: OrderProperties;
    readonly prices?: OrderPrices;
  }) {
    this.type = options.type;
    this.symbol = options.symbol;
    this.quantity = options.quantity.normalize();
    this.time = options.time;
    this.tag = options.tag;
    this.properties = options.properties;
    const prices = options.prices ?? {};
    this.limitPrice = prices.limitPrice ?? Decimal.ZERO;
    this.stopPrice = prices.stopPrice ?? Decimal.ZERO;
    this.triggerPrice = prices.triggerPrice ?? Decimal.ZERO;
    this.trailingAmount = prices.trailingAmount ?? Decimal.ZERO;
    this.trailingAsPercentage = prices.trailingAsPercentage ?? false;
  }

  /** LEAN's `OrderDirection`: 0 buy, 1 sell, 2 hold. */
  get direction(): number {
    const { sign } = this.quantity;
    return sign > 0 ? 0 : sign < 0 ? 1 : 2;
  }

  get isClosed(): boolean {
    return isClosedStatus(this.status);
  }

  get remainingQuantity(): Decimal {
    return this.quantity.subtract(this.filledQuantity);
  }

  /** Value that fees and margin are computed from: orders with a limit or stop use the worse of it and the price. */
  valueAt(price: Decimal): Decimal {
    const bound = this.#boundPrice();
    if (bound === undefined) return this.quantity.multiply(price);
    return this.quantity.multiply(this.quantity.sign < 0 ? bound.max(price) : bound.min(price));
  }

  #boundPrice(): Decimal | undefined {
    switch (this.type) {
      case ORDER_TYPE.LIMIT:
      case ORDER_TYPE.STOP_LIMIT:
      case ORDER_TYPE.LIMIT_IF_TOUCHED:
        return this.limitPrice;
      case ORDER_TYPE.STOP_MARKET:
      case ORDER_TYPE.TRAILING_STOP:
        return this.stopPrice;
      default:
        return undefined;
    }
  }
}
