import type { Subscription } from "../data/subscription.ts";
import type { ExchangeHours } from "../market/exchange-hours.ts";
import { MICROS_PER_DAY, dayOf } from "../time/civil-date.ts";
import type { BarConsumer, ConsolidatedBar, ConsolidatedListener } from "./bar-consumer.ts";

/** Start and end of the period that a time lies in. */
export type PeriodRule = (time: number) => { readonly start: number; readonly end: number };

/** Periods of equal length; their starts are rounded down to the length, days from midnight. */
export function fixedPeriod(span: number): PeriodRule {
  return (time) => {
    const start = Math.floor(time / span) * span;
    return { start, end: start + span };
  };
}

/** Trading days from the market's open to its close (LEAN's market-hour-aware daily bars). */
export function marketDay(hours: ExchangeHours): PeriodRule {
  return (time) => {
    const day = dayOf(time);
    if (!hours.isTradingDay(day)) return { start: day * MICROS_PER_DAY, end: (day + 1) * MICROS_PER_DAY };
    return { start: hours.openOf(day), end: hours.closeOf(day) };
  };
}

/** A week from Monday, a month, a year and so on may be written as rules of their own. */
export class PeriodConsolidator implements BarConsumer {
  readonly #rule: PeriodRule;
  readonly #listeners: ConsolidatedListener[] = [];
  #start = 0;
  #end = 0;
  #isOpen = false;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;

  constructor(rule: PeriodRule) {
    this.#rule = rule;
  }

  onConsolidated(listener: ConsolidatedListener): void {
    this.#listeners.push(listener);
  }

  update(feed: Subscription): void {
    if (this.#isOpen && feed.start >= this.#end) this.#emit();
    const { factor } = feed;
    const high = factor.toNumber(feed.high);
    const low = factor.toNumber(feed.low);
    if (this.#isOpen) {
      if (high > this.#high) this.#high = high;
      if (low < this.#low) this.#low = low;
    } else {
      const period = this.#rule(feed.start);
      this.#start = period.start;
      this.#end = period.end;
      this.#isOpen = true;
      this.#open = factor.toNumber(feed.open);
      this.#high = high;
      this.#low = low;
      this.#volume = 0;
    }
    this.#close = factor.toNumber(feed.close);
    this.#volume += feed.volume;
  }

  scan(local: number): void {
    // A bar that ends right now still comes with this step.
    if (this.#isOpen && local > this.#end) this.#emit();
  }

  #emit(): void {
    this.#isOpen = false;
    const bar: ConsolidatedBar = {
      time: this.#start,
      endTime: this.#end,
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      volume: this.#volume,
    };
    for (const listener of this.#listeners) listener(bar);
  }
}

/** One bar of every `count` bars. */
export class CountConsolidator implements BarConsumer {
  readonly #count: number;
  readonly #listeners: ConsolidatedListener[] = [];
  #seen = 0;
  #bar = { time: 0, endTime: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };

  constructor(count: number) {
    this.#count = count;
  }

  onConsolidated(listener: ConsolidatedListener): void {
    this.#listeners.push(listener);
  }

  update(feed: Subscription): void {
    const { factor } = feed;
    const high = factor.toNumber(feed.high);
    const low = factor.toNumber(feed.low);
    if (this.#seen === 0) {
      this.#bar = { time: feed.start, endTime: 0, open: factor.toNumber(feed.open), high, low, close: 0, volume: 0 };
    }
    this.#seen += 1;
    this.#bar.endTime = feed.end;
    this.#bar.high = Math.max(this.#bar.high, high);
    this.#bar.low = Math.min(this.#bar.low, low);
    this.#bar.close = factor.toNumber(feed.close);
    this.#bar.volume += feed.volume;
    if (this.#seen < this.#count) return;
    this.#seen = 0;
    for (const listener of this.#listeners) listener(this.#bar);
  }

  scan(): void {
    // A count of bars does not end by time.
  }
}
