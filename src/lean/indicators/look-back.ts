import { Indicator, type IndicatorInput } from "./indicator.ts";
import { RollingValues } from "./rolling-values.ts";

/** Compares a value with the one `period` samples before; the oldest one there is until then. */
class LookBack extends Indicator {
  readonly #window: RollingValues;
  readonly #compare: (now: number, before: number) => number;

  constructor(name: string, period: number, compare: (now: number, before: number) => number) {
    super(name, period + 1);
    this.#window = new RollingValues(period + 1);
    this.#compare = compare;
  }

  protected override compute({ close }: IndicatorInput): number {
    this.#window.push(close);
    return this.#compare(close, this.#window.oldest);
  }

  protected override clear(): void {
    this.#window.clear();
  }
}

/** Difference to the value `period` samples before. */
export class Momentum extends LookBack {
  constructor(period: number, name = `MOM(${period})`) {
    super(name, period, (now, before) => now - before);
  }
}

/** Relative change over `period` samples, as a fraction. */
export class RateOfChange extends LookBack {
  constructor(period: number, name = `ROC(${period})`) {
    super(name, period, (now, before) => (before === 0 ? 0 : (now - before) / before));
  }
}

/** Relative change over `period` samples, in percent. */
export class RateOfChangePercent extends LookBack {
  constructor(period: number, name = `ROCP(${period})`) {
    super(name, period, (now, before) => (before === 0 ? 0 : ((now - before) / before) * 100));
  }
}

/** The value `period` samples before. */
export class Delay extends LookBack {
  constructor(period: number, name = `DELAY(${period})`) {
    super(name, period, (_now, before) => before);
  }
}
