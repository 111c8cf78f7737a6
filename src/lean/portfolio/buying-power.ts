import { Decimal } from "../../domain/decimal.ts";
import type { Order } from "../orders/order.ts";
import type { Security } from "../securities/security.ts";
import { checkBalances } from "./cash-buying-power.ts";
import { feeInAccount } from "./fee-in-account.ts";
import type { Portfolio } from "./portfolio.ts";

export interface BuyingPowerCheck {
  readonly isSufficient: boolean;
  readonly required: Decimal;
  readonly free: Decimal;
}

/**
 * LEAN's `HasSufficientBuyingPowerForOrder`: free margin, plus closing and reopening margin when the order reverses the
 * position, must cover the initial margin and the fee of what is unfilled. Pure reductions always pass. Pairs in a cash
 * account are bought and sold with what is there.
 */
export function checkBuyingPower(portfolio: Portfolio, security: Security, order: Order): BuyingPowerCheck {
  if (security.isCashOnly) return checkBalances(portfolio, security, order);
  const held = security.quantity;
  const opposite = held.sign * order.quantity.sign < 0;
  if (opposite && !held.abs().lessThan(order.quantity.abs())) {
    return { isSufficient: true, required: Decimal.ZERO, free: Decimal.ZERO };
  }
  const rate = security.marginRate;
  let free = portfolio.marginRemaining;
  if (opposite) {
    free = free.add(security.holdingsValue.abs().multiply(rate)).add(security.valueOf(held.abs()).multiply(rate));
  }
  free = free.max(Decimal.ZERO);
  const margin = security.valueOf(order.quantity).multiply(rate);
  const fee = feeInAccount(portfolio, security, order);
  const whole = margin.sign > 0 ? margin.add(fee) : margin.subtract(fee);
  const size = order.quantity.abs();
  const open = size.subtract(order.filledQuantity.abs()).divide(size);
  const required = open.multiply(whole).abs();
  return { isSufficient: !required.greaterThan(free), required, free };
}
