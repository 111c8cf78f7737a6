import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";

/** Largest or smallest of the last `period` values, and how many samples ago it was. */
class Extreme extends Indicator {
  readonly #window: RollingValues;
  readonly #sign: number;
  /** Samples since the extreme; the newest of equal values counts. */
  age = 0;

  constructor(name: string, period: number, sign: number) {
    super(name, period);
    this.#window = new RollingValues(period);
    this.#sign = sign;
  }

  protected override compute({ close }: IndicatorInput): number {
    const window = this.#window;
    window.push(close);
    this.age += 1;
    if (this.samples === 1 || this.#sign * close >= this.#sign * this.value) this.age = 0;
    else if (this.age >= window.size) this.age = this.#search();
    return window.at(this.age);
  }

  #search(): number {
    const window = this.#window;
    let best = 0;
    for (let age = 1; age < window.count; age += 1) {
      if (this.#sign * window.at(age) > this.#sign * window.at(best)) best = age;
    }
    return best;
  }

  protected override clear(): void {
    this.#window.clear();
    this.age = 0;
  }
}

export class Maximum extends Extreme {
  constructor(period: number, name = `MAX(${period})`) {
    super(name, period, 1);
  }
}

export class Minimum extends Extreme {
  constructor(period: number, name = `MIN(${period})`) {
    super(name, period, -1);
  }
}
