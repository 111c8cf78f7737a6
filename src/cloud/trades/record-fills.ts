import { z } from "zod";
import { Decimal } from "../../domain/decimal.ts";
import type { Fill, OrderRecord } from "../../lean/backtest-result.ts";

const FILLED = new Set(["filled", "partiallyFilled"]);

/** What is read of an event of an order in the API's form; `time` is in seconds. */
const eventSchema = z.object({
  time: z.number(),
  status: z.string(),
  fillPrice: z.number(),
  fillPriceCurrency: z.string(),
  fillQuantity: z.number(),
  orderFeeAmount: z.number(),
  orderFeeCurrency: z.string(),
});
type FillEvent = z.infer<typeof eventSchema>;

/** The fills of orders as a live deployment keeps them, in the order in which they happened. */
export function recordFills(orders: readonly OrderRecord[]): Fill[] {
  return orders
    .flatMap((order) => order.events.map((event) => ({ order, event: eventSchema.safeParse(event).data })))
    .flatMap(({ order, event }) => (event === undefined || !FILLED.has(event.status) ? [] : [{ order, event }]))
    .toSorted((left, right) => left.event.time - right.event.time || left.order.id - right.order.id)
    .map(({ order, event }) => ({
      orderId: order.id,
      symbol: order.symbol.value,
      symbolId: order.symbol.id,
      timeUtc: Math.round(event.time * 1_000_000),
      quantity: Decimal.fromNumber(event.fillQuantity).toString(),
      price: Decimal.fromNumber(event.fillPrice).toString(),
      fee: feeInQuote(event, order.symbol.value).toString(),
      currency: event.fillPriceCurrency,
    }));
}

/** Some exchanges take the fee of a purchase in what was bought; it counts at the price of the fill. */
function feeInQuote(
  { orderFeeAmount, orderFeeCurrency, fillPriceCurrency, fillPrice }: FillEvent,
  pair: string,
): Decimal {
  const fee = Decimal.fromNumber(orderFeeAmount);
  const isInQuantity = orderFeeCurrency !== fillPriceCurrency && pair === orderFeeCurrency + fillPriceCurrency;
  return isInQuantity ? fee.multiply(Decimal.fromNumber(fillPrice)) : fee;
}
