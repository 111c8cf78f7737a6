import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { limitPriceOf, stopPriceOf, type OrderIntent } from "../../domain/order-intent.ts";
import { highestPrice, type Quote } from "../../domain/quote.ts";

/** What one unit of an order's symbol is worth in account currency: by the quote, and by the worst price of the order. */
export interface UnitValues {
  readonly mark: Decimal;
  readonly worst: Decimal;
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
