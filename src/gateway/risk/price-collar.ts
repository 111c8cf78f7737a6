import type { Decimal } from "../../domain/decimal.ts";
import type { Limits } from "../../domain/limits.ts";
import { limitPriceOf, stopPriceOf, type OrderIntent } from "../../domain/order-intent.ts";
import type { Quote } from "../../domain/quote.ts";
import type { RiskRefusal } from "./risk-codes.ts";

/**
 * Prices too far from the quote: a slip of the finger, or an order that would fill at any price. A limit behind a stop
 * is measured from its stop. How far away a stop protects a position is not limited.
 */
export function collarFault(
  intent: OrderIntent,
  quote: Quote,
  { limits, reduction }: { readonly limits: Limits; readonly reduction: boolean },
): RiskRefusal | undefined {
  const limit = limitPriceOf(intent);
  const stop = stopPriceOf(intent);
  const isFar = (price: Decimal, from: Decimal): boolean =>
    price.subtract(from).abs().greaterThan(from.multiply(limits.priceCollar));
  const pairs: (readonly [Decimal, Decimal])[] = [];
  if (stop !== undefined && !reduction) pairs.push([stop, quote.price]);
  if (limit !== undefined) pairs.push([limit, stop ?? quote.price]);
  const far = pairs.find(([price, from]) => isFar(price, from));
  if (far === undefined) return undefined;
  const [price, from] = [far[0].toString(), far[1].toString()];
  return {
    code: "RISK_PRICE_COLLAR",
    message: `expected a price within ${limits.priceCollar.toString()} of ${from}, got ${price}`,
    remedy: `ask for a price nearer to ${from}`,
  };
}
