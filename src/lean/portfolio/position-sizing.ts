import { Decimal } from "../../domain/decimal.ts";
import { GOOD_TIL_CANCELED } from "../orders/time-in-force.ts";
import { ORDER_TYPE, Order } from "../orders/order.ts";
import type { Security } from "../securities/security.ts";
import type { AlgorithmSettings } from "../algorithm/algorithm-settings.ts";
import { quantityForBalance } from "./cash-buying-power.ts";
import { feeInAccount } from "./fee-in-account.ts";
import type { Portfolio } from "./portfolio.ts";

/**
 * Shares to order so that a holding becomes `fraction` of the portfolio's value less the free part (LEAN's
 * `GetMaximumOrderQuantityForTargetBuyingPower`): iterates because the fee lowers the target.
 */
export function quantityForTarget(
  target: { readonly security: Security; readonly fraction: Decimal; readonly time: number },
  account: { readonly portfolio: Portfolio; readonly settings: AlgorithmSettings },
): Decimal {
  const { security, fraction, time } = target;
  const { portfolio, settings } = account;
  if (security.price.isZero) return Decimal.ZERO;
  const value = portfolio.totalPortfolioValue;
  if (value.isZero) return Decimal.ZERO;
  const free = settings.freePortfolioValue ?? value.multiply(settings.freePortfolioValuePercentage);
  const marginFraction = fraction.multiply(value.subtract(free)).divide(value).divide(security.leverage);
  if (security.isCashOnly) return quantityForBalance(portfolio, security, { fraction: marginFraction, time });
  let margin = marginFraction.multiply(value);
  if (margin.isZero) return security.quantity.negate();
  const rate = security.marginRate;
  const unit = security.toAccount(security.price).multiply(rate);
  if (unit.isZero) return Decimal.ZERO;
  const current = security.valueOf(security.quantity).multiply(rate);
  const minimum = value.multiply(settings.minimumOrderMarginPortfolioPercentage);
  if (margin.subtract(current).abs().lessThan(minimum)) return Decimal.ZERO;
  let last: Decimal | undefined;
  for (;;) {
    const quantity = towardsSmallerPosition(security, margin, unit);
    if (quantity.isZero) return Decimal.ZERO;
    const order = new Order({
      type: ORDER_TYPE.MARKET,
      symbol: security.symbol,
      quantity,
      time,
      tag: "",
      properties: { timeInForce: GOOD_TIL_CANCELED },
    });
    const fee = feeInAccount(portfolio, security, order);
    const final = marginAfter(security, quantity);
    margin = value.subtract(fee).multiply(marginFraction);
    if (!final.abs().greaterThan(margin.abs())) return quantity;
    // LEAN throws here; a fee that swallows the target cannot be met by any quantity.
    if (last?.equals(quantity) === true) return Decimal.ZERO;
    last = quantity;
  }
}

function marginAfter(security: Security, quantity: Decimal): Decimal {
  return security.valueOf(quantity.add(security.quantity)).multiply(security.marginRate);
}

function towardsSmallerPosition(security: Security, margin: Decimal, unit: Decimal): Decimal {
  const isShort = margin.sign < 0;
  const exact = security.quantity.negate().add(margin.divide(unit));
  const { lotSize } = security.properties;
  let quantity = inLots(exact, lotSize, isShort);
  const step = isShort ? lotSize : lotSize.negate();
  for (;;) {
    const reached = marginAfter(security, quantity);
    const isBeyond = isShort ? reached.lessThan(margin) : reached.greaterThan(margin);
    if (!isBeyond) return quantity;
    quantity = quantity.add(step);
  }
}

function inLots(quantity: Decimal, lotSize: Decimal, isUp: boolean): Decimal {
  if (lotSize === Decimal.ONE) return isUp ? quantity.ceil() : quantity.floor();
  const lots = quantity.divide(lotSize);
  return (isUp ? lots.ceil() : lots.floor()).multiply(lotSize);
}
