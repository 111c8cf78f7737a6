import type { Fill, OrderRecord } from "../../lean/backtest-result.ts";
import { type Reply, reply } from "../reply.ts";
import { performanceOf } from "../trades/trade-body.ts";
import { orderBody } from "./order-body.ts";

/** Trades of one page. */
export const MOST_TRADES = 100;

/** A page of the closed trades that fills make, with the orders of each; `owner` is the backtest or deployment. */
export function tradePage(
  owner: string,
  { fills, orders }: { readonly fills: readonly Fill[]; readonly orders: readonly OrderRecord[] },
  { start, end }: { readonly start: number; readonly end: number },
): Reply {
  const { bodies, trades } = performanceOf(fills);
  const byId = new Map(orders.map((order) => [order.id, order]));
  const page = bodies.slice(start, end).map((body, index) => {
    const own = (trades[start + index]?.orderIds ?? []).flatMap((id) => byId.get(id) ?? []);
    return { id: `${owner}-${start + index}`, ...body, orders: own.map(orderBody) };
  });
  return reply({ trades: page, length: bodies.length });
}
