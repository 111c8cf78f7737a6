import type { Subscription } from "../data/subscription.ts";

/** Wants the trade bars of a security, also those filled forward, as they come. */
export interface BarConsumer {
  update(feed: Subscription): void;
  /** Called before the bars of a step with its time (exchange wall clock): closes periods that ended before it. */
  scan(local: number): void;
}

/** A finished bar of a consolidator, in doubles; times are exchange wall clock. */
export interface ConsolidatedBar {
  readonly time: number;
  readonly endTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export type ConsolidatedListener = (bar: ConsolidatedBar) => void;
