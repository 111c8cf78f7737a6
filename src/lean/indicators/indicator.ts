import { INDICATOR, type Board } from "../board.ts";

/** What an indicator is fed: one bar, or one value in all price fields. `time` is the end, integer microseconds. */
export interface IndicatorInput {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Anything that wants to know each new value. */
export type IndicatorListener = (time: number, value: number) => void;

/**
 * A technical indicator in doubles. `value` is LEAN's `current.value`; named sub-values are indicators in `parts`
 * (`signal`, `upperBand` …). An input that is older than the last one is ignored, as in LEAN.
 */
export abstract class Indicator {
  readonly name: string;
  /** Samples until ready, where the formula has such a number. */
  readonly warmUpPeriod: number;
  readonly parts: Record<string, Indicator> = {};
  samples = 0;
  value = 0;
  time: number = Number.NEGATIVE_INFINITY;
  /** Start of its block on the board, -1 while it is on none. */
  boardOffset = -1;
  readonly #listeners: IndicatorListener[] = [];
  #board: Board | undefined;

  constructor(name: string, warmUpPeriod: number) {
    this.name = name;
    this.warmUpPeriod = warmUpPeriod;
  }

  get isReady(): boolean {
    return this.samples >= this.warmUpPeriod;
  }

  /** Next value from an input; called with `samples` already counted. */
  protected abstract compute(input: IndicatorInput): number;

  /** Forgets the state of the subclass; base fields and parts are reset by `reset`. */
  protected abstract clear(): void;

  /** Takes one input; true if the indicator is ready after it. */
  update(input: IndicatorInput): boolean {
    if (input.time < this.time) return this.isReady;
    this.samples += 1;
    this.time = input.time;
    this.value = this.compute(input);
    this.publish();
    for (const listener of this.#listeners) listener(this.time, this.value);
    return this.isReady;
  }

  /** Takes one value. */
  updateValue(time: number, value: number): boolean {
    return this.update({ time, open: value, high: value, low: value, close: value, volume: 0 });
  }

  onUpdated(listener: IndicatorListener): void {
    this.#listeners.push(listener);
  }

  reset(): void {
    this.samples = 0;
    this.value = 0;
    this.time = Number.NEGATIVE_INFINITY;
    this.clear();
    for (const part of Object.values(this.parts)) part.reset();
    this.publish();
  }

  /** Gives the indicator and its parts blocks on a board. */
  attach(board: Board): void {
    if (this.#board !== undefined) return;
    this.#board = board;
    this.boardOffset = board.allocate(INDICATOR.SIZE);
    for (const part of Object.values(this.parts)) part.attach(board);
    this.publish();
  }

  /** Sets value and time of a part whose parent computes it. */
  protected publish(): void {
    if (this.#board === undefined) return;
    const { values } = this.#board;
    const at = this.boardOffset;
    values[at + INDICATOR.VALUE] = this.value;
    values[at + INDICATOR.IS_READY] = this.isReady ? 1 : 0;
    values[at + INDICATOR.SAMPLES] = this.samples;
    values[at + INDICATOR.TIME] = this.time === Number.NEGATIVE_INFINITY ? 0 : this.time;
  }
}
