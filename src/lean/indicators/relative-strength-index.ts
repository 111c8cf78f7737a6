import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";

/** RSI: 100 - 100 / (1 + average gain / average loss); 100 without losses, 50 at the first sample. */
export class RelativeStrengthIndex extends Indicator {
  readonly #gain: Indicator;
  readonly #loss: Indicator;
  #previous = 0;

  constructor(period: number, type: number, name = `RSI(${period})`) {
    super(name, period + 1);
    this.#gain = movingAverage(type, period);
    this.#loss = movingAverage(type, period);
    Object.assign(this.parts, { averageGain: this.#gain, averageLoss: this.#loss });
  }

  override get isReady(): boolean {
    return this.#gain.isReady && this.#loss.isReady;
  }

  protected override compute({ time, close }: IndicatorInput): number {
    const change = close - this.#previous;
    this.#previous = close;
    if (this.samples === 1) return 50;
    this.#gain.updateValue(time, Math.max(change, 0));
    this.#loss.updateValue(time, Math.max(-change, 0));
    if (this.#loss.value < 5e-11) return 100;
    return 100 - 100 / (1 + this.#gain.value / this.#loss.value);
  }

  protected override clear(): void {
    this.#previous = 0;
  }
}
