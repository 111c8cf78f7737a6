import type { Order } from "./order.ts";
import type { UpdateOrderFields } from "./order-ticket.ts";

/** A brokerage model of the strategy's own, as far as it has a say about orders; a text is why it refuses one. */
export interface OrderGate {
  submit?(order: Order): string | undefined;
  update?(order: Order, fields: UpdateOrderFields): string | undefined;
}
