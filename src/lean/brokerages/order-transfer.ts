import { Decimal } from "../../domain/decimal.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import { Order } from "../orders/order.ts";
import { makeOrderEvent, type OrderEvent } from "../orders/order-event.ts";
import { OrderTicket, type TicketHandler } from "../orders/order-ticket.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { BrokerStatusEvent, NewOrder, OpenOrder } from "./broker-event.ts";
import { refOf } from "./symbol-ref.ts";

/** Events of an open order that a state keeps. */
const KEPT_EVENTS = 50;

/** An order as it is placed. */
export function newOrderOf(order: Order): NewOrder {
  return {
    id: order.id,
    symbol: refOf(order.symbol),
    type: order.type,
    quantity: order.quantity.toString(),
    time: order.time,
    tag: (order.tag ?? "").slice(0, 2000),
    timeInForce: order.properties.timeInForce,
    limitPrice: order.limitPrice.toString(),
    stopPrice: order.stopPrice.toString(),
    triggerPrice: order.triggerPrice.toString(),
    trailingAmount: order.trailingAmount.toString(),
    trailingAsPercentage: order.trailingAsPercentage,
  };
}

/** The engine's order of a placed one. `time` is when the broker took it, UTC microseconds. */
export function orderOf(placed: NewOrder, symbol: LeanSymbol, time: number): Order {
  const order = new Order({
    type: placed.type,
    symbol,
    quantity: Decimal.parse(placed.quantity),
    time,
    tag: placed.tag,
    properties: { timeInForce: placed.timeInForce },
    prices: {
      limitPrice: Decimal.parse(placed.limitPrice),
      stopPrice: Decimal.parse(placed.stopPrice),
      triggerPrice: Decimal.parse(placed.triggerPrice),
      trailingAmount: Decimal.parse(placed.trailingAmount),
      trailingAsPercentage: placed.trailingAsPercentage,
    },
  });
  order.id = placed.id;
  order.priceAdjustmentMode = NORMALIZATION.RAW;
  return order;
}

/** An open order with its past, for a state. */
export function openOrderOf(ticket: OrderTicket): OpenOrder {
  const { order } = ticket;
  const data = order.submissionData;
  return {
    ...newOrderOf(order),
    status: order.status,
    filledQuantity: order.filledQuantity.toString(),
    price: order.price.toString(),
    stopTriggered: order.stopTriggered,
    triggerTouched: order.triggerTouched,
    brokerId: order.brokerId.slice(0, 100),
    lastFillTime: order.lastFillTime ?? null,
    lastUpdateTime: order.lastUpdateTime ?? null,
    submissionData:
      data === undefined
        ? null
        : {
            bidPrice: data.bidPrice.toString(),
            askPrice: data.askPrice.toString(),
            lastPrice: data.lastPrice.toString(),
          },
    events: ticket.orderEvents.slice(-KEPT_EVENTS).map(statusEventOf),
    eventCount: order.events,
  };
}

/** The ticket of an open order of a state, ready to go on. */
export function ticketOf(state: OpenOrder, symbol: LeanSymbol, handler: TicketHandler): OrderTicket {
  const order = orderOf(state, symbol, state.time);
  order.status = state.status;
  order.filledQuantity = Decimal.parse(state.filledQuantity);
  order.price = Decimal.parse(state.price);
  order.stopTriggered = state.stopTriggered;
  order.triggerTouched = state.triggerTouched;
  order.brokerId = [...state.brokerId];
  order.lastFillTime = state.lastFillTime ?? undefined;
  order.lastUpdateTime = state.lastUpdateTime ?? undefined;
  order.events = state.eventCount;
  const data = state.submissionData;
  if (data !== null) {
    order.submissionData = {
      bidPrice: Decimal.parse(data.bidPrice),
      askPrice: Decimal.parse(data.askPrice),
      lastPrice: Decimal.parse(data.lastPrice),
    };
  }
  const ticket = new OrderTicket({ key: order.id, order, asynchronous: false, handler });
  const first = state.eventCount - state.events.length + 1;
  for (const [place, event] of state.events.entries()) {
    ticket.orderEvents.push(
      makeOrderEvent(
        {
          order,
          status: event.status,
          message: event.message,
          fillPrice: Decimal.parse(event.fillPrice),
          fillQuantity: Decimal.parse(event.fillQuantity),
          fee: Decimal.parse(event.fee),
          feeCurrency: event.feeCurrency,
        },
        { id: first + place, utcTime: event.utc, ticket },
      ),
    );
  }
  return ticket;
}

/** An order event as a broker tells it. */
export function statusEventOf(event: OrderEvent): BrokerStatusEvent {
  return {
    kind: "status",
    orderId: event.orderId,
    utc: event.utcTime,
    status: event.status,
    message: event.message.slice(0, 4000),
    fillPrice: event.fillPrice.toString(),
    fillQuantity: (event.isFeeInQuantity ? event.fillQuantity.add(event.fee) : event.fillQuantity).toString(),
    fee: event.fee.toString(),
    feeCurrency: event.feeCurrency,
  };
}
