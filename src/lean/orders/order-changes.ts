import { Decimal } from "../../domain/decimal.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import type { BuyingPowerCheck } from "../portfolio/buying-power.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { ORDER_TYPE, type Order } from "./order.ts";
import type { OrderEvent } from "./order-event.ts";
import type { UpdateOrderFields } from "./order-ticket.ts";

/** Rounds the prices of an order to the tick. Adjusted prices of equities have none. */
export function roundPrices(order: Order, security: Security): void {
  const isEquity = order.symbol.securityType === SECURITY_TYPE.EQUITY;
  const tick = security.properties.minimumPriceVariation;
  if (tick.isZero || (isEquity && security.normalization !== NORMALIZATION.RAW)) return;
  const toTick = (price: Decimal): Decimal => price.divide(tick).round().multiply(tick);
  order.limitPrice = toTick(order.limitPrice);
  order.stopPrice = toTick(order.stopPrice);
  order.triggerPrice = toTick(order.triggerPrice);
  if (!order.trailingAsPercentage) order.trailingAmount = toTick(order.trailingAmount);
}

/** A quantity in whole lots, towards zero. */
export function inLots(quantity: Decimal, security: Security): Decimal {
  const { lotSize } = security.properties;
  const lots = quantity.divide(lotSize);
  const whole = lots.sign < 0 ? lots.ceil() : lots.floor();
  return whole.equals(lots) ? quantity : whole.multiply(lotSize);
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
