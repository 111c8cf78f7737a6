import { z } from "zod";
import {
  amountText,
  brokerEventSchema,
  currencyText,
  newOrderSchema,
  openOrderSchema,
  utcTime,
} from "./broker-event.ts";
import { subscriptionRefSchema, symbolRefSchema } from "./symbol-ref.ts";

/** Changes of a working order; what is left out stays. */
export const orderChangesSchema = z.object({
  quantity: amountText.optional(),
  limitPrice: amountText.optional(),
  stopPrice: amountText.optional(),
  triggerPrice: amountText.optional(),
  trailingAmount: amountText.optional(),
  tag: z.string().max(2000).optional(),
});

export type OrderChanges = z.infer<typeof orderChangesSchema>;

/** The rules by which an account trades: a brokerage model by its name, and LEAN's `AccountType`. */
export const accountRulesSchema = z.object({ brokerage: z.string().max(64), accountType: z.int().min(0).max(1) });

export type AccountRules = z.infer<typeof accountRulesSchema>;

/** What an algorithm asks of its broker. Comes out of a sandbox, so it is parsed before anything else. */
export const brokerRequestSchema = z.discriminatedUnion("op", [
  /** Before the first subscription: the model that the algorithm chose. */
  z.object({ op: z.literal("configure"), rules: accountRulesSchema }),
  z.object({ op: z.literal("subscribe"), subscriptions: z.array(subscriptionRefSchema).max(1000) }),
  z.object({ op: z.literal("unsubscribe"), symbol: symbolRefSchema }),
  z.object({ op: z.literal("place"), order: newOrderSchema }),
  z.object({ op: z.literal("update"), orderId: z.int().positive(), changes: orderChangesSchema }),
  z.object({ op: z.literal("cancel"), orderId: z.int().positive(), tag: z.string().max(2000) }),
]);

export type BrokerRequest = z.infer<typeof brokerRequestSchema>;

/** What the broker answers: what happened at once, or why nothing did. */
export const brokerAnswerSchema = z.union([
  z.object({ ok: z.literal(true), events: z.array(brokerEventSchema) }),
  z.object({ ok: z.literal(false), message: z.string().max(4000) }),
]);

export type BrokerAnswer = z.infer<typeof brokerAnswerSchema>;

/** A holding with what it has cost and brought so far. */
export const brokerHoldingSchema = z.object({
  symbol: symbolRefSchema,
  quantity: amountText,
  averagePrice: amountText,
  fees: amountText,
  profit: amountText,
  saleVolume: amountText,
});

/** Cash, holdings and open orders: what an algorithm starts from. */
export const brokerAccountSchema = z.object({
  /** Amounts by currency. */
  cash: z.record(currencyText, amountText),
  /** Also those that are flat now, for their fees and profits. */
  holdings: z.array(brokerHoldingSchema),
  orders: z.array(openOrderSchema),
  nextOrderId: z.int().positive(),
});

export type BrokerAccount = z.infer<typeof brokerAccountSchema>;

/** What a broker goes on with after a restart: kept by whoever runs it. */
export const brokerStateSchema = brokerAccountSchema.extend({
  version: z.literal(1),
  /** Time of the feed: everything up to here has been seen. */
  utc: utcTime,
  subscriptions: z.array(subscriptionRefSchema),
  rules: accountRulesSchema.optional(),
  /** Trading was halted: only orders that reduce a holding are taken. */
  reduceOnly: z.boolean().optional(),
  /** What a simulated brokerage keeps besides. */
  simulation: z
    .object({
      random: z.int(),
      delayed: z.array(
        z.object({
          dueUtc: utcTime,
          kind: z.enum(["start", "update", "cancel"]),
          orderId: z.int().positive(),
          changes: orderChangesSchema.optional(),
        }),
      ),
    })
    .optional(),
});

export type BrokerState = z.infer<typeof brokerStateSchema>;
