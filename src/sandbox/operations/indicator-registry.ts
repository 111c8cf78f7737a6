import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { Indicator } from "../../lean/indicators/indicator.ts";
import { number } from "./operation.ts";

/** Values of an indicator that are kept unless more are asked for. */
const KEPT = 2;

/** An indicator that Python knows, with its latest values. */
export interface KnownIndicator {
  readonly indicator: Indicator;
  /** Newest first. */
  readonly history: number[];
  keep: number;
}

/** The indicators that Python holds, by handle. */
export class IndicatorRegistry {
  readonly #known: KnownIndicator[] = [];
  readonly #handles = new Map<Indicator, number>();

  find(handle: unknown): KnownIndicator {
    const found = this.#known[number(handle)];
    if (found === undefined) throw new AlgorithmError(`there is no indicator ${number(handle)}`);
    return found;
  }

  /** What Python makes its object of: handle, place on the board, name. */
  describe(indicator: Indicator): [number, number, string] {
    return [this.#adopt(indicator), indicator.boardOffset, indicator.name];
  }

  #adopt(indicator: Indicator): number {
    const existing = this.#handles.get(indicator);
    if (existing !== undefined) return existing;
    const entry: KnownIndicator = { indicator, history: [], keep: KEPT };
    indicator.onUpdated((_time, value) => {
      entry.history.unshift(value);
      if (entry.history.length > entry.keep) entry.history.length = entry.keep;
    });
    this.#handles.set(indicator, this.#known.length);
    return this.#known.push(entry) - 1;
  }
}
