import type { Board } from "../board.ts";
import { createIndicator, type IndicatorParameters } from "../indicators/catalogue.ts";
import type { Indicator, IndicatorInput } from "../indicators/indicator.ts";
import type { BarConsumer, ConsolidatedBar } from "../consolidators/bar-consumer.ts";
import type { Subscription } from "../data/subscription.ts";
import type { SymbolLike } from "../securities/lean-symbol.ts";
import type { Consolidation, ConsolidationPeriod } from "./consolidation.ts";
import type { SecurityManager } from "./security-manager.ts";

/** Which value of a bar an indicator of values gets; the close if left out. */
export type BarSelector = (bar: ConsolidatedBar) => number;

export interface FeedOptions {
  /** Coarser than the data: bars are consolidated first. Left out: the data's own bars. */
  readonly period?: ConsolidationPeriod;
  readonly selector?: BarSelector;
}

/** Makes indicators, puts them on the board and feeds them with bars. */
export class IndicatorDesk {
  readonly #board: Board;
  readonly #securities: SecurityManager;
  readonly #consolidation: Consolidation;

  constructor(options: {
    readonly board: Board;
    readonly securities: SecurityManager;
    readonly consolidation: Consolidation;
  }) {
    this.#board = options.board;
    this.#securities = options.securities;
    this.#consolidation = options.consolidation;
  }

  /** An indicator of the catalogue, fed with a security's bars (LEAN's `self.sma(…)`). */
  create(
    symbol: SymbolLike,
    name: string,
    options: { readonly parameters: IndicatorParameters } & FeedOptions,
  ): Indicator {
    const indicator = this.make(name, options.parameters);
    this.register(symbol, indicator, options);
    return indicator;
  }

  /** An indicator on the board that nobody feeds (LEAN's `SimpleMovingAverage(…)`): the strategy updates it. */
  make(name: string, parameters: IndicatorParameters): Indicator {
    const indicator = createIndicator(name, parameters);
    indicator.attach(this.#board);
    return indicator;
  }

  /** Feeds an indicator with a security's bars (LEAN's `register_indicator`). */
  register(symbol: SymbolLike, indicator: Indicator, options: FeedOptions = {}): void {
    indicator.attach(this.#board);
    const security = this.#securities.get(symbol);
    const { period, selector } = options;
    const isOwnResolution = period !== undefined && "resolution" in period && period.resolution <= security.resolution;
    if (period === undefined || isOwnResolution) {
      security.consumers.push(new IndicatorFeed(indicator, selector));
      return;
    }
    this.#consolidation.consolidate(symbol, period, (bar) => {
      if (selector === undefined) indicator.update({ ...bar, time: bar.endTime });
      else indicator.updateValue(bar.endTime, selector(bar));
    });
  }

  /** Feeds `second` with every value of `first` once that is ready (LEAN's `IndicatorExtensions.of`). */
  chain(second: Indicator, first: Indicator): Indicator {
    first.onUpdated((time, value) => {
      if (first.isReady) second.updateValue(time, value);
    });
    return second;
  }
}

/** Passes a security's bars to one indicator without making objects. */
class IndicatorFeed implements BarConsumer {
  readonly #indicator: Indicator;
  readonly #selector: BarSelector | undefined;
  readonly #input: IndicatorInput & { endTime: number } = {
    time: 0,
    endTime: 0,
    open: 0,
    high: 0,
    low: 0,
    close: 0,
    volume: 0,
  };

  constructor(indicator: Indicator, selector: BarSelector | undefined) {
    this.#indicator = indicator;
    this.#selector = selector;
  }

  update(feed: Subscription): void {
    const input = this.#input;
    const { factor } = feed;
    input.time = feed.end;
    input.endTime = feed.end;
    input.open = factor.toNumber(feed.open);
    input.high = factor.toNumber(feed.high);
    input.low = factor.toNumber(feed.low);
    input.close = factor.toNumber(feed.close);
    input.volume = feed.volume;
    if (this.#selector === undefined) this.#indicator.update(input);
    else this.#indicator.updateValue(feed.end, this.#selector(input));
  }

  scan(): void {
    // Bars come by themselves.
  }
}
