import type { Order } from "../../lean/orders/order.ts";
import type { OrderEvent } from "../../lean/orders/order-event.ts";
import type { TimeInForce } from "../../lean/orders/time-in-force.ts";

/** The facade's text for a time in force: `gtc`, `day` or `gtd:` and wall-clock microseconds. */
function timeInForceText(value: TimeInForce): string {
  return value.kind === "gtd" ? `gtd:${value.expiry}` : value.kind;
}

export function parseTimeInForce(value: string): TimeInForce {
  if (value === "day") return { kind: "day" };
  return value.startsWith("gtd:") ? { kind: "gtd", expiry: Number(value.slice(4)) } : { kind: "gtc" };
}

/** An order as the facade's `Order` reads it; times are UTC microseconds. */
export function orderView(order: Order): Readonly<Record<string, unknown>> {
  return {
    id: order.id,
    symbol: order.symbol.index,
    type: order.type,
    status: order.status,
    quantity: order.quantity.toNumber(),
    price: order.price.toNumber(),
    limit_price: order.limitPrice.toNumber(),
    stop_price: order.stopPrice.toNumber(),
    trigger_price: order.triggerPrice.toNumber(),
    trailing_amount: order.trailingAmount.toNumber(),
    trailing_as_percentage: order.trailingAsPercentage,
    tag: order.tag ?? "",
    time: order.time,
    created_time: order.time,
    last_fill_time: order.lastFillTime,
    last_update_time: order.lastUpdateTime,
    canceled_time: order.canceledTime,
    price_currency: order.symbol.currency,
    broker_id: order.brokerId,
    value: order.quantity.multiply(order.price).toNumber(),
    time_in_force: timeInForceText(order.properties.timeInForce),
  };
}

/** An order event as the facade's `OrderEvent` reads it. */
export function orderEventView(event: OrderEvent): Readonly<Record<string, unknown>> {
  return {
    order_id: event.orderId,
    id: event.id,
    symbol: event.symbol.index,
    status: event.status,
    direction: event.direction,
    fill_price: event.fillPrice.toNumber(),
    fill_quantity: event.fillQuantity.toNumber(),
    quantity: event.quantity.toNumber(),
    message: event.message,
    limit_price: event.limitPrice.toNumber(),
    stop_price: event.stopPrice.toNumber(),
    trigger_price: event.triggerPrice.toNumber(),
    currency: event.symbol.currency,
    fee: event.fee.toNumber(),
    fee_currency: event.feeCurrency,
    utc_time: event.utcTime,
    ticket: event.ticket.key,
  };
}
