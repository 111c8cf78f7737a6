import type { AccountSnapshot, WorkingOrder } from "../../domain/account-snapshot.ts";
import { Decimal } from "../../domain/decimal.ts";
import { isShown, type Reservation } from "./reservation.ts";

/** What an account has of one symbol, and what may still be bought and sold of it. All but `position` are not negative. */
export interface SymbolExposure {
  readonly position: Decimal;
  /** Account currency for one unit. */
  readonly mark: Decimal;
  readonly buys: Decimal;
  readonly buyUnit: Decimal;
  readonly sells: Decimal;
  readonly sellUnit: Decimal;
}

/** An order that may fill: signed quantity and the most that one unit can be worth in account currency. */
export interface PendingOrder {
  readonly symbol: string;
  readonly quantity: Decimal;
  readonly unitValue: Decimal;
}

/** Everything that an account has or may have by its open orders. */
export interface Exposure {
  readonly symbols: ReadonlyMap<string, SymbolExposure>;
  /** The worst cases of all symbols together, in account currency. */
  readonly gross: Decimal;
}

const NOTHING: SymbolExposure = {
  position: Decimal.ZERO,
  mark: Decimal.ZERO,
  buys: Decimal.ZERO,
  buyUnit: Decimal.ZERO,
  sells: Decimal.ZERO,
  sellUnit: Decimal.ZERO,
};

/** What is there of a symbol. */
export function exposureOf({ symbols }: Exposure, symbol: string): SymbolExposure {
  return symbols.get(symbol) ?? NOTHING;
}

/**
 * The most that a symbol can come to be worth, whichever of its orders fill, wholly or in part: the longer end of the
 * span from all sells to all buys. What reduces earns no room before it filled.
 */
export function worstCase({ position, mark, buys, buyUnit, sells, sellUnit }: SymbolExposure): Decimal {
  // The usual case, and the cheap one: with orders of one side only, its end is the longer one.
  if (sells.isZero && position.sign >= 0) return position.add(buys).multiply(mark.max(buyUnit));
  if (buys.isZero && position.sign <= 0) return position.subtract(sells).abs().multiply(mark.max(sellUnit));
  const long = position.add(buys).abs().multiply(mark.max(buyUnit));
  const short = position.subtract(sells).abs().multiply(mark.max(sellUnit));
  return long.max(short);
}

/** A symbol with one more order that may fill. */
export function withPending(exposure: SymbolExposure, { quantity, unitValue }: PendingOrder): SymbolExposure {
  return quantity.sign > 0
    ? { ...exposure, buys: exposure.buys.add(quantity), buyUnit: exposure.buyUnit.max(unitValue) }
    : { ...exposure, sells: exposure.sells.subtract(quantity), sellUnit: exposure.sellUnit.max(unitValue) };
}

/** What a symbol and all symbols together come to with one more order; `mark` is what a unit is worth by now. */
export function projected(
  exposure: Exposure,
  pending: PendingOrder,
  mark: Decimal,
): { readonly symbol: Decimal; readonly gross: Decimal } {
  const before = exposureOf(exposure, pending.symbol);
  const symbol = worstCase(withPending({ ...before, mark: before.mark.max(mark) }, pending));
  return { symbol, gross: exposure.gross.subtract(worstCase(before)).add(symbol) };
}

/**
 * Whether an order can only bring the position nearer to zero: the other way, and not across zero together with all
 * open orders of its side.
 */
export function isReduction(exposure: SymbolExposure, quantity: Decimal): boolean {
  const { position, buys, sells } = exposure;
  if (position.sign === 0 || position.sign === quantity.sign) return false;
  const ofThisSide = quantity.sign > 0 ? buys : sells;
  return ofThisSide.add(quantity.abs()).compare(position.abs()) <= 0;
}

/** Positions, working orders and the reservations that neither show yet. */
export function exposureWith(snapshot: AccountSnapshot, reservations: Iterable<Reservation>): Exposure {
  const { exposure, byTag } = indexOf(snapshot);
  const symbols = new Map(exposure.symbols);
  let { gross } = exposure;
  for (const reservation of reservations) {
    if (isShown(reservation, snapshot) || isSame(byTag.get(reservation.key), reservation)) continue;
    const before = symbols.get(reservation.symbol) ?? NOTHING;
    const after = withPending(before, reservation);
    symbols.set(reservation.symbol, after);
    gross = gross.subtract(worstCase(before)).add(worstCase(after));
  }
  return { symbols, gross };
}

interface SnapshotIndex {
  readonly exposure: Exposure;
  readonly byTag: ReadonlyMap<string, WorkingOrder>;
}

// Snapshots are values: the sums over a large account are made once for all orders that are judged by it.
const indexes = new WeakMap<AccountSnapshot, SnapshotIndex>();

function indexOf(snapshot: AccountSnapshot): SnapshotIndex {
  const known = indexes.get(snapshot);
  if (known !== undefined) return known;
  const symbols = new Map<string, SymbolExposure>();
  const byTag = new Map<string, WorkingOrder>();
  for (const { symbol, quantity, unitValue } of snapshot.positions) {
    const before = symbols.get(symbol) ?? NOTHING;
    symbols.set(symbol, { ...before, position: before.position.add(quantity), mark: before.mark.max(unitValue) });
  }
  for (const order of snapshot.workingOrders) {
    const { symbol, quantity, filled, unitValue, tag } = order;
    if (tag !== null) byTag.set(tag, order);
    const pending = { symbol, quantity: quantity.subtract(filled), unitValue };
    if (!pending.quantity.isZero) symbols.set(symbol, withPending(symbols.get(symbol) ?? NOTHING, pending));
  }
  let gross = Decimal.ZERO;
  for (const one of symbols.values()) gross = gross.add(worstCase(one));
  const index = { exposure: { symbols, gross }, byTag };
  indexes.set(snapshot, index);
  return index;
}

/** Whether the snapshot itself lists the order of a reservation, as whole as it was reserved. */
function isSame(order: WorkingOrder | undefined, { symbol, quantity }: Reservation): boolean {
  return order !== undefined && order.symbol === symbol && order.quantity.equals(quantity);
}
