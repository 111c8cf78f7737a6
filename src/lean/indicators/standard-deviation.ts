import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";

/** Population variance of the last `period` values, or its square root. */
export class Variance extends Indicator {
  readonly #window: RollingValues;

  constructor(period: number, name = `VAR(${period})`) {
    super(name, period);
    this.#window = new RollingValues(period);
  }

  protected override compute({ close }: IndicatorInput): number {
    const window = this.#window;
    window.push(close);
    const { count } = window;
    let sum = 0;
    for (let age = 0; age < count; age += 1) sum += window.at(age);
    const mean = sum / count;
    let squares = 0;
    for (let age = 0; age < count; age += 1) squares += (window.at(age) - mean) ** 2;
    return squares / count;
  }

  protected override clear(): void {
    this.#window.clear();
  }
}

export class StandardDeviation extends Variance {
  constructor(period: number, name = `STD(${period})`) {
    super(period, name);
  }

  protected override compute(input: IndicatorInput): number {
    return Math.sqrt(super.compute(input));
  }
}
