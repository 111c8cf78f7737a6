import type { Decimal } from "../../domain/decimal.ts";
import type { Fill, OrderRecord } from "../backtest-result.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import { orderStatusName } from "../orders/order-event.ts";
import { isMarketable } from "../orders/exchange-fees.ts";
import { ORDER_STATUS, ORDER_TYPE, type Order } from "../orders/order.ts";
import type { OrderTicket } from "../orders/order-ticket.ts";
import { isoTime } from "../time/civil-date.ts";

const MICROS = 1_000_000;

/** An order with its events in the form of QuantConnect's `backtests/orders/read`. */
export function orderRecord(ticket: OrderTicket): OrderRecord {
  const { order } = ticket;
  const { value, id } = order.symbol;
  const utc = (time: number | undefined): string | null => (time === undefined ? null : `${isoTime(time)}Z`);
  const data = order.submissionData;
  return {
    id: order.id,
    contingentId: 0,
    brokerId: order.brokerId,
    symbol: { value, id, permtick: value },
    limitPrice: order.limitPrice.toNumber(),
    stopPrice: order.stopPrice.toNumber(),
    triggerPrice: order.triggerPrice.toNumber(),
    ...(order.type === ORDER_TYPE.TRAILING_STOP
      ? { trailingAmount: order.trailingAmount.toNumber(), trailingAsPercentage: order.trailingAsPercentage }
      : {}),
    price: order.price.toNumber(),
    priceCurrency: order.symbol.currency,
    time: `${isoTime(order.time)}Z`,
    createdTime: `${isoTime(order.time)}Z`,
    lastFillTime: utc(order.lastFillTime),
    lastUpdateTime: utc(order.lastUpdateTime),
    canceledTime: utc(order.canceledTime),
    quantity: order.quantity.toNumber(),
    type: order.type,
    status: order.status,
    tag: order.tag ?? "",
    securityType: order.symbol.securityType,
    direction: order.direction,
    value: order.quantity.multiply(order.price).toNumber(),
    orderSubmissionData:
      data === undefined
        ? null
        : {
            bidPrice: data.bidPrice.toNumber(),
            askPrice: data.askPrice.toNumber(),
            lastPrice: data.lastPrice.toNumber(),
          },
    isMarketable: isMarketable(order),
    priceAdjustmentMode: order.priceAdjustmentMode,
    events: ticket.orderEvents.map((event) => eventRecord(event, order)),
  };
}

function eventRecord(event: OrderEvent, order: Order): Record<string, unknown> {
  const name = orderStatusName(event.status);
  return {
    algorithmId: "",
    orderId: event.orderId,
    orderEventId: event.id,
    symbol: event.symbol.id,
    symbolValue: event.symbol.value,
    time: event.utcTime / MICROS,
    status: name.charAt(0).toLowerCase() + name.slice(1),
    orderFeeAmount: event.fee.toNumber(),
    orderFeeCurrency: event.feeCurrency,
    fillPrice: event.fillPrice.toNumber(),
    fillPriceCurrency: order.symbol.currency,
    fillQuantity: event.fillQuantity.toNumber(),
    direction: ["buy", "sell", "hold"][event.direction] ?? "hold",
    message: event.message,
    isAssignment: false,
    quantity: event.quantity.toNumber(),
    ...(usesLimit(order.type) ? { limitPrice: event.limitPrice.toNumber() } : {}),
    ...(usesStop(order.type) ? { stopPrice: event.stopPrice.toNumber() } : {}),
  };
}

function usesLimit(type: number): boolean {
  return type === ORDER_TYPE.LIMIT || type === ORDER_TYPE.STOP_LIMIT || type === ORDER_TYPE.LIMIT_IF_TOUCHED;
}

function usesStop(type: number): boolean {
  return type === ORDER_TYPE.STOP_MARKET || type === ORDER_TYPE.STOP_LIMIT || type === ORDER_TYPE.TRAILING_STOP;
}

/** All fills in the order in which they happened. */
export function fillsOf(tickets: readonly OrderTicket[]): Fill[] {
  return tickets
    .flatMap((ticket) => ticket.orderEvents)
    .filter((event) => event.status === ORDER_STATUS.FILLED || event.status === ORDER_STATUS.PARTIALLY_FILLED)
    .toSorted((left, right) => left.utcTime - right.utcTime || left.orderId - right.orderId)
    .map((event) => ({
      orderId: event.orderId,
      symbol: event.symbol.value,
      symbolId: event.symbol.id,
      timeUtc: event.utcTime,
      quantity: event.fillQuantity.toString(),
      price: event.fillPrice.toString(),
      fee: feeInQuote(event).toString(),
      currency: event.symbol.currency,
    }));
}

/** A fee in what was bought, at the price of the fill; others are in the currency of the price. */
function feeInQuote(event: OrderEvent): Decimal {
  return event.isFeeInQuantity ? event.fee.multiply(event.fillPrice) : event.fee;
}
