import { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { Security } from "../securities/security.ts";

/** Cancels every open order at once, whatever the hour. */
export function cancelAllOrders({ processor }: QcAlgorithm, tag: string): void {
  for (const order of processor.openOrders) {
    const ticket = processor.ticket(order.id);
    if (ticket !== undefined) processor.cancelAtOnce(ticket, tag);
  }
  processor.scan();
}

/** Closes every holding at its last price. */
export function closeAllHoldings({ processor, securities }: QcAlgorithm, tag: string): void {
  for (const security of securities.all) processor.settle(security, { tag, hasFee: true });
}

/** Whether an order can only bring a holding nearer to zero, together with all open orders of its side. */
export function onlyReduces({ positions }: QcAlgorithm, security: Security, quantity: Decimal): boolean {
  const held = security.quantity;
  if (held.isZero || held.sign === quantity.sign) return false;
  const working = positions
    .openOrders(security)
    .filter((order) => order.quantity.sign === quantity.sign)
    .reduce((sum, order) => sum.add(order.quantity.subtract(order.filledQuantity).abs()), Decimal.ZERO);
  return !working.add(quantity.abs()).greaterThan(held.abs());
}
