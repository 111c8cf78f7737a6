import { Indicator, type IndicatorInput } from "./indicator.ts";
import { OutputValue } from "./output-value.ts";
import { WilderMovingAverage } from "./wilder-moving-average.ts";

/** Wilder's running sum: a plain sum at first, then the last sum less its `period`-th part plus the new value. */
class WilderSum {
  readonly #period: number;
  #samples = 0;
  value = 0;

  constructor(period: number) {
    this.#period = period;
  }

  add(value: number): void {
    this.#samples += 1;
    this.value += value - (this.#samples > this.#period + 1 ? this.value / this.#period : 0);
  }

  clear(): void {
    this.#samples = 0;
    this.value = 0;
  }
}

/** Strength of a trend (Wilder): smoothed 100 x |+DI - -DI| / (+DI + -DI). 50 until the directions are known. */
export class AverageDirectionalIndex extends Indicator {
  readonly #period: number;
  readonly #range: WilderSum;
  readonly #plus: WilderSum;
  readonly #minus: WilderSum;
  readonly #average: WilderMovingAverage;
  readonly #positive = new OutputValue("positiveDirectionalIndex");
  readonly #negative = new OutputValue("negativeDirectionalIndex");
  #high = 0;
  #low = 0;
  #close = 0;

  constructor(period: number, name = `ADX(${period})`) {
    super(name, 2 * period);
    this.#period = period;
    this.#range = new WilderSum(period);
    this.#plus = new WilderSum(period);
    this.#minus = new WilderSum(period);
    this.#average = new WilderMovingAverage(period);
    Object.assign(this.parts, {
      positiveDirectionalIndex: this.#positive,
      negativeDirectionalIndex: this.#negative,
    });
  }

  override get isReady(): boolean {
    return this.#average.isReady;
  }

  protected override compute(input: IndicatorInput): number {
    this.#move(input);
    if (this.samples <= this.#period) return 50;
    const range = this.#range.value;
    const plus = range === 0 ? 0 : (100 * this.#plus.value) / range;
    const minus = range === 0 ? 0 : (100 * this.#minus.value) / range;
    this.#positive.updateValue(input.time, plus);
    this.#negative.updateValue(input.time, minus);
    const sum = plus + minus;
    this.#average.updateValue(input.time, sum === 0 ? 50 : (100 * Math.abs(plus - minus)) / sum);
    return this.#average.value;
  }

  #move({ high, low, close }: IndicatorInput): void {
    const isFirst = this.samples === 1;
    const up = isFirst ? 0 : high - this.#high;
    const down = isFirst ? 0 : this.#low - low;
    const range = isFirst ? 0 : Math.max(high - low, Math.abs(high - this.#close), Math.abs(low - this.#close));
    this.#range.add(range);
    this.#plus.add(up > 0 && up > down ? up : 0);
    this.#minus.add(down > 0 && down > up ? down : 0);
    this.#high = high;
    this.#low = low;
    this.#close = close;
  }

  protected override clear(): void {
    this.#range.clear();
    this.#plus.clear();
    this.#minus.clear();
    this.#average.reset();
  }
}
