import { Decimal } from "../../domain/decimal.ts";
import { PriceFactor } from "../data/price-factor.ts";
import type { Subscription } from "../data/subscription.ts";

/**
 * A copy of a security's latest real bar in the file's numbers; decimals are made when somebody asks. Trades use
 * `open` to `close`; quotes use them for the bid and `askOpen` to `askClose` for the ask.
 */
export class BarSnapshot {
  /** Exchange wall clock; `end` is -Infinity before the first bar. */
  start: number = Number.NEGATIVE_INFINITY;
  end: number = Number.NEGATIVE_INFINITY;
  endUtc: number = Number.NEGATIVE_INFINITY;
  volume = 0;
  rawClose = 0;
  rawAskClose = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #barClose = 0;
  #askOpen = 0;
  #askHigh = 0;
  #askLow = 0;
  #barAskClose = 0;
  #factor: PriceFactor = PriceFactor.UNADJUSTED;
  #closeFactor: PriceFactor = PriceFactor.UNADJUSTED;
  #askFactor: PriceFactor = PriceFactor.UNADJUSTED;
  #close: Decimal | undefined;
  #askClose: Decimal | undefined;
  #middle: Decimal | undefined;

  takeTrade(feed: Subscription): void {
    this.#takeTimes(feed);
    this.#takeMain(feed);
    this.volume = feed.volume;
  }

  takeQuote(feed: Subscription): void {
    this.#takeTimes(feed);
    this.#takeMain(feed);
    this.#askOpen = feed.askOpen;
    this.#askHigh = feed.askHigh;
    this.#askLow = feed.askLow;
    this.#barAskClose = feed.askClose;
    if (feed.askClose !== 0) {
      this.rawAskClose = feed.askClose;
      this.#askFactor = feed.factor;
      this.#askClose = undefined;
    }
  }

  #takeTimes(feed: Subscription): void {
    this.#middle = undefined;
    this.start = feed.start;
    this.end = feed.end;
    this.endUtc = feed.endUtc;
  }

  #takeMain(feed: Subscription): void {
    this.#factor = feed.factor;
    this.#open = feed.open;
    this.#high = feed.high;
    this.#low = feed.low;
    this.#barClose = feed.close;
    if (feed.close !== 0) {
      this.rawClose = feed.close;
      this.#closeFactor = feed.factor;
      this.#close = undefined;
    }
  }

  get exists(): boolean {
    return this.end !== Number.NEGATIVE_INFINITY;
  }

  /** Last close that is not 0. */
  get close(): Decimal {
    if (this.rawClose === 0) return Decimal.ZERO;
    this.#close ??= this.#closeFactor.toDecimal(this.rawClose);
    return this.#close;
  }

  /** Last close of the ask side that is not 0. */
  get askClose(): Decimal {
    if (this.rawAskClose === 0) return Decimal.ZERO;
    this.#askClose ??= this.#askFactor.toDecimal(this.rawAskClose);
    return this.#askClose;
  }

  get open(): Decimal {
    return this.#factor.toDecimal(this.#open);
  }

  get high(): Decimal {
    return this.#factor.toDecimal(this.#high);
  }

  get low(): Decimal {
    return this.#factor.toDecimal(this.#low);
  }

  /** Close of this very bar, 0 where the side is missing. */
  get barClose(): Decimal {
    return this.#factor.toDecimal(this.#barClose);
  }

  get hasBid(): boolean {
    return this.#open !== 0;
  }

  get hasAsk(): boolean {
    return this.#askOpen !== 0;
  }

  /** Middle of this bar's closing bid and ask, or the side that there is; the same object until the next bar. */
  get middle(): Decimal {
    this.#middle ??= middleOf(this.barClose, this.barAskClose);
    return this.#middle;
  }

  get askHigh(): Decimal {
    return this.#factor.toDecimal(this.#askHigh);
  }

  get askLow(): Decimal {
    return this.#factor.toDecimal(this.#askLow);
  }

  get barAskClose(): Decimal {
    return this.#factor.toDecimal(this.#barAskClose);
  }
}

const TWO = Decimal.of(2n, 0);

function middleOf(bid: Decimal, ask: Decimal): Decimal {
  if (bid.isZero) return ask;
  return ask.isZero ? bid : bid.add(ask).divide(TWO);
}
