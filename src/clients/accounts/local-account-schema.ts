import { z } from "zod";

const text = z.string().regex(/^-?\d{1,18}(\.\d{1,28})?$/);
const finite = z.number().refine(Number.isFinite);
const symbol = z.object({ value: z.string() });

/** The answer of the local cloud's `quantwright/account/read`. */
export const localAccountSchema = z.object({
  success: z.literal(true),
  account: z.object({
    projectId: z.int(),
    deployId: z.string(),
    mode: z.enum(["PAPER", "SIMULATED LIVE"]),
    feed: z.object({ kind: z.enum(["replay", "synthetic", "realtime"]), utc: z.int() }),
    asOf: z.int(),
    currency: z.string(),
    equity: z.string(),
    launchEquity: z.string(),
    cash: z.array(z.object({ currency: z.string(), amount: finite, rate: finite })),
    positions: z.array(
      z.object({
        symbol,
        quantity: finite,
        averagePrice: finite,
        price: finite,
        value: finite,
        unrealizedProfit: finite,
      }),
    ),
    holdings: z.array(z.object({ symbol, quantity: text, profit: text })),
    orders: z.array(
      z.object({
        id: z.int(),
        symbol,
        type: z.int(),
        quantity: text,
        filledQuantity: text,
        limitPrice: text,
        stopPrice: text,
        tag: z.string(),
      }),
    ),
    quotes: z.array(
      z.object({ symbol, price: text, bid: text, ask: text, rate: text, utc: z.int(), isOpen: z.boolean() }),
    ),
  }),
});

export const refusalSchema = z.object({ success: z.literal(false), errors: z.array(z.string()) });

export type LocalAccount = z.infer<typeof localAccountSchema>["account"];
