import { z } from "zod";
import { positiveDecimalSchema } from "./decimal-schema.ts";
import type { Decimal } from "./decimal.ts";
import { tickerSchema } from "./ticker.ts";

/**
 * What one unit of an instrument costs by a source of ours. `at` is when we received it (microseconds UTC, our clock);
 * `multiplier` is what one unit of a contract stands for; `conversion` is account currency for one unit of `currency`,
 * needed where the two differ.
 */
export const quoteSchema = z.strictObject({
  symbol: tickerSchema,
  price: positiveDecimalSchema,
  bid: positiveDecimalSchema.optional(),
  ask: positiveDecimalSchema.optional(),
  currency: z.string().min(1).max(12),
  multiplier: positiveDecimalSchema,
  conversion: positiveDecimalSchema.optional(),
  source: z.string().min(1),
  at: z.int(),
});

export type Quote = Readonly<z.output<typeof quoteSchema>>;

/** The highest price that the quote knows: what a unit is valued at, bought or sold short. */
export function highestPrice({ price, bid, ask }: Quote): Decimal {
  const withBid = bid === undefined ? price : price.max(bid);
  return ask === undefined ? withBid : withBid.max(ask);
}
