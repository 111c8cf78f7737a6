import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";

/** Average with weights 1, 2, … up to the newest value. */
export class LinearWeightedMovingAverage extends Indicator {
  readonly #window: RollingValues;

  constructor(period: number, name = `LWMA(${period})`) {
    super(name, period);
    this.#window = new RollingValues(period);
  }

  protected override compute({ close }: IndicatorInput): number {
    this.#window.push(close);
    const { count } = this.#window;
    let sum = 0;
    for (let age = 0; age < count; age += 1) sum += this.#window.at(age) * (count - age);
    return sum / ((count * (count + 1)) / 2);
  }

  protected override clear(): void {
    this.#window.clear();
  }
}
