import { Decimal } from "../../domain/decimal.ts";
import type { BarConsumer, ConsolidatedListener } from "../consolidators/bar-consumer.ts";
import { CountConsolidator, PeriodConsolidator, fixedPeriod, marketDay } from "../consolidators/period-consolidator.ts";
import { ClassicRenkoConsolidator, type RenkoSelector } from "../consolidators/renko-consolidator.ts";
import { RESOLUTION, spanOf } from "../data/resolution.ts";
import type { Amount } from "../orders/order-ticket.ts";
import type { SymbolLike } from "../securities/lean-symbol.ts";
import { MICROS_PER_DAY } from "../time/civil-date.ts";
import type { SecurityManager } from "./security-manager.ts";

/** What length a consolidated bar has: a resolution, microseconds, or a number of bars. */
export type ConsolidationPeriod =
  | { readonly resolution: number }
  | { readonly span: number }
  | { readonly count: number };

/** The consolidators of an algorithm, fed in the order in which they were added. */
export class Consolidation {
  readonly #securities: SecurityManager;

  constructor(securities: SecurityManager) {
    this.#securities = securities;
  }

  /** Calls back with every finished bar of the period. The answer can be given to `remove`. */
  consolidate(symbol: SymbolLike, period: ConsolidationPeriod, listener: ConsolidatedListener): BarConsumer {
    const security = this.#securities.get(symbol);
    const consolidator =
      "count" in period ? new CountConsolidator(period.count) : new PeriodConsolidator(this.#rule(symbol, period));
    consolidator.onConsolidated(listener);
    security.consumers.push(consolidator);
    return consolidator;
  }

  /** Classic Renko bricks; the listener's bar runs from the brick's open to its close. */
  renko(
    symbol: SymbolLike,
    options: { readonly size: Amount; readonly selector?: RenkoSelector; readonly evenBars?: boolean },
    listener: ConsolidatedListener,
  ): BarConsumer {
    const consolidator = new ClassicRenkoConsolidator({ ...options, size: Decimal.from(options.size) });
    consolidator.onConsolidated(listener);
    this.#securities.get(symbol).consumers.push(consolidator);
    return consolidator;
  }

  remove(symbol: SymbolLike, consumer: BarConsumer): void {
    const { consumers } = this.#securities.get(symbol);
    const at = consumers.indexOf(consumer);
    if (at >= 0) consumers.splice(at, 1);
  }

  /** Closes the periods that have ended before a new step. */
  scan(utc: number): void {
    for (const security of this.#securities.all) {
      if (security.consumers.length === 0) continue;
      const local = security.hours.zone.toLocal(utc);
      for (const consumer of security.consumers) consumer.scan(local);
    }
  }

  #rule(
    symbol: SymbolLike,
    period: { readonly resolution: number } | { readonly span: number },
  ): ReturnType<typeof fixedPeriod> {
    const security = this.#securities.get(symbol);
    if ("span" in period) return fixedPeriod(period.span);
    return period.resolution === RESOLUTION.DAILY
      ? marketDay(security.hours)
      : fixedPeriod(spanOf(period.resolution) || MICROS_PER_DAY);
  }
}
