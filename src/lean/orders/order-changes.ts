import { Decimal } from "../../domain/decimal.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import type { BuyingPowerCheck } from "../portfolio/buying-power.ts";
import type { Security } from "../securities/security.ts";
import { ORDER_TYPE, type Order } from "./order.ts";
import type { OrderEvent } from "./order-event.ts";
import type { UpdateOrderFields } from "./order-ticket.ts";

const CENT = Decimal.of(1n, 2);

/** Raw prices are quoted in cents; adjusted ones have no tick. */
export function roundPrices(order: Order, security: Security): void {
  if (security.normalization !== NORMALIZATION.RAW) return;
  const toCent = (price: Decimal): Decimal => price.divide(CENT).round().multiply(CENT);
  order.limitPrice = toCent(order.limitPrice);
  order.stopPrice = toCent(order.stopPrice);
  order.triggerPrice = toCent(order.triggerPrice);
  if (!order.trailingAsPercentage) order.trailingAmount = toCent(order.trailingAmount);
}

/** Takes over what an update says of quantity and prices. */
export function applyFields(order: Order, fields: UpdateOrderFields): void {
  if (fields.quantity !== undefined) order.quantity = Decimal.from(fields.quantity).normalize();
  if (fields.limitPrice !== undefined) order.limitPrice = Decimal.from(fields.limitPrice);
  const ownStop = order.type === ORDER_TYPE.STOP_MARKET || order.type === ORDER_TYPE.STOP_LIMIT;
  if (fields.stopPrice !== undefined && ownStop) order.stopPrice = Decimal.from(fields.stopPrice);
  if (fields.triggerPrice !== undefined) order.triggerPrice = Decimal.from(fields.triggerPrice);
  if (fields.trailingAmount !== undefined) order.trailingAmount = Decimal.from(fields.trailingAmount);
}

/** Books a fill on its order: filled quantity and average price. */
export function addFill(order: Order, event: OrderEvent): void {
  const total = order.filledQuantity.add(event.fillQuantity);
  const filled = order.price.multiply(order.filledQuantity).add(event.fillPrice.multiply(event.fillQuantity));
  order.price = order.filledQuantity.isZero ? event.fillPrice.normalize() : filled.divide(total).normalize();
  order.filledQuantity = total;
}

/** Why an order is refused that the account cannot carry. */
export function insufficientText(order: Order, check: BuyingPowerCheck): string {
  return (
    `Order Error: id: ${order.id}, insufficient buying power to complete the order: it ` +
    `needs a margin of ${check.required.normalize().toString()}, free are ${check.free.normalize().toString()}.`
  );
}
