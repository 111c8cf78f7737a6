import { Decimal } from "../../domain/decimal.ts";
import type { Fill } from "../../lean/backtest-result.ts";

/** One position that was opened and closed again. Amounts are in account currency, times integer microseconds UTC. */
export interface ClosedTrade {
  readonly symbol: string;
  readonly symbolId: string;
  readonly isLong: boolean;
  readonly entryTime: number;
  readonly entryPrice: Decimal;
  readonly exitTime: number;
  readonly exitPrice: Decimal;
  /** Above 0. */
  readonly quantity: Decimal;
  /** Before fees. */
  readonly profitLoss: Decimal;
  readonly totalFees: Decimal;
  readonly orderIds: readonly number[];
}

interface OpenLot {
  readonly isLong: boolean;
  readonly time: number;
  readonly price: Decimal;
  readonly orderId: number;
  quantity: Decimal;
  fee: Decimal;
}

const ZERO = Decimal.of(0n, 0);

/**
 * Matches fills with those before them, first in first out, as LEAN's trade builder does by default: each fill opens a
 * trade or closes the oldest ones. A fee is shared by quantity among the trades that its fill takes part in.
 */
export function closedTrades(fills: readonly Fill[]): ClosedTrade[] {
  const open = new Map<string, OpenLot[]>();
  const closed: ClosedTrade[] = [];
  for (const fill of fills) {
    const lots = open.get(fill.symbolId) ?? [];
    open.set(fill.symbolId, lots);
    closed.push(...applyFill(fill, lots));
  }
  return closed;
}

function applyFill(fill: Fill, lots: OpenLot[]): ClosedTrade[] {
  const signed = Decimal.parse(fill.quantity);
  const isLong = signed.greaterThan(ZERO);
  const price = Decimal.parse(fill.price);
  const whole = signed.abs();
  const fee = Decimal.parse(fill.fee);
  const feeOf = (quantity: Decimal): Decimal => fee.multiply(quantity).divide(whole);
  const closed: ClosedTrade[] = [];
  let left = whole;
  while (left.greaterThan(ZERO)) {
    const lot = lots[0];
    if (lot === undefined || lot.isLong === isLong) {
      lots.push({ isLong, time: fill.timeUtc, price, orderId: fill.orderId, quantity: left, fee: feeOf(left) });
      break;
    }
    const quantity = lot.quantity.min(left);
    const entryFee = lot.fee.multiply(quantity).divide(lot.quantity);
    const gain = lot.isLong ? price.subtract(lot.price) : lot.price.subtract(price);
    closed.push({
      symbol: fill.symbol,
      symbolId: fill.symbolId,
      isLong: lot.isLong,
      entryTime: lot.time,
      entryPrice: lot.price,
      exitTime: fill.timeUtc,
      exitPrice: price,
      quantity,
      profitLoss: gain.multiply(quantity),
      totalFees: entryFee.add(feeOf(quantity)),
      orderIds: [...new Set([lot.orderId, fill.orderId])],
    });
    left = left.subtract(quantity);
    lot.quantity = lot.quantity.subtract(quantity);
    lot.fee = lot.fee.subtract(entryFee);
    if (!lot.quantity.greaterThan(ZERO)) lots.shift();
  }
  return closed;
}
