import type { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { SECURITY } from "../board.ts";
import type { CorporateEvent, Dividend, Split } from "../data/corporate-event.ts";
import { NORMALIZATION } from "../data/factor-file.ts";
import type { Security } from "../securities/security.ts";

const DELISTED = 1;
const SPLIT_OCCURRED = 1;

/**
 * What dividends, splits, delistings and renames do to the account, before the strategy hears of them. True if a
 * security left (the universe changed).
 */
export function applyCorporateEvents(algorithm: QcAlgorithm, events: readonly CorporateEvent[]): boolean {
  let hasLeft = false;
  for (const event of events) {
    const security = algorithm.securities.find(event.symbol);
    if (security === undefined) continue;
    if (event.kind === "dividend") payDividend(algorithm, security, event);
    else if (event.kind === "split") splitHolding(algorithm, security, event);
    else if (event.kind === "symbol-changed") {
      algorithm.positions.cancelOpenOrders(security.symbol, "Open order cancelled on symbol changed event");
    } else if (event.type === DELISTED) {
      delist(algorithm, security);
      hasLeft = true;
    }
  }
  return hasLeft;
}

/** Adjusted prices already contain dividends; cash is paid in the other modes. */
function payDividend(algorithm: QcAlgorithm, security: Security, event: Dividend): void {
  const { normalization } = security;
  if (normalization !== NORMALIZATION.RAW && normalization !== NORMALIZATION.SPLIT_ADJUSTED) return;
  if (security.isInvested) algorithm.portfolio.addCash(security.quantity.multiply(event.distribution));
}

/** With raw prices a split changes the holding; the fraction of a share is paid in cash. */
function splitHolding(algorithm: QcAlgorithm, security: Security, event: Split): void {
  if (event.type !== SPLIT_OCCURRED || security.normalization !== NORMALIZATION.RAW) return;
  for (const order of algorithm.positions.openOrders(security)) {
    order.quantity = truncated(order.quantity.divide(event.splitFactor));
    order.limitPrice = order.limitPrice.multiply(event.splitFactor);
    order.stopPrice = order.stopPrice.multiply(event.splitFactor);
    order.triggerPrice = order.triggerPrice.multiply(event.splitFactor);
  }
  if (!security.isInvested) return;
  const exact = security.quantity.divide(event.splitFactor);
  const whole = truncated(exact);
  const reference = event.referencePrice.multiply(event.splitFactor);
  algorithm.portfolio.addCash(exact.subtract(whole).multiply(reference));
  security.quantity = whole;
  security.averagePrice = security.averagePrice.multiply(event.splitFactor);
  security.writeState();
  algorithm.portfolio.writeInvested();
}

function truncated(value: Decimal): Decimal {
  return value.sign < 0 ? value.ceil() : value.floor();
}

/** The security can no longer be traded; its feeds end with this step. */
function delist(algorithm: QcAlgorithm, security: Security): void {
  algorithm.positions.cancelOpenOrders(security.symbol, "Liquidate from delisting");
  security.isDelisted = true;
  algorithm.processor.settleDelisted(security);
  algorithm.securities.remove(security);
  algorithm.board.values[security.boardOffset + SECURITY.IS_TRADABLE] = 0;
}
