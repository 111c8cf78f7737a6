import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";

/** Mean of the last `period` values. */
export class SimpleMovingAverage extends Indicator {
  readonly #window: RollingValues;
  #sum = 0;

  constructor(period: number, name = `SMA(${period})`) {
    super(name, period);
    this.#window = new RollingValues(period);
  }

  protected override compute({ close }: IndicatorInput): number {
    const window = this.#window;
    if (window.isFull) this.#sum -= window.oldest;
    window.push(close);
    this.#sum += close;
    return this.#sum / window.count;
  }

  protected override clear(): void {
    this.#window.clear();
    this.#sum = 0;
  }
}
