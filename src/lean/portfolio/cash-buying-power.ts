import { Decimal } from "../../domain/decimal.ts";
import { ORDER_TYPE, Order } from "../orders/order.ts";
import { GOOD_TIL_CANCELED } from "../orders/time-in-force.ts";
import type { Security } from "../securities/security.ts";
import type { BuyingPowerCheck } from "./buying-power.ts";
import { feeInAccount } from "./fee-in-account.ts";
import type { Portfolio } from "./portfolio.ts";

/** Price that an order counts with, in the quote currency. */
function orderPrice(security: Security, order: Order): Decimal {
  switch (order.type) {
    case ORDER_TYPE.MARKET:
      return security.price;
    case ORDER_TYPE.STOP_MARKET:
    case ORDER_TYPE.TRAILING_STOP:
      return order.stopPrice;
    case ORDER_TYPE.LIMIT:
    case ORDER_TYPE.STOP_LIMIT:
    case ORDER_TYPE.LIMIT_IF_TOUCHED:
      return order.limitPrice;
    default:
      return Decimal.ZERO;
  }
}

/** What other working limit and stop orders will take of a balance. */
function reserved(portfolio: Portfolio, order: Order, currency: string): Decimal {
  let sum = Decimal.ZERO;
  for (const other of portfolio.openOrders()) {
    if (other === order || (other.type !== ORDER_TYPE.LIMIT && other.type !== ORDER_TYPE.STOP_MARKET)) continue;
    const security = portfolio.securities.find((candidate) => candidate.symbol === other.symbol);
    const isBuy = other.quantity.sign > 0;
    const size = other.quantity.abs();
    if (security === undefined || !security.isInCashBook) continue;
    if (!isBuy && security.properties.baseCurrency === currency) sum = sum.add(size);
    if (isBuy && security.properties.quoteCurrency === currency) {
      sum = sum.add(size.multiply(orderPrice(security, other)));
    }
  }
  return sum;
}

/**
 * LEAN's `CashBuyingPowerModel`: buying needs the quote currency, selling the base currency, both less what working
 * orders have reserved. `required` and `free` are in that currency.
 */
export function checkBalances(portfolio: Portfolio, security: Security, order: Order): BuyingPowerCheck {
  const { baseCash, quoteCash } = security;
  const size = order.quantity.abs();
  if (baseCash === undefined) return { isSufficient: false, required: size, free: Decimal.ZERO };
  if (order.quantity.sign < 0) {
    const free = baseCash.amount.subtract(reserved(portfolio, order, baseCash.currency));
    return { isSufficient: !size.greaterThan(free), required: size, free };
  }
  const required = size.multiply(orderPrice(security, order));
  const open = quoteCash.amount.subtract(reserved(portfolio, order, quoteCash.currency));
  const free =
    order.type === ORDER_TYPE.MARKET ? largestPurchase(portfolio, security, { open, time: order.time }) : open;
  const fee = order.type === ORDER_TYPE.LIMIT ? feeInQuote(portfolio, security, order) : Decimal.ZERO;
  const left = free.subtract(fee);
  return { isSufficient: !required.greaterThan(left), required, free: left };
}

function feeInQuote(portfolio: Portfolio, security: Security, order: Order): Decimal {
  const fee = security.feeModel.fee(order, security.price);
  const currency = security.feeModel.currency?.(order) ?? portfolio.currency;
  return portfolio.cashBook.convert(fee, currency, security.quoteCash.currency) ?? Decimal.ZERO;
}

/** Value of the largest market order that a part of the quote balance pays, with its fee; in the quote currency. */
function largestPurchase(
  portfolio: Portfolio,
  security: Security,
  { open, time }: { readonly open: Decimal; readonly time: number },
): Decimal {
  const { baseCash, quoteCash } = security;
  const value = portfolio.totalPortfolioValue;
  if (baseCash === undefined || value.isZero) return Decimal.ZERO;
  const holding = portfolio.cashBook.convert(baseCash.amount, baseCash.currency, quoteCash.currency) ?? Decimal.ZERO;
  const target = portfolio.cashBook.toAccount(open.add(holding), quoteCash.currency);
  const quantity = quantityForBalance(portfolio, security, { fraction: target.divide(value), time });
  return quantity.multiply(security.price).abs();
}

/**
 * Quantity that brings the balance of the base currency to a fraction of the portfolio's value (LEAN's
 * `GetMaximumOrderQuantityForTargetBuyingPower` of cash accounts): whole lots, fee included, never short.
 */
export function quantityForBalance(
  portfolio: Portfolio,
  security: Security,
  target: { readonly fraction: Decimal; readonly time: number },
): Decimal {
  const { baseCash, properties } = security;
  const wanted = target.fraction.multiply(portfolio.totalPortfolioValue);
  if (baseCash === undefined || wanted.sign < 0) return Decimal.ZERO;
  if (wanted.isZero) return baseCash.amount.negate();
  const current = portfolio.cashBook.toAccount(baseCash.amount, baseCash.currency);
  const distance = wanted.subtract(current).abs();
  const isBuy = wanted.greaterThan(current);
  const unit = security.toAccount(isBuy ? security.askPrice : security.bidPrice);
  if (unit.isZero) return Decimal.ZERO;
  let quantity = inLots(distance.divide(unit), properties.lotSize);
  let last: Decimal | undefined;
  while (quantity.sign > 0 && last?.equals(quantity) !== true) {
    last = quantity;
    const cost = quantity.multiply(unit).add(marketFee(portfolio, security, { quantity, time: target.time }));
    if (!cost.greaterThan(distance)) return isBuy ? quantity : quantity.negate();
    const excess = cost.subtract(distance).divide(cost.divide(quantity));
    quantity = inLots(quantity.subtract(excess.max(properties.lotSize)), properties.lotSize);
  }
  return Decimal.ZERO;
}

function inLots(quantity: Decimal, lotSize: Decimal): Decimal {
  return quantity.divide(lotSize).floor().multiply(lotSize);
}

function marketFee(
  portfolio: Portfolio,
  security: Security,
  order: { readonly quantity: Decimal; readonly time: number },
): Decimal {
  const market = new Order({
    ...order,
    type: ORDER_TYPE.MARKET,
    symbol: security.symbol,
    tag: "",
    properties: { timeInForce: GOOD_TIL_CANCELED },
  });
  return feeInAccount(portfolio, security, market);
}
