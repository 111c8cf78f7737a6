import { Maximum, Minimum } from "./extreme.ts";
import { Indicator, type IndicatorInput } from "./indicator.ts";

/** Distance of the close from the highest high of `period` bars, from 0 to -100 percent of the range. */
export class WilliamsPercentR extends Indicator {
  readonly #highest: Maximum;
  readonly #lowest: Minimum;

  constructor(period: number, name = `WILR(${period})`) {
    super(name, period);
    this.#highest = new Maximum(period);
    this.#lowest = new Minimum(period);
    Object.assign(this.parts, { maximum: this.#highest, minimum: this.#lowest });
  }

  protected override compute({ time, high, low, close }: IndicatorInput): number {
    this.#highest.updateValue(time, high);
    this.#lowest.updateValue(time, low);
    const range = this.#highest.value - this.#lowest.value;
    return range === 0 ? 0 : (-100 * (this.#highest.value - close)) / range;
  }

  protected override clear(): void {
    // The parts hold all there is.
  }
}
