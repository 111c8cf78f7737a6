import { createHash } from "node:crypto";
import type { Decimal } from "../../domain/decimal.ts";
import { isoTime } from "../time/civil-date.ts";
import { isMarketable } from "./exchange-fees.ts";
import { ORDER_TYPE, type Order } from "./order.ts";
import { timeInForceJson } from "./time-in-force.ts";

/** Decimals always carry a point in LEAN's JSON, and keep their scale. */
function amount(value: Decimal): string {
  const text = value.isZero ? value.abs().toString() : value.toString();
  return text.includes(".") ? text : `${text}.0`;
}

function rounded(value: Decimal): string {
  return amount(value.smartRounding());
}

function utc(time: number): string {
  return `"${isoTime(time)}Z"`;
}

/** The properties of the derived class come first, in LEAN's source order. */
function derivedPart(order: Order): string {
  const type = `"type":${order.type}`;
  switch (order.type) {
    case ORDER_TYPE.LIMIT:
      return `"limitPrice":${rounded(order.limitPrice)},${type}`;
    case ORDER_TYPE.STOP_MARKET:
      return `"stopPrice":${rounded(order.stopPrice)},${type}`;
    case ORDER_TYPE.STOP_LIMIT:
      return `"stopPrice":${rounded(order.stopPrice)},"stopTriggered":${order.stopTriggered},"limitPrice":${rounded(order.limitPrice)},${type}`;
    case ORDER_TYPE.TRAILING_STOP:
      return `"trailingAmount":${rounded(order.trailingAmount)},"trailingAsPercentage":${order.trailingAsPercentage},${type},"stopPrice":${rounded(order.stopPrice)}`;
    case ORDER_TYPE.LIMIT_IF_TOUCHED:
      return `${type},"triggerPrice":${rounded(order.triggerPrice)},"limitPrice":${rounded(order.limitPrice)},"triggerTouched":${order.triggerTouched}`;
    default:
      return type;
  }
}

function submissionPart(order: Order): string {
  const data = order.submissionData;
  if (data === undefined) return "null";
  return `{"bidPrice":${amount(data.bidPrice)},"askPrice":${amount(data.askPrice)},"lastPrice":${amount(data.lastPrice)}}`;
}

/** One order as LEAN serialises it for its order list hash. */
function orderJson(order: Order): string {
  const price = order.price.smartRounding();
  const { value, id } = order.symbol;
  const parts = [
    derivedPart(order),
    `"id":${order.id},"contingentId":0,"brokerId":${JSON.stringify(order.brokerId)}`,
    `"symbol":{"value":${JSON.stringify(value)},"id":${JSON.stringify(id)},"permtick":${JSON.stringify(value)}}`,
    `"price":${amount(price)},"priceCurrency":${JSON.stringify(order.symbol.currency)},"time":${utc(order.time)},"createdTime":${utc(order.time)}`,
    ...(order.lastFillTime === undefined ? [] : [`"lastFillTime":${utc(order.lastFillTime)}`]),
    ...(order.lastUpdateTime === undefined ? [] : [`"lastUpdateTime":${utc(order.lastUpdateTime)}`]),
    ...(order.canceledTime === undefined ? [] : [`"canceledTime":${utc(order.canceledTime)}`]),
    `"quantity":${amount(order.quantity)},"status":${order.status}`,
    ...(order.tag === undefined ? [] : [`"tag":${JSON.stringify(order.tag)}`]),
    `"properties":{"timeInForce":${timeInForceJson(order.properties.timeInForce)}}`,
    `"securityType":${order.symbol.securityType},"direction":${order.direction},"value":${amount(order.quantity.multiply(price))}`,
    `"orderSubmissionData":${submissionPart(order)},"isMarketable":${isMarketable(order)},"priceAdjustmentMode":${order.priceAdjustmentMode}`,
  ];
  return `{${parts.join(",")}}`;
}

/** LEAN's `OrderListHash`: MD5 of the joined JSON of all orders by id, lower case hex. */
export function orderListHash(orders: readonly Order[]): string {
  const text = orders.map(orderJson).join(",");
  return createHash("md5").update(text, "utf8").digest("hex");
}
