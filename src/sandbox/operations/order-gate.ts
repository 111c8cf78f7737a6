import type { OrderGate } from "../../lean/orders/order-gate.ts";
import type { OperationContext } from "./operation.ts";
import { orderView } from "./order-views.ts";

/** Asks a brokerage model of the user's own, by the numbers of its methods; they answer why not, or None. */
export function orderGate(
  context: OperationContext,
  submit: number | undefined,
  update: number | undefined,
): OrderGate {
  return {
    ...(submit === undefined
      ? {}
      : { submit: (order) => refusalOf(context.callBack(submit, JSON.stringify(orderView(order)))) }),
    ...(update === undefined
      ? {}
      : {
          update: (order, fields) => {
            const { quantity, limitPrice, stopPrice, triggerPrice, trailingAmount, tag } = fields;
            const numbers = { quantity, limit_price: limitPrice, stop_price: stopPrice };
            const others = { trigger_price: triggerPrice, trailing_amount: trailingAmount, tag };
            const given = JSON.stringify({ ...numbers, ...others });
            return refusalOf(context.callBack(update, JSON.stringify(orderView(order)), given));
          },
        }),
  };
}

function refusalOf(answer: unknown): string | undefined {
  return typeof answer === "string" ? answer.slice(0, 2000) : undefined;
}
