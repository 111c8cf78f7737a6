import type { Decimal } from "../../domain/decimal.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { Order } from "./order.ts";
import type { OrderEvent } from "./order-event.ts";

/** An amount as strategies give it. */
export type Amount = number | string | Decimal;

/** Changes of an order; what is left out stays. */
export interface UpdateOrderFields {
  readonly quantity?: Amount;
  readonly limitPrice?: Amount;
  readonly stopPrice?: Amount;
  readonly triggerPrice?: Amount;
  readonly trailingAmount?: Amount;
  readonly tag?: string;
}

/** Answer to an order request, with LEAN's error codes (0 none). */
export interface OrderResponse {
  readonly isSuccess: boolean;
  readonly errorCode: number;
  readonly errorMessage: string;
}

export const SUCCESS: OrderResponse = { isSuccess: true, errorCode: 0, errorMessage: "" };

/** LEAN's `OrderField`. */
export const ORDER_FIELD = {
  LIMIT_PRICE: 0,
  STOP_PRICE: 1,
  TRIGGER_PRICE: 2,
  TRAILING_AMOUNT: 3,
  TRAILING_AS_PERCENTAGE: 4,
} as const;

/** What a ticket asks of the processor. */
export interface TicketHandler {
  update(ticket: OrderTicket, fields: UpdateOrderFields): OrderResponse;
  cancel(ticket: OrderTicket, tag: string | undefined): OrderResponse;
}

/** The strategy's handle of an order. `key` is the order id, or a negative number where no order was made. */
export class OrderTicket {
  readonly key: number;
  readonly order: Order;
  readonly asynchronous: boolean;
  readonly updateRequests: { readonly fields: UpdateOrderFields; response: OrderResponse }[] = [];
  readonly orderEvents: OrderEvent[] = [];
  cancelRequest: { readonly tag: string | undefined } | undefined;
  /** Answer to the submission. */
  response: OrderResponse = SUCCESS;
  readonly #handler: TicketHandler;

  constructor(options: { key: number; order: Order; asynchronous: boolean; handler: TicketHandler }) {
    this.key = options.key;
    this.order = options.order;
    this.asynchronous = options.asynchronous;
    this.#handler = options.handler;
  }

  get orderId(): number {
    return this.order.id;
  }

  get symbol(): LeanSymbol {
    return this.order.symbol;
  }

  get status(): number {
    return this.order.status;
  }

  get quantity(): Decimal {
    return this.order.quantity;
  }

  get quantityFilled(): Decimal {
    return this.order.filledQuantity;
  }

  get averageFillPrice(): Decimal {
    return this.order.price;
  }

  get tag(): string | undefined {
    return this.order.tag;
  }

  /** A price of the order by LEAN's `OrderField`, undefined for TRAILING_AS_PERCENTAGE and unknown fields. */
  get(field: number): Decimal | undefined {
    const { order } = this;
    return [order.limitPrice, order.stopPrice, order.triggerPrice, order.trailingAmount][field];
  }

  /** Queues a change; it takes effect with the next processing of requests, as in LEAN. */
  update(fields: UpdateOrderFields): OrderResponse {
    return this.#handler.update(this, fields);
  }

  cancel(tag?: string): OrderResponse {
    return this.#handler.cancel(this, tag);
  }
}
