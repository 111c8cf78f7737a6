import type { Security } from "../securities/security.ts";
import { dayOf } from "../time/civil-date.ts";
import type { BarStream } from "./bar-stream.ts";
import { PriceFactor } from "./price-factor.ts";
import { RESOLUTION, spanOf } from "./resolution.ts";

/**
 * One feed of a security: its real bars and, if asked for, bars filled forward inside market hours. Fields hold the
 * current bar in the file's numbers; `factor` makes them prices. Trades use `open` to `close`; quotes use them for the
 * bid and `askOpen` to `askClose` for the ask (0: none).
 */
export class Subscription {
  readonly security: Security;
  readonly stream: BarStream;
  readonly isQuote: boolean;
  /** Internal feeds (the benchmark) are counted but reach neither slice nor security. */
  readonly isInternal: boolean;
  start = 0;
  end = 0;
  endUtc = 0;
  isFilled = false;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  volume = 0;
  askOpen = 0;
  askHigh = 0;
  askLow = 0;
  askClose = 0;
  bidSize = 0;
  askSize = 0;
  factor: PriceFactor = PriceFactor.UNADJUSTED;
  /** Whether any real bar has come. */
  hasStarted = false;
  isAtEnd = false;
  readonly #isPaused: ((local: number) => boolean) | undefined;
  readonly #fillForward: boolean;
  readonly #fillUntil: number;
  readonly #span: number;
  #hasReal: boolean;
  #slotStart = 0;
  #slotEnd = 0;
  #offsetDay = Number.NaN;
  #offset = 0;

  constructor(options: {
    readonly security: Security;
    readonly stream: BarStream;
    readonly fillForward: boolean;
    readonly isInternal: boolean;
    /** Bars that start at such a time (exchange wall clock) are left out. */
    readonly isPaused?: (local: number) => boolean;
  }) {
    this.security = options.security;
    this.stream = options.stream;
    this.isQuote = options.stream.config.kind === "quote";
    this.isInternal = options.isInternal;
    this.#fillForward = options.fillForward;
    this.#isPaused = options.isPaused;
    this.#fillUntil = options.stream.config.to;
    this.#span = spanOf(options.stream.config.resolution);
    this.#hasReal = this.stream.advance();
  }

  /** Whether the data folder has any bar for this feed. */
  get hasAnyData(): boolean {
    return this.#hasReal || this.hasStarted;
  }

  /** Moves to the next bar; false, and `isAtEnd`, when there is none. */
  advance(): boolean {
    let hasNext = this.#next();
    while (hasNext && this.#isPaused?.(this.start) === true) hasNext = this.#next();
    return hasNext;
  }

  #next(): boolean {
    const { stream } = this;
    if (this.hasStarted && this.#fillForward && !(this.#hasReal && stream.start === this.end)) {
      // A fill must end before the next real bar, or not after the end of the run (a microsecond before midnight).
      const limit = this.#hasReal ? stream.end : this.#fillUntil + 2;
      if (this.#findSlot() && this.#slotEnd < limit) return this.#fill();
    }
    if (!this.#hasReal) {
      this.isAtEnd = true;
      return false;
    }
    this.#take();
    this.#hasReal = stream.advance();
    return true;
  }

  #fill(): boolean {
    this.start = this.#slotStart;
    this.end = this.#slotEnd;
    this.endUtc = this.#toUtc(this.end);
    this.isFilled = true;
    this.volume = 0;
    return true;
  }

  #take(): void {
    const { stream } = this;
    this.start = stream.start;
    this.end = stream.end;
    this.endUtc = this.#toUtc(stream.end);
    this.isFilled = false;
    if (this.isQuote) this.#takeQuote();
    else {
      this.open = stream.value(0);
      this.high = stream.value(1);
      this.low = stream.value(2);
      this.close = stream.value(3);
      this.volume = stream.factor.factor === undefined ? stream.value(4) : stream.factor.volume(stream.value(4));
    }
    this.factor = stream.factor;
    this.hasStarted = true;
  }

  /** A side that is missing keeps its last values where bars are filled forward. */
  #takeQuote(): void {
    const { stream } = this;
    const keep = this.#fillForward && this.hasStarted && this.factor === stream.factor;
    if (stream.value(0) !== 0 || !keep) {
      this.open = stream.value(0);
      this.high = stream.value(1);
      this.low = stream.value(2);
      this.close = stream.value(3);
    }
    this.bidSize = stream.value(4);
    if (stream.value(5) !== 0 || !keep) {
      this.askOpen = stream.value(5);
      this.askHigh = stream.value(6);
      this.askLow = stream.value(7);
      this.askClose = stream.value(8);
    }
    this.askSize = stream.value(9);
  }

  /** The first slot inside market hours that ends after the current bar. */
  #findSlot(): boolean {
    const { config } = this.stream;
    const after = this.end;
    const last = dayOf(this.#fillUntil) + 1;
    for (let day = dayOf(after); day <= last; day += 1) {
      if (!config.hours.isTradingDay(day)) continue;
      const open = config.hours.sessionStart(day, config.extendedHours);
      const close = config.hours.sessionEnd(day, config.extendedHours);
      if (close <= after) continue;
      if (config.resolution === RESOLUTION.DAILY) {
        this.#slotStart = open;
        this.#slotEnd = close;
        return true;
      }
      const first = Math.floor(open / this.#span) * this.#span;
      this.#slotStart = after > first ? first + Math.floor((after - first) / this.#span) * this.#span : first;
      if (this.#slotStart >= close) continue;
      this.#slotEnd = this.#slotStart + this.#span;
      return true;
    }
    return false;
  }

  #toUtc(local: number): number {
    const day = dayOf(local);
    if (day !== this.#offsetDay) {
      const { zone } = this.stream.config.hours;
      // Sessions lie inside one day, and clocks change outside of them.
      this.#offset = local - zone.toUtc(local);
      this.#offsetDay = day;
    }
    return local - this.#offset;
  }
}
