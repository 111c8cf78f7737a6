import { z } from "zod";
import { givenDecimalSchema } from "./decimal-schema.ts";
import type { Decimal } from "./decimal.ts";
import { tickerSchema } from "./ticker.ts";

export const ORDER_TYPES = [
  "market",
  "limit",
  "stop-market",
  "stop-limit",
  "market-on-open",
  "market-on-close",
] as const;

export type OrderType = (typeof ORDER_TYPES)[number];

const LIMITED: ReadonlySet<OrderType> = new Set(["limit", "stop-limit"]);
const STOPPED: ReadonlySet<OrderType> = new Set(["stop-market", "stop-limit"]);

const price = givenDecimalSchema.refine((value) => value.sign > 0, "a price above zero");

/**
 * An order that somebody wants to place: `quantity` is signed (a sale is negative), prices are in the currency of the
 * instrument. A price that the type of order does not use is ignored wherever the order is judged. `maxNotional`, in
 * the currency of the account, makes it a bounded order: the twin in the algorithm prices it and refuses it beyond.
 */
export const orderIntentSchema = z
  .strictObject({
    account: z.string().min(1).max(200),
    symbol: tickerSchema,
    quantity: givenDecimalSchema.refine((value) => !value.isZero, "a quantity other than zero"),
    type: z.enum(ORDER_TYPES),
    limitPrice: price.optional(),
    stopPrice: price.optional(),
    maxNotional: price.optional(),
    timeInForce: z.enum(["day", "good-til-cancelled"]).optional(),
    intentId: z.string().min(1).max(200).optional(),
  })
  .refine(({ type, limitPrice }) => !LIMITED.has(type) || limitPrice !== undefined, {
    path: ["limitPrice"],
    error: "a limit order needs its limit price",
  })
  .refine(({ type, stopPrice }) => !STOPPED.has(type) || stopPrice !== undefined, {
    path: ["stopPrice"],
    error: "a stop order needs its stop price",
  });

export type OrderIntent = Readonly<z.output<typeof orderIntentSchema>>;

/** The limit price, where the type of order has one. */
export function limitPriceOf({ type, limitPrice }: OrderIntent): Decimal | undefined {
  return LIMITED.has(type) ? limitPrice : undefined;
}

/** The stop price, where the type of order has one. */
export function stopPriceOf({ type, stopPrice }: OrderIntent): Decimal | undefined {
  return STOPPED.has(type) ? stopPrice : undefined;
}

/** Equal texts for orders that would do the same; prices without effect make no difference. */
export function orderContent(intent: OrderIntent): string {
  const parts = [intent.quantity, limitPriceOf(intent), stopPriceOf(intent), intent.maxNotional];
  return [intent.symbol, intent.type, ...parts.map((part) => part?.normalize().toString() ?? "-")].join(" ");
}
