import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";
import { OutputValue } from "./output-value.ts";
import { StandardDeviation } from "./standard-deviation.ts";

/** Average plus and minus `k` population deviations; the indicator's own value is the input. */
export class BollingerBands extends Indicator {
  readonly #k: number;
  readonly #deviation: StandardDeviation;
  readonly #middle: Indicator;
  readonly #upper = new OutputValue("upperBand");
  readonly #lower = new OutputValue("lowerBand");
  readonly #width = new OutputValue("bandWidth");
  readonly #percent = new OutputValue("percentB");

  constructor(options: { readonly period: number; readonly k: number; readonly type: number; readonly name?: string }) {
    const { period, k, type } = options;
    super(options.name ?? `BB(${period},${k})`, period);
    this.#k = k;
    this.#deviation = new StandardDeviation(period);
    this.#middle = movingAverage(type, period);
    Object.assign(this.parts, {
      standardDeviation: this.#deviation,
      middleBand: this.#middle,
      upperBand: this.#upper,
      lowerBand: this.#lower,
      bandWidth: this.#width,
      percentB: this.#percent,
      price: new OutputValue("price"),
    });
  }

  override get isReady(): boolean {
    return this.#deviation.isReady && this.#middle.isReady;
  }

  protected override compute({ time, close }: IndicatorInput): number {
    this.#deviation.updateValue(time, close);
    this.#middle.updateValue(time, close);
    this.parts["price"]?.updateValue(time, close);
    const middle = this.#middle.value;
    const distance = this.#k * this.#deviation.value;
    this.#upper.updateValue(time, middle + distance);
    this.#lower.updateValue(time, middle - distance);
    this.#width.updateValue(time, middle === 0 ? 0 : ((2 * distance) / middle) * 100);
    this.#percent.updateValue(time, distance === 0 ? 0 : (close - middle + distance) / (2 * distance));
    return close;
  }

  protected override clear(): void {
    // The parts hold all there is.
  }
}
