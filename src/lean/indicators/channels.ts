import { Maximum, Minimum } from "./extreme.ts";
import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";
import { OutputValue } from "./output-value.ts";
import { AverageTrueRange } from "./true-range.ts";

/** Average of the typical price, plus and minus `k` average true ranges. */
export class KeltnerChannels extends Indicator {
  readonly #k: number;
  readonly #middle: Indicator;
  readonly #range: AverageTrueRange;
  readonly #upper = new OutputValue("upperBand");
  readonly #lower = new OutputValue("lowerBand");

  constructor(options: { readonly period: number; readonly k: number; readonly type: number; readonly name?: string }) {
    const { period, k, type } = options;
    super(options.name ?? `KCH(${period},${k})`, period);
    this.#k = k;
    this.#middle = movingAverage(type, period);
    this.#range = new AverageTrueRange(period, type);
    Object.assign(this.parts, {
      middleBand: this.#middle,
      upperBand: this.#upper,
      lowerBand: this.#lower,
      averageTrueRange: this.#range,
    });
  }

  protected override compute(input: IndicatorInput): number {
    const { time, high, low, close } = input;
    this.#range.update(input);
    this.#middle.updateValue(time, (high + low + close) / 3);
    const distance = this.#k * this.#range.value;
    this.#upper.updateValue(time, this.#middle.value + distance);
    this.#lower.updateValue(time, this.#middle.value - distance);
    return this.#middle.value;
  }

  protected override clear(): void {
    // The parts hold all there is.
  }
}

/** Highest high and lowest low; the value is their mean. */
export class DonchianChannel extends Indicator {
  readonly #upper: Maximum;
  readonly #lower: Minimum;

  constructor(upperPeriod: number, lowerPeriod: number, name = `DCH(${upperPeriod},${lowerPeriod})`) {
    super(name, Math.max(upperPeriod, lowerPeriod));
    this.#upper = new Maximum(upperPeriod, "upperBand");
    this.#lower = new Minimum(lowerPeriod, "lowerBand");
    Object.assign(this.parts, { upperBand: this.#upper, lowerBand: this.#lower });
  }

  protected override compute({ time, high, low }: IndicatorInput): number {
    this.#upper.updateValue(time, high);
    this.#lower.updateValue(time, low);
    return (this.#upper.value + this.#lower.value) / 2;
  }

  protected override clear(): void {
    // The parts hold all there is.
  }
}
