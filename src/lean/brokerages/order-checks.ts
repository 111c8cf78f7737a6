import { Decimal } from "../../domain/decimal.ts";
import { ORDER_TYPE } from "../orders/order.ts";
import type { Security } from "../securities/security.ts";
import type { NewOrder } from "./broker-event.ts";
import type { OrderChanges } from "./broker-protocol.ts";

/** So that no product of the two leaves what a decimal can hold. */
const LARGEST_QUANTITY = Decimal.parse("1000000000000");
const LARGEST_PRICE = Decimal.parse("1000000000");

/** Prices that each order type must have. */
const NEEDED: Readonly<Record<number, readonly (keyof NewOrder & keyof OrderChanges)[]>> = {
  [ORDER_TYPE.MARKET]: [],
  [ORDER_TYPE.MARKET_ON_OPEN]: [],
  [ORDER_TYPE.MARKET_ON_CLOSE]: [],
  [ORDER_TYPE.LIMIT]: ["limitPrice"],
  [ORDER_TYPE.STOP_MARKET]: ["stopPrice"],
  [ORDER_TYPE.STOP_LIMIT]: ["stopPrice", "limitPrice"],
  [ORDER_TYPE.LIMIT_IF_TOUCHED]: ["triggerPrice", "limitPrice"],
  [ORDER_TYPE.TRAILING_STOP]: ["stopPrice", "trailingAmount"],
};

/** Why a broker does not take an order; undefined when it does. */
export function orderRefusal(order: NewOrder, security: Security): string | undefined {
  const name = security.symbol.value;
  const needed = NEEDED[order.type];
  if (needed === undefined) return `order type ${order.type} is not known to this broker`;
  if (!security.isTradable || security.isDelisted) return `${name} cannot be traded`;
  if (security.price.isZero) return `${name} has no price yet`;
  const wrongPrice = needed.map((field) => priceRefusal(field, order[field])).find((text) => text !== undefined);
  return quantityRefusal(order.quantity, security) ?? wrongPrice;
}

/** Why a broker does not take a change of an order; undefined when it does. */
export function changeRefusal(changes: OrderChanges, type: number, security: Security): string | undefined {
  const { quantity } = changes;
  const wrong = quantity === undefined ? undefined : quantityRefusal(quantity, security);
  if (wrong !== undefined) return wrong;
  for (const field of NEEDED[type] ?? []) {
    const price = changes[field];
    const text = price === undefined ? undefined : priceRefusal(field, price);
    if (text !== undefined) return text;
  }
  return undefined;
}

function quantityRefusal(text: string, security: Security): string | undefined {
  const quantity = Decimal.parse(text);
  if (quantity.isZero) return "expected a quantity other than 0";
  if (quantity.abs().greaterThan(LARGEST_QUANTITY)) return `a quantity of ${text} is too large`;
  const { lotSize, minimumOrderSize } = security.properties;
  const name = security.symbol.value;
  const lots = quantity.divide(lotSize);
  if (!lots.floor().equals(lots)) return `expected a multiple of ${lotSize.toString()} of ${name}, got ${text}`;
  if (minimumOrderSize !== undefined && quantity.abs().lessThan(minimumOrderSize)) {
    return `expected at least ${minimumOrderSize.toString()} of ${name}, got ${text}`;
  }
  return undefined;
}

function priceRefusal(field: string, text: string): string | undefined {
  const price = Decimal.parse(text);
  if (price.sign > 0 && !price.greaterThan(LARGEST_PRICE)) return undefined;
  return `expected ${field} above 0 and at most ${LARGEST_PRICE.toString()}, got ${text}`;
}
