import { z } from "zod";
import { symbolRefSchema } from "./symbol-ref.ts";

/** An amount as text: exact, and small enough for every calculation. */
export const amountText = z.string().regex(/^-?\d{1,18}(\.\d{1,28})?$/);
export const currencyText = z.string().regex(/^[A-Z0-9]{2,12}$/);
/** Microseconds UTC. */
export const utcTime = z.int().min(0).max(4_102_444_800_000_000);

export const timeInForceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("gtc") }),
  z.object({ kind: z.literal("day") }),
  /** Wall clock of the exchange. */
  z.object({ kind: z.literal("gtd"), expiry: z.int() }),
]);

/** What an order is made of when it is placed. Prices that its type does not use are "0". */
export const newOrderSchema = z.object({
  id: z.int().positive().max(1_000_000_000),
  symbol: symbolRefSchema,
  /** LEAN's `OrderType`. */
  type: z.int().min(0).max(11),
  quantity: amountText,
  time: utcTime,
  tag: z.string().max(2000),
  timeInForce: timeInForceSchema,
  limitPrice: amountText,
  stopPrice: amountText,
  triggerPrice: amountText,
  trailingAmount: amountText,
  trailingAsPercentage: z.boolean(),
});

export type NewOrder = z.infer<typeof newOrderSchema>;

/** Something happened to an order: LEAN's order event. */
const statusEventSchema = z.object({
  kind: z.literal("status"),
  orderId: z.int().positive(),
  utc: utcTime,
  /** LEAN's `OrderStatus`. */
  status: z.int().min(0).max(9),
  message: z.string().max(4000),
  fillPrice: amountText,
  /** Before a fee that is kept back from what was bought. */
  fillQuantity: amountText,
  fee: amountText,
  feeCurrency: currencyText,
  /** The order itself: where the broker made it (a delisting, a liquidation), and after an update. */
  order: newOrderSchema.optional(),
});

/** The broker moved a trailing stop, or a trigger was touched; strategies are not told. */
const movedEventSchema = z.object({
  kind: z.literal("moved"),
  orderId: z.int().positive(),
  utc: utcTime,
  stopPrice: amountText,
  stopTriggered: z.boolean(),
  triggerTouched: z.boolean(),
});

/** What a broker tells, in the order in which it happened. */
export const brokerEventSchema = z.discriminatedUnion("kind", [statusEventSchema, movedEventSchema]);

export type BrokerEvent = z.infer<typeof brokerEventSchema>;
export type BrokerStatusEvent = z.infer<typeof statusEventSchema>;

/** An order that is not closed, with everything a restart needs. */
export const openOrderSchema = newOrderSchema.extend({
  status: z.int().min(0).max(9),
  filledQuantity: amountText,
  /** Average fill price. */
  price: amountText,
  stopTriggered: z.boolean(),
  triggerTouched: z.boolean(),
  brokerId: z.array(z.string().max(64)).max(100),
  lastFillTime: utcTime.nullable(),
  lastUpdateTime: utcTime.nullable(),
  submissionData: z.object({ bidPrice: amountText, askPrice: amountText, lastPrice: amountText }).nullable(),
  /** Its events so far, the latest ones where there are many. */
  events: z.array(statusEventSchema),
  /** Number of its last event. */
  eventCount: z.int().min(0),
});

export type OpenOrder = z.infer<typeof openOrderSchema>;
