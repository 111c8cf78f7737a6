import { z } from "zod";
import { decimalSchema, unsignedDecimalSchema } from "./decimal-schema.ts";
import { tickerSchema } from "./ticker.ts";

/** A holding: signed quantity, and what one unit is worth in account currency (price, multiplier and rate together). */
export const positionSchema = z.strictObject({
  symbol: tickerSchema,
  quantity: decimalSchema,
  unitValue: unsignedDecimalSchema,
});

/**
 * An order that may still fill: `quantity` as placed and `filled`, both signed; `unitValue` is the most that one unit
 * can be worth in account currency (the largest of limit, stop and last price); `tag` is the intent key of an order
 * that came from us.
 */
export const workingOrderSchema = z.strictObject({
  id: z.string(),
  symbol: tickerSchema,
  quantity: decimalSchema,
  filled: decimalSchema,
  unitValue: unsignedDecimalSchema,
  tag: z.string().nullable(),
});

/**
 * An account as its broker told it. `at` is when reading began (microseconds UTC, our clock), and orders are to be
 * read before positions: what fills in between is then counted twice, never missed. `netTransfers` is what was paid
 * in less what was paid out, ever: it is no profit.
 */
export const accountSnapshotSchema = z.strictObject({
  account: z.string().min(1),
  currency: z.string().min(1),
  equity: decimalSchema,
  netTransfers: decimalSchema,
  positions: z.array(positionSchema),
  workingOrders: z.array(workingOrderSchema),
  at: z.int(),
});

export type Position = Readonly<z.output<typeof positionSchema>>;
export type WorkingOrder = Readonly<z.output<typeof workingOrderSchema>>;

export interface AccountSnapshot extends Readonly<
  Omit<z.output<typeof accountSnapshotSchema>, "positions" | "workingOrders">
> {
  readonly positions: readonly Position[];
  readonly workingOrders: readonly WorkingOrder[];
}
