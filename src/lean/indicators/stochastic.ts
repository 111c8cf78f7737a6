import { Maximum, Minimum } from "./extreme.ts";
import { Indicator, type IndicatorInput } from "./indicator.ts";
import { OutputValue } from "./output-value.ts";
import { SimpleMovingAverage } from "./simple-moving-average.ts";

/** Place of the close in the range of `period` bars, in percent; `stochK` and `stochD` are means of it. */
export class Stochastic extends Indicator {
  readonly #highest: Maximum;
  readonly #lowest: Minimum;
  readonly #fast: OutputValue;
  readonly #slow: SimpleMovingAverage;
  readonly #signal: SimpleMovingAverage;

  constructor(options: { period: number; kPeriod: number; dPeriod: number; name?: string }) {
    const { period, kPeriod, dPeriod } = options;
    super(options.name ?? `STO(${period},${kPeriod},${dPeriod})`, period + kPeriod + dPeriod - 2);
    this.#highest = new Maximum(period);
    this.#lowest = new Minimum(period);
    this.#fast = new OutputValue("fastStoch");
    this.#slow = new SimpleMovingAverage(kPeriod, "stochK");
    this.#signal = new SimpleMovingAverage(dPeriod, "stochD");
    Object.assign(this.parts, { fastStoch: this.#fast, stochK: this.#slow, stochD: this.#signal });
  }

  protected override compute({ time, high, low, close }: IndicatorInput): number {
    this.#highest.updateValue(time, high);
    if (!this.#lowest.updateValue(time, low)) return 0;
    const range = this.#highest.value - this.#lowest.value;
    const fast = range === 0 ? 0 : (100 * (close - this.#lowest.value)) / range;
    this.#fast.updateValue(time, fast);
    if (this.#slow.updateValue(time, fast)) this.#signal.updateValue(time, this.#slow.value);
    return fast;
  }

  protected override clear(): void {
    this.#highest.reset();
    this.#lowest.reset();
  }
}
