import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";
import { RollingValues } from "./rolling-values.ts";

const LAMBERT = 0.015;

/** Distance of the typical price from its average, in units of 0.015 mean absolute deviations. */
export class CommodityChannelIndex extends Indicator {
  readonly #average: Indicator;
  readonly #window: RollingValues;

  constructor(period: number, type: number, name = `CCI(${period})`) {
    super(name, period);
    this.#average = movingAverage(type, period);
    this.#window = new RollingValues(period);
    Object.assign(this.parts, { typicalPriceAverage: this.#average });
  }

  protected override compute({ time, high, low, close }: IndicatorInput): number {
    const typical = (high + low + close) / 3;
    const window = this.#window;
    window.push(typical);
    this.#average.updateValue(time, typical);
    let sum = 0;
    for (let age = 0; age < window.count; age += 1) sum += window.at(age);
    const mean = sum / window.count;
    let deviation = 0;
    for (let age = 0; age < window.count; age += 1) deviation += Math.abs(window.at(age) - mean);
    deviation /= window.count;
    return deviation === 0 ? 0 : (typical - this.#average.value) / (LAMBERT * deviation);
  }

  protected override clear(): void {
    this.#window.clear();
  }
}
