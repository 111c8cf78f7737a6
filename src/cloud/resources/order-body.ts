import type { OrderRecord } from "../../lean/backtest-result.ts";
import type { ReplyBody } from "../reply.ts";

/** An order as the API gives it. Strict clients refuse an empty text where a time is meant. */
export function orderBody(order: OrderRecord): ReplyBody {
  const entries = Object.entries(order).map(([key, value]): [string, unknown] => [
    key,
    value === "" && /[tT]ime$/.test(key) ? null : value,
  ]);
  return Object.fromEntries(entries);
}
