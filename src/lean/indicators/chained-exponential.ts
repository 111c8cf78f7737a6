import { ExponentialMovingAverage } from "./exponential-moving-average.ts";
import { Indicator, type IndicatorInput } from "./indicator.ts";

/** Double exponential average: 2 EMA - EMA of EMA. */
export class DoubleExponentialMovingAverage extends Indicator {
  readonly #first: ExponentialMovingAverage;
  readonly #second: ExponentialMovingAverage;

  constructor(period: number, name = `DEMA(${period})`) {
    super(name, 2 * period - 1);
    this.#first = new ExponentialMovingAverage(period);
    this.#second = new ExponentialMovingAverage(period);
  }

  protected override compute({ time, close }: IndicatorInput): number {
    if (this.#first.updateValue(time, close)) this.#second.updateValue(time, this.#first.value);
    return this.isReady ? 2 * this.#first.value - this.#second.value : 0;
  }

  protected override clear(): void {
    this.#first.reset();
    this.#second.reset();
  }
}

/** Triple exponential average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA. */
export class TripleExponentialMovingAverage extends Indicator {
  readonly #averages: readonly [ExponentialMovingAverage, ExponentialMovingAverage, ExponentialMovingAverage];

  constructor(period: number, name = `TEMA(${period})`) {
    super(name, 3 * period - 2);
    this.#averages = [
      new ExponentialMovingAverage(period),
      new ExponentialMovingAverage(period),
      new ExponentialMovingAverage(period),
    ];
  }

  protected override compute({ time, close }: IndicatorInput): number {
    const [first, second, third] = this.#averages;
    if (first.updateValue(time, close) && second.updateValue(time, first.value)) third.updateValue(time, second.value);
    return this.isReady ? 3 * first.value - 3 * second.value + third.value : 0;
  }

  protected override clear(): void {
    for (const average of this.#averages) average.reset();
  }
}
