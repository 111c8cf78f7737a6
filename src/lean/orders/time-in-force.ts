import type { ExchangeHours } from "../market/exchange-hours.ts";
import { dayOf, isoTime } from "../time/civil-date.ts";

/** How long an order is good: until cancelled, for the day, or until a date (`expiry`: exchange wall clock). */
export type TimeInForce =
  | { readonly kind: "gtc" }
  | { readonly kind: "day" }
  | { readonly kind: "gtd"; readonly expiry: number };

export interface OrderProperties {
  readonly timeInForce: TimeInForce;
}

export const GOOD_TIL_CANCELED: TimeInForce = { kind: "gtc" };
export const DAY: TimeInForce = { kind: "day" };

/** Text of the time in force in LEAN's order JSON. */
export function timeInForceJson(value: TimeInForce): string {
  if (value.kind === "gtc") return "{}";
  if (value.kind === "day") return '{"$type":"QuantConnect.Orders.TimeInForces.DayTimeInForce"}';
  return `{"$type":"QuantConnect.Orders.TimeInForces.GoodTilDateTimeInForce","Expiry":"${isoTime(value.expiry)}"}`;
}

/** Whether an order of `orderTime` has expired at `now`; both exchange wall clock. */
export function hasExpired(
  value: TimeInForce,
  times: { orderTime: number; now: number; hours: ExchangeHours },
): boolean {
  const { orderTime, now, hours } = times;
  if (value.kind === "gtc") return false;
  if (value.kind === "gtd") return now >= hours.nextClose(value.expiry);
  const close = hours.closeOf(dayOf(orderTime));
  return orderTime < close ? now >= close : now >= hours.nextClose(orderTime);
}
