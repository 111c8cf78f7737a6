import { Indicator, type IndicatorInput } from "./indicator.ts";

/** Wilder's average: the running mean for `period` - 1 samples, then value / period + last x (1 - 1 / period). */
export class WilderMovingAverage extends Indicator {
  readonly #period: number;
  #sum = 0;

  constructor(period: number, name = `WWMA(${period})`) {
    super(name, period);
    this.#period = period;
  }

  protected override compute({ close }: IndicatorInput): number {
    if (this.samples >= this.#period) return close / this.#period + this.value * (1 - 1 / this.#period);
    this.#sum += close;
    return this.#sum / this.samples;
  }

  protected override clear(): void {
    this.#sum = 0;
  }
}
