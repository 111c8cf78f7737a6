import type { Order } from "../orders/order.ts";
import type { UpdateOrderFields } from "../orders/order-ticket.ts";

/**
 * Where accepted orders go: LEAN's `IBrokerage` as far as the engine needs it. Everything that happens to an order is
 * told as an event through the function that the brokerage was made with; calls return when their own events are told.
 */
export interface Brokerage {
  /** Whether any order works. */
  readonly hasWorking: boolean;
  isWorking(order: Order): boolean;
  /** Takes an order that passed the checks; tells Submitted, or Invalid. */
  place(order: Order): void;
  /** Changes a working order; tells UpdateSubmitted. */
  update(order: Order, fields: UpdateOrderFields): void;
  /** Ends a working order; tells Canceled. */
  cancel(order: Order): void;
  /** Looks at all working orders: fills and expiries that are due now. */
  scan(): void;
  /** Goes on with an order that was working before a restart; tells nothing. */
  adopt(order: Order): void;
  /** Whether the brokerage itself closes a delisted holding, and tells of the order it made for that. */
  readonly settlesDelistings: boolean;
  /** Whether the brokerage itself refuses what the account cannot carry. */
  readonly checksBuyingPower: boolean;
}
