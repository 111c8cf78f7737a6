import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { SetHoldingsOptions } from "../../lean/algorithm/positions.ts";
import type { OrderOptions } from "../../lean/algorithm/trading.ts";
import { ORDER_TYPE } from "../../lean/orders/order.ts";
import { ORDER_FIELD } from "../../lean/orders/order-ticket.ts";
import type { OrderResponse, OrderTicket, UpdateOrderFields } from "../../lean/orders/order-ticket.ts";
import { double, flag, number, numberList, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";
import { orderView, parseTimeInForce } from "./order-views.ts";

function orderOptions(asynchronous: unknown, tag: unknown, timeInForce: unknown): OrderOptions {
  const label = optional(text, tag);
  return {
    asynchronous: flag(asynchronous),
    properties: { timeInForce: parseTimeInForce(text(timeInForce)) },
    ...(label === undefined ? {} : { tag: label }),
  };
}

function holdingsOptions(values: readonly unknown[]): SetHoldingsOptions {
  const [liquidateExisting, asynchronous, tag, timeInForce] = values;
  return {
    liquidateExistingHoldings: flag(liquidateExisting),
    ...orderOptions(asynchronous, optional(text, tag) || undefined, timeInForce),
  };
}

function keys(tickets: readonly OrderTicket[]): string {
  return JSON.stringify(tickets.map((ticket) => ticket.key));
}

function responseView({ isSuccess, errorCode, errorMessage }: OrderResponse): string {
  return JSON.stringify([isSuccess, errorCode, errorMessage]);
}

/** Fields of an update in the facade's order: quantity, limit, stop, trigger, trailing amount. */
function updateFields(tag: unknown, values: readonly unknown[]): UpdateOrderFields {
  const names = ["quantity", "limitPrice", "stopPrice", "triggerPrice", "trailingAmount"] as const;
  const label = optional(text, tag);
  const fields: { -readonly [K in keyof UpdateOrderFields]: UpdateOrderFields[K] } = {};
  names.forEach((name, place) => {
    const value = optional(number, values[place]);
    if (value !== undefined) fields[name] = value;
  });
  return label === undefined ? fields : { ...fields, tag: label };
}

type Submit = (symbol: number, quantity: number, options: OrderOptions, prices: readonly unknown[]) => OrderTicket;

/** The order methods by LEAN's order type; `prices` are the facade's first, second and trailing arguments. */
function submitters({ trading }: OperationContext["algorithm"]): Readonly<Record<number, Submit>> {
  return {
    [ORDER_TYPE.MARKET]: (symbol, quantity, options) => trading.marketOrder(symbol, quantity, options),
    [ORDER_TYPE.MARKET_ON_OPEN]: (symbol, quantity, options) => trading.marketOnOpenOrder(symbol, quantity, options),
    [ORDER_TYPE.MARKET_ON_CLOSE]: (symbol, quantity, options) => trading.marketOnCloseOrder(symbol, quantity, options),
    [ORDER_TYPE.LIMIT]: (symbol, quantity, options, [limit]) =>
      trading.limitOrder(symbol, quantity, { ...options, limitPrice: number(limit) }),
    [ORDER_TYPE.STOP_MARKET]: (symbol, quantity, options, [stop]) =>
      trading.stopMarketOrder(symbol, quantity, { ...options, stopPrice: number(stop) }),
    [ORDER_TYPE.STOP_LIMIT]: (symbol, quantity, options, [stop, limit]) =>
      trading.stopLimitOrder(symbol, quantity, { ...options, stopPrice: number(stop), limitPrice: number(limit) }),
    [ORDER_TYPE.LIMIT_IF_TOUCHED]: (symbol, quantity, options, [trigger, limit]) =>
      trading.limitIfTouchedOrder(symbol, quantity, {
        ...options,
        triggerPrice: number(trigger),
        limitPrice: number(limit),
      }),
    [ORDER_TYPE.TRAILING_STOP]: (symbol, quantity, options, [stop, trailing, asPercentage]) => {
      const stopPrice = optional(number, stop);
      return trading.trailingStopOrder(symbol, quantity, {
        ...options,
        trailingAmount: number(trailing),
        trailingAsPercentage: flag(asPercentage),
        ...(stopPrice === undefined ? {} : { stopPrice }),
      });
    },
  };
}

/** Orders, tickets and target weights. A ticket's handle is its key: the order id, or negative where there is none. */
export function orderOperations({ algorithm }: OperationContext): Operations {
  const submit = submitters(algorithm);
  return {
    ...ticketOperations(algorithm),
    "order.submit": (...values) => {
      const [type, symbol, quantity, asynchronous, tag, timeInForce, ...prices] = values;
      const send = submit[number(type)];
      if (send === undefined) throw new AlgorithmError(`order type ${number(type)} is not supported`);
      return send(number(symbol), number(quantity), orderOptions(asynchronous, tag, timeInForce), prices).key;
    },
    "holdings.set": (symbol, fraction, ...options) =>
      keys(algorithm.setHoldings(number(symbol), number(fraction), holdingsOptions(options))),
    "holdings.set_many": (pairs, ...options) => {
      const flat = numberList(pairs);
      const targets = flat.flatMap((symbol, place) =>
        place % 2 === 0 ? [{ symbol, quantity: flat[place + 1] ?? 0 }] : [],
      );
      return keys(algorithm.setHoldingsToTargets(targets, holdingsOptions(options)));
    },
    "holdings.liquidate": (symbols, asynchronous, tag, timeInForce) => {
      const options = orderOptions(asynchronous, optional(text, tag) || undefined, timeInForce);
      const chosen = optional(numberList, symbols);
      if (chosen === undefined) return keys(algorithm.liquidate(undefined, options));
      return keys(chosen.flatMap((symbol) => algorithm.liquidate(symbol, options)));
    },
    "holdings.quantity_for": (symbol, fraction) =>
      algorithm.calculateOrderQuantity(number(symbol), number(fraction)).toNumber(),
  };
}

function ticketOperations(algorithm: OperationContext["algorithm"]): Operations {
  const { processor, positions, settings, trading } = algorithm;
  const find = (key: unknown): OrderTicket => {
    const ticket = trading.ticket(number(key));
    if (ticket === undefined) throw new AlgorithmError(`there is no ticket ${number(key)}`);
    return ticket;
  };
  return {
    "order.get": (id) => {
      const order = processor.ticket(number(id))?.order;
      return order === undefined ? undefined : JSON.stringify(orderView(order));
    },
    "order.ticket": (id) => (number(id) > 0 ? trading.ticket(number(id))?.key : undefined),
    "orders.all": (open) =>
      JSON.stringify((flag(open) ? positions.openOrders() : processor.orders).map((order) => orderView(order))),
    "tickets.all": (open) => keys(processor.tickets.filter((ticket) => !flag(open) || !ticket.order.isClosed)),
    "orders.cancel_open": (symbol, tag) =>
      keys(positions.cancelOpenOrders(optional(number, symbol), optional(text, tag))),
    "orders.get_close_buffer": () => settings.marketOnCloseBuffer,
    "orders.set_close_buffer": (micros) => {
      settings.marketOnCloseBuffer = number(micros);
    },
    "ticket.order_id": (key) => find(key).orderId,
    "ticket.status": (key) => find(key).status,
    "ticket.quantity": (key) => find(key).quantity.toNumber(),
    "ticket.quantity_filled": (key) => find(key).quantityFilled.toNumber(),
    "ticket.average_fill_price": (key) => find(key).averageFillPrice.toNumber(),
    "ticket.order": (key) => JSON.stringify(orderView(find(key).order)),
    "ticket.get": (key, field) => {
      const ticket = find(key);
      if (number(field) === ORDER_FIELD.TRAILING_AS_PERCENTAGE) return ticket.order.trailingAsPercentage;
      return double(ticket.get(number(field)));
    },
    "ticket.update": (key, tag, ...values) => responseView(find(key).update(updateFields(tag, values))),
    "ticket.cancel": (key, tag) => responseView(find(key).cancel(optional(text, tag))),
  };
}
