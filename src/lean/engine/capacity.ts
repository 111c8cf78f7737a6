import { Decimal } from "../../domain/decimal.ts";
import { RESOLUTION } from "../data/resolution.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import { ORDER_STATUS } from "../orders/order.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, dayOf } from "../time/civil-date.ts";

const TRADING_MINUTES = Decimal.of(390n, 0);
const LEAST_DISCOUNT = Decimal.parse("0.20");
const TWO = Decimal.of(2n, 0);
const NEW_SHARE = Decimal.parse("0.33");
const OLD_SHARE = Decimal.parse("0.66");
const UNIT = Decimal.of(1000n, 0);
const UNIT_TEXT = Decimal.parse("1000.00");
const FORGET_AFTER = 30 * MICROS_PER_DAY;
/** Part of a bar's volume that one may trade, by resolution. */
const SCALES: Readonly<Record<number, Decimal>> = {
  [RESOLUTION.SECOND]: Decimal.parse("0.50"),
  [RESOLUTION.MINUTE]: Decimal.parse("0.20"),
  [RESOLUTION.HOUR]: Decimal.parse("0.05"),
  [RESOLUTION.DAILY]: Decimal.parse("0.02"),
};

interface SymbolCapacity {
  readonly security: Security;
  saleVolume: Decimal;
  trades: number;
  marketCapacity: Decimal;
  scale: Decimal;
  discount: Decimal;
  average: Decimal;
  lastFill: number;
  lastBar: number | undefined;
  lastVolume: number;
  isStale: boolean;
}

/** LEAN's capacity estimate: how much the bars after each fill could have taken. Times are UTC microseconds. */
export class CapacityEstimate {
  #capacity: Decimal = Decimal.ZERO;
  #smallest: LeanSymbol | undefined;
  readonly #bySecurity = new Map<Security, SymbolCapacity>();
  readonly #watched = new Set<SymbolCapacity>();
  readonly #period: number;
  #next: number;

  constructor(start: number, end: number) {
    const days = (end - start) / MICROS_PER_DAY;
    this.#period = Math.max(Math.min(days - 1, 7), 1) * MICROS_PER_DAY;
    this.#next = start + this.#period;
  }

  get capacity(): Decimal {
    return this.#capacity.divide(UNIT).round().multiply(UNIT_TEXT);
  }

  get lowestCapacityAsset(): LeanSymbol | undefined {
    return this.#smallest;
  }

  /** Whether `update` has anything to do before the next snapshot. */
  get isIdle(): boolean {
    return this.#bySecurity.size === 0;
  }

  onOrderEvent(event: OrderEvent, security: Security): void {
    if (event.status !== ORDER_STATUS.FILLED && event.status !== ORDER_STATUS.PARTIALLY_FILLED) return;
    const known = this.#bySecurity.get(security);
    const entry = known ?? newEntry(security, event.utcTime);
    if (known === undefined) this.#bySecurity.set(security, entry);
    entry.saleVolume = entry.saleVolume.add(security.toAccount(event.fillPrice.multiply(event.fillQuantity.abs())));
    const minutes = Decimal.fromNumber((event.utcTime - entry.lastFill) / MICROS_PER_MINUTE);
    const discount = TWO.multiply(minutes.divide(TRADING_MINUTES));
    entry.discount = discount.greaterThan(Decimal.ONE) ? Decimal.ONE : LEAST_DISCOUNT.max(discount);
    if (entry.isStale) {
      entry.marketCapacity = Decimal.ZERO;
      entry.trades = 0;
      entry.isStale = false;
    }
    entry.trades += 1;
    entry.lastFill = event.utcTime;
    this.#watched.add(entry);
  }

  /** Collects the bars of this step and takes a snapshot when due. */
  update(utc: number, options: { readonly portfolio: Portfolio; readonly force: boolean }): void {
    for (const entry of this.#watched) this.#collect(entry, utc);
    const midnight = dayOf(utc) * MICROS_PER_DAY;
    if (options.force || (midnight >= this.#next && this.#bySecurity.size > 0)) {
      if (this.#snapshot(utc, options.portfolio)) this.#next = midnight + this.#period;
    }
  }

  #collect(entry: SymbolCapacity, utc: number): void {
    const { trade } = entry.security;
    // Bars filled forward have no volume, so only a real bar of this very step counts.
    if (trade.endUtc !== utc || trade.volume === 0) return;
    const close = entry.security.toAccount(trade.barClose);
    const volume = Decimal.fromNumber(trade.volume);
    const minutes = Decimal.fromNumber((utc - (entry.lastBar ?? utc)) / MICROS_PER_MINUTE);
    entry.average =
      entry.lastBar === undefined || minutes.isZero
        ? close.multiply(volume)
        : close.multiply(volume.add(Decimal.fromNumber(entry.lastVolume))).divide(minutes);
    entry.lastBar = utc;
    entry.lastVolume = trade.volume;
    const resolution = resolutionOf(trade.end - trade.start);
    if (isIncluded(entry, utc, resolution)) {
      entry.scale = SCALES[resolution] ?? Decimal.ONE;
      entry.marketCapacity = entry.marketCapacity.add(close.multiply(entry.discount).multiply(volume));
    } else this.#watched.delete(entry);
  }

  #snapshot(utc: number, portfolio: Portfolio): boolean {
    const value = portfolio.totalPortfolioValue;
    const entries = [...this.#bySecurity.values()];
    const [first] = entries;
    if (value.isZero || first === undefined) return false;
    const sales = entries.reduce((sum, entry) => sum.add(entry.saleVolume), Decimal.ZERO);
    const smallest = entries.reduce((least, entry) => (scaled(entry).lessThan(scaled(least)) ? entry : least), first);
    const { security } = smallest;
    this.#smallest = security.symbol;
    const saleShare = sales.isZero ? Decimal.ZERO : smallest.saleVolume.divide(sales);
    const holding = security.isCashOnly
      ? Decimal.ZERO
      : security.holdingsValue.abs().multiply(security.marginRate).multiply(security.leverage);
    const share = saleShare.max(holding.divide(value));
    const perTrade = scaled(smallest).divide(Decimal.fromNumber(smallest.trades));
    const fresh = share.isZero ? this.#capacity : perTrade.divide(share);
    this.#capacity = this.#capacity.isZero ? fresh : NEW_SHARE.multiply(fresh).add(this.#capacity.multiply(OLD_SHARE));
    for (const entry of entries) this.#age(entry, utc);
    return true;
  }

  #age(entry: SymbolCapacity, utc: number): void {
    if (entry.security.isInvested || utc < entry.lastFill + FORGET_AFTER) {
      entry.isStale = true;
      entry.saleVolume = Decimal.ZERO;
      return;
    }
    this.#bySecurity.delete(entry.security);
    this.#watched.delete(entry);
  }
}

function newEntry(security: Security, utc: number): SymbolCapacity {
  return {
    security,
    saleVolume: Decimal.ZERO,
    trades: 0,
    marketCapacity: Decimal.ZERO,
    scale: Decimal.ZERO,
    discount: Decimal.ONE,
    average: Decimal.ZERO,
    lastFill: utc - MICROS_PER_DAY,
    lastBar: undefined,
    lastVolume: 0,
    isStale: false,
  };
}

function scaled(entry: SymbolCapacity): Decimal {
  return entry.marketCapacity.multiply(entry.scale);
}

/** A precise daily bar of 6.5 hours counts as an hour bar. */
function resolutionOf(period: number): number {
  if (period >= MICROS_PER_DAY) return RESOLUTION.DAILY;
  if (period >= MICROS_PER_HOUR) return RESOLUTION.HOUR;
  return period >= MICROS_PER_MINUTE ? RESOLUTION.MINUTE : RESOLUTION.SECOND;
}

/** Bars count until a time after the fill that grows as the asset trades less. */
function isIncluded(entry: SymbolCapacity, utc: number, resolution: number): boolean {
  if (resolution >= RESOLUTION.HOUR) {
    const unit = resolution === RESOLUTION.HOUR ? MICROS_PER_HOUR : MICROS_PER_DAY;
    const next = Math.ceil(entry.lastFill / unit) * unit;
    return resolution === RESOLUTION.HOUR
      ? utc === next
      : utc === entry.lastFill || dayOf(utc) * MICROS_PER_DAY === next;
  }
  const isMinute = resolution === RESOLUTION.MINUTE;
  const liquid = isMinute ? 6_000_000 : 100_000;
  const ratio = entry.average.isZero ? 10 : liquid / entry.average.toNumber();
  const minutes = ratio > 120 ? 120 : Math.trunc(Math.max(isMinute ? 1 : 5, ratio));
  return utc <= entry.lastFill + minutes * MICROS_PER_MINUTE;
}
