import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import { Decimal } from "../../domain/decimal.ts";
import { limitPriceOf, stopPriceOf, type OrderIntent } from "../../domain/order-intent.ts";
import { highestPrice, type Quote } from "../../domain/quote.ts";

const SMALLEST = Decimal.parse("0.0000000001");

/** What one unit of an order's symbol is worth in account currency: by the quote, and by the worst price of the order. */
export interface UnitValues {
  readonly mark: Decimal;
  readonly worst: Decimal;
}

/**
 * What one unit of a bounded order is worth at most, where nothing of ours has a price: its bound is what the twin will
 * refuse it beyond. Undefined for other orders.
 */
export function boundedUnitsOf({ maxNotional, quantity }: OrderIntent): UnitValues | undefined {
  if (maxNotional === undefined) return undefined;
  const unit = maxNotional.divide(quantity.abs());
  // A quotient that was rounded down would let the order come to a little less than its bound.
  const isWhole = unit.multiply(quantity.abs()).compare(maxNotional) >= 0;
  const worst = isWhole ? unit : unit.add(SMALLEST);
  return { mark: worst, worst };
}

/**
 * Values one unit: the largest of quote, limit and stop price. What a caller says of a market order is not asked.
 * Undefined where there is no rate to the account's currency.
 */
export function unitValuesOf(intent: OrderIntent, quote: Quote, snapshot: AccountSnapshot): UnitValues | undefined {
  const { currency, multiplier, conversion } = quote;
  const isOwnCurrency = currency === snapshot.currency;
  if (!isOwnCurrency && conversion === undefined) return undefined;
  const rate = isOwnCurrency || conversion === undefined ? multiplier : multiplier.multiply(conversion);
  const mark = highestPrice(quote);
  const withLimit = mark.max(limitPriceOf(intent) ?? mark);
  return { mark: mark.multiply(rate), worst: withLimit.max(stopPriceOf(intent) ?? mark).multiply(rate) };
}
