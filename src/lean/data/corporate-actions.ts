import { Decimal } from "../../domain/decimal.ts";
import type { Security } from "../securities/security.ts";
import { MICROS_PER_DAY, dayOf } from "../time/civil-date.ts";
import type { CorporateEvent } from "./corporate-event.ts";
import type { FactorRow } from "./factor-file.ts";

/** A corporate event and when its slice comes, UTC microseconds. */
export interface TimedEvent {
  readonly utc: number;
  readonly event: CorporateEvent;
}

/** Dividends, splits and delisting of a security, as LEAN reads them from factor and map files. */
export class CorporateActions {
  readonly #security: Security;

  constructor(security: Security) {
    this.#security = security;
  }

  /** Events between two wall-clock times of the exchange, all at midnight. */
  between(from: number, to: number): TimedEvent[] {
    return [...this.#delisting(from, to), ...this.#symbolChanges(from, to), ...this.#factorChanges(from, to)];
  }

  #at(local: number, event: CorporateEvent): TimedEvent {
    return { utc: this.#security.hours.zone.toUtc(local), event };
  }

  #delisting(from: number, to: number): TimedEvent[] {
    const { symbol, map } = this.#security;
    const warning = map.lastDay * MICROS_PER_DAY;
    if (warning < from || warning > to) return [];
    const price = Decimal.ZERO;
    const events = [this.#at(warning, { kind: "delisting", symbol, type: 0, price })];
    const delisted = warning + MICROS_PER_DAY;
    if (delisted <= to) events.push(this.#at(delisted, { kind: "delisting", symbol, type: 1, price }));
    return events;
  }

  /** The new ticker counts from the day after the old one's last day. */
  #symbolChanges(from: number, to: number): TimedEvent[] {
    const { symbol, map } = this.#security;
    return map.rows.flatMap((row, index) => {
      const next = map.rows[index + 1];
      const local = (row.day + 1) * MICROS_PER_DAY;
      if (next === undefined || next.ticker === row.ticker || local <= from || local > to) return [];
      const oldSymbol = row.ticker.toUpperCase();
      return this.#at(local, { kind: "symbol-changed", symbol, oldSymbol, newSymbol: next.ticker.toUpperCase() });
    });
  }

  #factorChanges(from: number, to: number): TimedEvent[] {
    const { rows } = this.#security.factors;
    return rows.flatMap((row, index) => {
      const next = rows[index + 1];
      return next === undefined ? [] : this.#change(row, next, { from, to });
    });
  }

  #change(row: FactorRow, next: FactorRow, stretch: { readonly from: number; readonly to: number }): TimedEvent[] {
    const { symbol, hours } = this.#security;
    const rowTime = row.day * MICROS_PER_DAY;
    const exDate = hours.tradingDayFrom(row.day + 1) * MICROS_PER_DAY;
    const events: TimedEvent[] = [];
    const { referencePrice } = row;
    const isSplit = !next.splitFactor.equals(row.splitFactor);
    const splitFactor = row.splitFactor.divide(next.splitFactor);
    if (isSplit && rowTime >= stretch.from && rowTime <= stretch.to) {
      events.push(this.#at(rowTime, { kind: "split", symbol, type: 0, splitFactor, referencePrice }));
    }
    if (row.day < dayOf(stretch.from) || exDate > stretch.to) return events;
    if (isSplit) events.push(this.#at(exDate, { kind: "split", symbol, type: 1, splitFactor, referencePrice }));
    if (!next.priceFactor.equals(row.priceFactor)) {
      const ratio = row.priceFactor.divide(next.priceFactor);
      const distribution = referencePrice.subtract(referencePrice.multiply(ratio)).round(2);
      events.push(this.#at(exDate, { kind: "dividend", symbol, distribution, referencePrice }));
    }
    return events;
  }
}
