import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";

/** Largest of high - low and the distances of high and low from the close before; high - low for the first bar. */
export class TrueRange extends Indicator {
  #previousClose = 0;

  constructor(name = "TR") {
    super(name, 2);
  }

  protected override compute({ high, low, close }: IndicatorInput): number {
    const before = this.#previousClose;
    this.#previousClose = close;
    if (this.samples === 1) return high - low;
    return Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  }

  protected override clear(): void {
    this.#previousClose = 0;
  }
}

/** Average of the true range. */
export class AverageTrueRange extends Indicator {
  readonly #range = new TrueRange();
  readonly #average: Indicator;

  constructor(period: number, type: number, name = `ATR(${period})`) {
    super(name, period);
    this.#average = movingAverage(type, period);
    Object.assign(this.parts, { trueRange: this.#range });
  }

  override get isReady(): boolean {
    return this.#average.isReady;
  }

  protected override compute(input: IndicatorInput): number {
    this.#range.update(input);
    this.#average.updateValue(input.time, this.#range.value);
    return this.#average.value;
  }

  protected override clear(): void {
    this.#average.reset();
  }
}
