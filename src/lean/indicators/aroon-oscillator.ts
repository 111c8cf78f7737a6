import { Maximum, Minimum } from "./extreme.ts";
import { Indicator, type IndicatorInput } from "./indicator.ts";
import { OutputValue } from "./output-value.ts";

/** How recent the highest high is less how recent the lowest low is, in percent of the periods. */
export class AroonOscillator extends Indicator {
  readonly #upPeriod: number;
  readonly #downPeriod: number;
  readonly #highest: Maximum;
  readonly #lowest: Minimum;
  readonly #up = new OutputValue("aroonUp");
  readonly #down = new OutputValue("aroonDown");

  constructor(upPeriod: number, downPeriod: number, name = `AROON(${upPeriod},${downPeriod})`) {
    super(name, 1 + Math.max(upPeriod, downPeriod));
    this.#upPeriod = upPeriod;
    this.#downPeriod = downPeriod;
    this.#highest = new Maximum(upPeriod + 1);
    this.#lowest = new Minimum(downPeriod + 1);
    Object.assign(this.parts, { aroonUp: this.#up, aroonDown: this.#down });
  }

  protected override compute({ time, high, low }: IndicatorInput): number {
    this.#highest.updateValue(time, high);
    this.#lowest.updateValue(time, low);
    const up = (100 * (this.#upPeriod - this.#highest.age)) / this.#upPeriod;
    const down = (100 * (this.#downPeriod - this.#lowest.age)) / this.#downPeriod;
    this.#up.updateValue(time, up);
    this.#down.updateValue(time, down);
    return up - down;
  }

  protected override clear(): void {
    this.#highest.reset();
    this.#lowest.reset();
  }
}
