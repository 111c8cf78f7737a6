import type { Decimal } from "../../domain/decimal.ts";
import { Decimal as Dec } from "../../domain/decimal.ts";
import { RESOLUTION, spanOf } from "../data/resolution.ts";
import { SECURITY_TYPE } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_HOUR, dayOf } from "../time/civil-date.ts";
import { ORDER_TYPE, type Order } from "./order.ts";

/** What a fill depends on besides the order: the security, the exchange's wall clock and LEAN's stale price span. */
export interface FillContext {
  readonly security: Security;
  /** Exchange wall clock. */
  readonly now: number;
  readonly stalePriceSpan: number;
}

type FillRule = (order: Order, context: FillContext) => Decimal | undefined;

/**
 * Price at which LEAN's `EquityFillModel` (for pairs its `FillModel`) fills an order now, before slippage; `undefined`
 * while it does not. Stop limit, trailing and if-touched orders note their trigger on the order.
 */
export function fillPrice(order: Order, context: FillContext): Decimal | undefined {
  if (!isExchangeOpen(context)) return undefined;
  const isEquity = order.symbol.securityType === SECURITY_TYPE.EQUITY;
  return (isEquity ? RULES : PAIR_RULES)[order.type]?.(order, context);
}

/** Open now, or the latest bar belongs to a session that has just closed. */
function isExchangeOpen({ security, now }: FillContext): boolean {
  const { hours, trade } = security;
  if (hours.isOpen(now)) return true;
  if (!trade.exists) return false;
  const isLong = trade.end - trade.start > MICROS_PER_HOUR;
  const isCurrent = isLong ? dayOf(now) === dayOf(trade.end) : now <= trade.end;
  return isCurrent && hours.isOpenDuring(trade.start, trade.end);
}

function hasNewTrade(order: Order, security: Security): boolean {
  return security.trade.exists && security.trade.endUtc > order.time;
}

/** Best price of a side and, if it is older than the stale span, when it is from (exchange wall clock). */
function bestPrice(
  order: Order,
  context: FillContext,
  isAsk: boolean,
): { readonly price: Decimal; readonly staleSince: number | undefined } | undefined {
  const { security } = context;
  const { quote, trade } = security;
  const oldest = security.hours.zone.toLocal(order.time) - context.stalePriceSpan;
  let best: { price: Decimal; at: number } | undefined;
  if (security.resolution < RESOLUTION.HOUR && quote.exists) {
    const side = isAsk ? quote.hasAsk : quote.hasBid;
    const price = side === isAsk ? quote.barAskClose : quote.barClose;
    if (quote.end >= oldest) return { price, staleSince: undefined };
    best = { price, at: quote.end };
  }
  if (trade.exists && (best === undefined || trade.end > best.at)) {
    if (trade.end >= oldest) return { price: trade.barClose, staleSince: undefined };
    best = { price: trade.barClose, at: trade.end };
  }
  return best === undefined ? undefined : { price: best.price, staleSince: best.at };
}

function marketFill(order: Order, context: FillContext): Decimal | undefined {
  const { security } = context;
  const best = bestPrice(order, context, order.quantity.sign > 0);
  if (best === undefined) return undefined;
  if (best.staleSince !== undefined) {
    if (security.resolution >= RESOLUTION.HOUR) return undefined;
    if (order.time - security.hours.zone.toUtc(best.staleSince) > spanOf(security.resolution)) return undefined;
  }
  return best.price;
}

function limitFill(order: Order, { security }: FillContext): Decimal | undefined {
  if (!hasNewTrade(order, security)) return undefined;
  const { trade } = security;
  const limit = order.limitPrice;
  if (order.quantity.sign > 0) return trade.low.lessThan(limit) ? trade.open.min(limit) : undefined;
  return trade.high.greaterThan(limit) ? trade.open.max(limit) : undefined;
}

function stopMarketFill(order: Order, { security }: FillContext): Decimal | undefined {
  if (!hasNewTrade(order, security)) return undefined;
  const { trade } = security;
  const stop = order.stopPrice;
  if (order.quantity.sign < 0) return trade.low.greaterThan(stop) ? undefined : trade.open.min(stop);
  return trade.high.lessThan(stop) ? undefined : trade.open.max(stop);
}

interface SideBar {
  readonly endUtc: number;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
}

/** Bar of the side that an order trades against, else the trade bar. */
function sideBar(order: Order, security: Security): SideBar | undefined {
  const { quote, trade } = security;
  const isBuy = order.quantity.sign > 0;
  const hasQuotes = security.resolution < RESOLUTION.HOUR || security.symbol.securityType !== SECURITY_TYPE.EQUITY;
  if (hasQuotes && quote.exists) {
    if (isBuy && quote.hasAsk) {
      return { endUtc: quote.endUtc, high: quote.askHigh, low: quote.askLow, close: quote.barAskClose };
    }
    if (!isBuy && quote.hasBid) {
      return { endUtc: quote.endUtc, high: quote.high, low: quote.low, close: quote.barClose };
    }
  }
  if (!trade.exists) return undefined;
  return { endUtc: trade.endUtc, high: trade.high, low: trade.low, close: trade.barClose };
}

function stopLimitFill(order: Order, { security }: FillContext): Decimal | undefined {
  const bar = sideBar(order, security);
  if (bar === undefined || bar.endUtc <= order.time) return undefined;
  if (order.quantity.sign > 0) {
    if (!order.stopTriggered && !bar.high.greaterThan(order.stopPrice)) return undefined;
    order.stopTriggered = true;
    return bar.close.lessThan(order.limitPrice) ? bar.high.min(order.limitPrice) : undefined;
  }
  if (!order.stopTriggered && !bar.low.lessThan(order.stopPrice)) return undefined;
  order.stopTriggered = true;
  return bar.close.greaterThan(order.limitPrice) ? bar.low.max(order.limitPrice) : undefined;
}

function trailingStopFill(order: Order, { security }: FillContext): Decimal | undefined {
  const bar = sideBar(order, security);
  if (bar === undefined || bar.endUtc <= order.time) return undefined;
  const isBuy = order.quantity.sign > 0;
  if (isBuy && !bar.high.lessThan(order.stopPrice)) return order.stopPrice.max(bar.close);
  if (!isBuy && !bar.low.greaterThan(order.stopPrice)) return order.stopPrice.min(bar.close);
  moveStop(order, isBuy ? bar.low : bar.high);
  return undefined;
}

/** Draws the stop after the market, never away from it. */
function moveStop(order: Order, extreme: Decimal): void {
  const isBuy = order.quantity.sign > 0;
  const distance = isBuy ? order.stopPrice.subtract(extreme) : extreme.subtract(order.stopPrice);
  const trail = order.trailingAsPercentage ? extreme.multiply(order.trailingAmount) : order.trailingAmount;
  if (!distance.greaterThan(trail)) return;
  if (order.trailingAsPercentage) {
    const ratio = isBuy ? Dec.ONE.add(order.trailingAmount) : Dec.ONE.subtract(order.trailingAmount);
    order.stopPrice = extreme.multiply(ratio);
  } else order.stopPrice = isBuy ? extreme.add(trail) : extreme.subtract(trail);
}

function limitIfTouchedFill(order: Order, context: FillContext): Decimal | undefined {
  const { security } = context;
  if (!hasNewTrade(order, security)) return undefined;
  const { trade } = security;
  const isBuy = order.quantity.sign > 0;
  const touched = isBuy ? !trade.low.greaterThan(order.triggerPrice) : !trade.high.lessThan(order.triggerPrice);
  if (!touched && !order.triggerTouched) return undefined;
  order.triggerTouched = true;
  const best = bestPrice(order, context, isBuy);
  if (best === undefined) return undefined;
  if (isBuy) return best.price.greaterThan(order.limitPrice) ? undefined : best.price;
  return best.price.lessThan(order.limitPrice) ? undefined : best.price;
}

function marketOnOpenFill(order: Order, { security }: FillContext): Decimal | undefined {
  const { trade, hours } = security;
  const submitted = hours.zone.toLocal(order.time);
  if (!trade.exists || trade.start < submitted || submitted >= trade.end) return undefined;
  if (trade.end - trade.start < MICROS_PER_HOUR && !hours.isOpen(trade.start)) return undefined;
  if (hours.isOpen(submitted) && dayOf(submitted) === dayOf(trade.end)) return undefined;
  return trade.open;
}

function marketOnCloseFill(order: Order, { security, now }: FillContext): Decimal | undefined {
  if (now < security.hours.nextClose(security.hours.zone.toLocal(order.time))) return undefined;
  return security.trade.exists ? security.trade.barClose : undefined;
}

const RULES: Readonly<Record<number, FillRule>> = {
  [ORDER_TYPE.MARKET]: marketFill,
  [ORDER_TYPE.LIMIT]: limitFill,
  [ORDER_TYPE.STOP_MARKET]: stopMarketFill,
  [ORDER_TYPE.STOP_LIMIT]: stopLimitFill,
  [ORDER_TYPE.TRAILING_STOP]: trailingStopFill,
  [ORDER_TYPE.LIMIT_IF_TOUCHED]: limitIfTouchedFill,
  [ORDER_TYPE.MARKET_ON_OPEN]: marketOnOpenFill,
  [ORDER_TYPE.MARKET_ON_CLOSE]: marketOnCloseFill,
};

/** Latest bar of the side that is taken; old ones are waited out as for equities. */
function pairMarketFill(order: Order, context: FillContext): Decimal | undefined {
  const { security, stalePriceSpan } = context;
  const bar = sideBar(order, security);
  if (bar === undefined) return undefined;
  if (bar.endUtc + stalePriceSpan < order.time) {
    if (security.resolution >= RESOLUTION.HOUR) return undefined;
    if (order.time - bar.endUtc > spanOf(security.resolution)) return undefined;
  }
  return bar.close;
}

function freshSideBar(order: Order, security: Security): SideBar | undefined {
  const bar = sideBar(order, security);
  return bar === undefined || bar.endUtc <= order.time ? undefined : bar;
}

function pairLimitFill(order: Order, { security }: FillContext): Decimal | undefined {
  const bar = freshSideBar(order, security);
  const limit = order.limitPrice;
  if (bar === undefined) return undefined;
  if (order.quantity.sign > 0) return bar.low.lessThan(limit) ? bar.high.min(limit) : undefined;
  return bar.high.greaterThan(limit) ? bar.low.max(limit) : undefined;
}

function pairStopMarketFill(order: Order, { security }: FillContext): Decimal | undefined {
  const bar = freshSideBar(order, security);
  const stop = order.stopPrice;
  if (bar === undefined) return undefined;
  if (order.quantity.sign < 0) return bar.low.lessThan(stop) ? stop.min(bar.close) : undefined;
  return bar.high.greaterThan(stop) ? stop.max(bar.close) : undefined;
}

/** Fills at the limit once a trade touched the trigger and the other side of the quotes reaches the limit. */
function pairLimitIfTouchedFill(order: Order, { security }: FillContext): Decimal | undefined {
  if (!hasNewTrade(order, security)) return undefined;
  const { trade, quote } = security;
  const isBuy = order.quantity.sign > 0;
  const touched = isBuy ? !trade.low.greaterThan(order.triggerPrice) : !trade.high.lessThan(order.triggerPrice);
  if (!touched && !order.triggerTouched) return undefined;
  order.triggerTouched = true;
  const limit = order.limitPrice;
  const other = quote.exists ? (isBuy ? quote.barClose : quote.barAskClose) : trade.barClose;
  return (isBuy ? other.greaterThan(limit) : other.lessThan(limit)) ? undefined : limit;
}

/** Their market never closes: there are no orders for its open or close. */
const PAIR_RULES: Readonly<Record<number, FillRule>> = {
  [ORDER_TYPE.MARKET]: pairMarketFill,
  [ORDER_TYPE.LIMIT]: pairLimitFill,
  [ORDER_TYPE.STOP_MARKET]: pairStopMarketFill,
  [ORDER_TYPE.STOP_LIMIT]: stopLimitFill,
  [ORDER_TYPE.TRAILING_STOP]: trailingStopFill,
  [ORDER_TYPE.LIMIT_IF_TOUCHED]: pairLimitIfTouchedFill,
};
