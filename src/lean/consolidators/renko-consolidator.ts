import { Decimal } from "../../domain/decimal.ts";
import type { Subscription } from "../data/subscription.ts";
import type { BarConsumer, ConsolidatedBar, ConsolidatedListener } from "./bar-consumer.ts";

/** The value that bricks are made of; the close if left out. */
export type RenkoSelector = (bar: ConsolidatedBar) => number;

/**
 * LEAN's classic Renko consolidator: a brick closes when the value is a full brick away from its open. With
 * `evenBars` the first brick opens at a multiple of the size.
 */
export class ClassicRenkoConsolidator implements BarConsumer {
  readonly #size: Decimal;
  readonly #selector: RenkoSelector | undefined;
  readonly #evenBars: boolean;
  readonly #listeners: ConsolidatedListener[] = [];
  #brick: { readonly time: number; readonly open: Decimal } | undefined;
  #lastClose: Decimal | undefined;

  constructor(options: { readonly size: Decimal; readonly selector?: RenkoSelector; readonly evenBars?: boolean }) {
    this.#size = options.size;
    this.#selector = options.selector;
    this.#evenBars = options.evenBars ?? true;
  }

  onConsolidated(listener: ConsolidatedListener): void {
    this.#listeners.push(listener);
  }

  update(feed: Subscription): void {
    const value = this.#valueOf(feed);
    if (this.#brick !== undefined) this.#move(this.#brick, value, feed);
    this.#brick ??= { time: feed.start, open: this.#openValue(value) };
  }

  scan(): void {
    // Bricks end by price only.
  }

  #valueOf(feed: Subscription): Decimal {
    const { factor } = feed;
    if (this.#selector === undefined) return factor.toDecimal(feed.close);
    return Decimal.fromNumber(
      this.#selector({
        time: feed.start,
        endTime: feed.end,
        open: factor.toNumber(feed.open),
        high: factor.toNumber(feed.high),
        low: factor.toNumber(feed.low),
        close: factor.toNumber(feed.close),
        volume: feed.volume,
      }),
    );
  }

  #move(brick: { readonly time: number; readonly open: Decimal }, value: Decimal, feed: Subscription): void {
    const low = brick.open.subtract(this.#size);
    const high = brick.open.add(this.#size);
    const close = low.max(value).min(high);
    if (!close.equals(low) && !close.equals(high)) return;
    this.#lastClose = close;
    this.#brick = undefined;
    const open = brick.open.toNumber();
    const end = close.toNumber();
    const bar = {
      time: brick.time,
      endTime: feed.start,
      open,
      high: Math.max(open, end),
      low: Math.min(open, end),
      close: end,
      volume: feed.volume,
    };
    for (const listener of this.#listeners) listener(bar);
  }

  #openValue(value: Decimal): Decimal {
    if (this.#lastClose !== undefined) return this.#lastClose;
    return this.#evenBars ? value.divide(this.#size).ceil().multiply(this.#size) : value;
  }
}
