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
  /** Symbols that are otherwise by now than `symbols` says. */
  readonly changed: ReadonlyMap<string, SymbolExposure>;
  /** The worst cases of all symbols together, in account currency. */
  readonly gross: Decimal;
  /** A symbol whose open orders nobody knows the worth of. */
  readonly unvalued: string | undefined;
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
export function exposureOf({ symbols, changed }: Exposure, symbol: string): SymbolExposure {
  return changed.get(symbol) ?? symbols.get(symbol) ?? NOTHING;
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
export function withPending(exposure: SymbolExposure, pending: PendingOrder): SymbolExposure {
  const tally = { ...exposure };
  addPending(tally, pending);
  return tally;
}

/** A symbol while it is counted up: large accounts are counted anew for each snapshot, so nothing is copied there. */
type Tally = { -readonly [Field in keyof SymbolExposure]: SymbolExposure[Field] };

function addPending(tally: Tally, { quantity, unitValue }: PendingOrder): void {
  if (quantity.sign > 0) {
    tally.buys = tally.buys.add(quantity);
    tally.buyUnit = tally.buyUnit.max(unitValue);
  } else {
    tally.sells = tally.sells.subtract(quantity);
    tally.sellUnit = tally.sellUnit.max(unitValue);
  }
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
  const changed = new Map<string, SymbolExposure>();
  let { gross } = exposure;
  for (const reservation of reservations) {
    if (isShown(reservation, snapshot) || isSame(byTag.get(reservation.key), reservation)) continue;
    const before = exposureOf({ ...exposure, changed }, reservation.symbol);
    const after = withPending(before, reservation);
    changed.set(reservation.symbol, after);
    gross = gross.subtract(worstCase(before)).add(worstCase(after));
  }
  return { ...exposure, changed, gross };
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
  const symbols = new Map<string, Tally>();
  const byTag = new Map<string, WorkingOrder>();
  const tallyOf = (symbol: string): Tally => {
    const found = symbols.get(symbol);
    if (found !== undefined) return found;
    const tally = { ...NOTHING };
    symbols.set(symbol, tally);
    return tally;
  };
  for (const { symbol, quantity, unitValue } of snapshot.positions) {
    const tally = tallyOf(symbol);
    tally.position = tally.position.add(quantity);
    tally.mark = tally.mark.max(unitValue);
  }
  for (const order of snapshot.workingOrders) {
    const { symbol, quantity, filled, unitValue, tag } = order;
    if (tag !== null) byTag.set(tag, order);
    const left = filled.isZero ? quantity : quantity.subtract(filled);
    if (!left.isZero) addPending(tallyOf(symbol), { symbol, quantity: left, unitValue });
  }
  let gross = Decimal.ZERO;
  let unvalued: string | undefined;
  for (const [symbol, one] of symbols) {
    gross = gross.add(worstCase(one));
    const hasUnvalued = !(
      isValued(one.buys, one.mark.max(one.buyUnit)) && isValued(one.sells, one.mark.max(one.sellUnit))
    );
    if (hasUnvalued) unvalued = symbol;
  }
  const exposure = { symbols, changed: new Map<string, SymbolExposure>(), gross, unvalued };
  const index = { exposure, byTag };
  indexes.set(snapshot, index);
  return index;
}

function isValued(quantity: Decimal, unit: Decimal): boolean {
  return quantity.isZero || unit.sign > 0;
}

/** Whether the snapshot itself lists the order of a reservation, as whole as it was reserved. */
function isSame(order: WorkingOrder | undefined, { symbol, quantity }: Reservation): boolean {
  return order !== undefined && order.symbol === symbol && order.quantity.equals(quantity);
}
