import type { Decimal } from "../../domain/decimal.ts";
import type { Order } from "../orders/order.ts";
import type { Security } from "../securities/security.ts";
import type { Portfolio } from "./portfolio.ts";

/** The fee that an order would have now, in the account's currency. */
export function feeInAccount(portfolio: Portfolio, security: Security, order: Order): Decimal {
  const { feeModel, price } = security;
  const fee = feeModel.fee(order, price);
  const currency = feeModel.currency?.(order);
  return currency === undefined ? fee : portfolio.cashBook.toAccount(fee, currency);
}
