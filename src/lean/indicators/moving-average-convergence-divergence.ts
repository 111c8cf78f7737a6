import { Indicator, type IndicatorInput } from "./indicator.ts";
import { movingAverage } from "./moving-average-type.ts";
import { OutputValue } from "./output-value.ts";

/** MACD: fast less slow average; `signal` is an average of it, `histogram` the difference. Ready with the signal. */
export class MovingAverageConvergenceDivergence extends Indicator {
  readonly #fast: Indicator;
  readonly #slow: Indicator;
  readonly #signal: Indicator;
  readonly #histogram = new OutputValue("histogram");

  constructor(options: { fast: number; slow: number; signal: number; type: number; name?: string }) {
    const { fast, slow, signal, type } = options;
    super(options.name ?? `MACD(${fast},${slow},${signal})`, slow + signal - 1);
    this.#fast = movingAverage(type, fast);
    this.#slow = movingAverage(type, slow);
    this.#signal = movingAverage(type, signal);
    Object.assign(this.parts, {
      fast: this.#fast,
      slow: this.#slow,
      signal: this.#signal,
      histogram: this.#histogram,
    });
  }

  override get isReady(): boolean {
    return this.#signal.isReady;
  }

  protected override compute({ time, close }: IndicatorInput): number {
    const isFastReady = this.#fast.updateValue(time, close);
    const isSlowReady = this.#slow.updateValue(time, close);
    const value = this.#fast.value - this.#slow.value;
    if (isFastReady && isSlowReady && this.#signal.updateValue(time, value)) {
      this.#histogram.updateValue(time, value - this.#signal.value);
    }
    return value;
  }

  protected override clear(): void {
    // The parts hold all there is.
  }
}
