import { Indicator, type IndicatorInput } from "./indicator.ts";

/** Exponential average: 0 until `period` samples, then their mean, then value x k + last x (1 - k), k = 2 / (period + 1). */
export class ExponentialMovingAverage extends Indicator {
  readonly #period: number;
  readonly #factor: number;
  #sum = 0;

  constructor(period: number, name = `EMA(${period})`, factor = 2 / (period + 1)) {
    super(name, period);
    this.#period = period;
    this.#factor = factor;
  }

  protected override compute({ close }: IndicatorInput): number {
    if (this.samples > this.#period) return close * this.#factor + this.value * (1 - this.#factor);
    this.#sum += close;
    return this.samples < this.#period ? 0 : this.#sum / this.#period;
  }

  protected override clear(): void {
    this.#sum = 0;
  }
}
