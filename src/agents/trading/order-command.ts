import type { OrderIntent } from "../../domain/order-intent.ts";
import { isoTime, MICROSECONDS_PER_SECOND } from "../../domain/clock.ts";

/** A command is worth nothing after so long: what comes late may come into another market. */
const LIFETIME_SECONDS = 60;

type Command = Readonly<Record<string, string | number | boolean>>;

/**
 * An order as a live command to an algorithm with the twin: its key is the tag of the order, so that the order is found
 * again and a repeated command is refused.
 */
export function orderCommand(
  intent: OrderIntent,
  { key, now, pricedByTwin }: { readonly key: string; readonly now: number; readonly pricedByTwin: boolean },
): { readonly command: Command; readonly approvedAs: Command } {
  const order = {
    // A type of its own: a twin that cannot hold the bound does not know it and refuses the order.
    $type: intent.maxNotional === undefined ? "QuantwrightOrder" : "QuantwrightBoundedOrder",
    symbol: intent.symbol,
    quantity: intent.quantity.toNumber(),
    order_type: intent.type,
    ...(intent.limitPrice === undefined ? {} : { limit_price: intent.limitPrice.toNumber() }),
    ...(intent.stopPrice === undefined ? {} : { stop_price: intent.stopPrice.toNumber() }),
    ...(intent.maxNotional === undefined ? {} : { max_notional: intent.maxNotional.toNumber() }),
    ...(intent.timeInForce === undefined ? {} : { time_in_force: intent.timeInForce }),
  };
  const expires = isoTime(now + LIFETIME_SECONDS * MICROSECONDS_PER_SECOND);
  // What the desk has judged by a quote of its own the twin holds to its bound only.
  const judged = intent.maxNotional === undefined || pricedByTwin ? {} : { desk_priced: true };
  return { command: { ...order, ...judged, key, expires }, approvedAs: order };
}
