import type { ToolResult } from "../../gateway/upstream-port.ts";

const MOST_RESULTS = 200;

/** What reads answered a short while ago, with its age. Any other call empties it: it may have changed what they say. */
export class ResultCache {
  readonly #keep: number;
  readonly #results = new Map<string, { readonly at: number; readonly result: ToolResult }>();
  #generation = 0;

  constructor(keepMilliseconds: number) {
    this.#keep = keepMilliseconds;
  }

  get(key: string, now: number): { readonly result: ToolResult; readonly ageSeconds: number } | undefined {
    const known = this.#results.get(key);
    if (known === undefined || now - known.at >= this.#keep) return undefined;
    return { result: known.result, ageSeconds: (now - known.at) / 1000 };
  }

  /** To be given to `put`: what was asked before something changed is not kept. */
  get generation(): number {
    return this.#generation;
  }

  put(key: string, value: { readonly result: ToolResult; readonly at: number; readonly generation: number }): void {
    if (value.generation !== this.#generation || value.result.isError === true) return;
    this.#results.delete(key);
    this.#results.set(key, value);
    const [oldest] = this.#results.keys();
    if (this.#results.size > MOST_RESULTS && oldest !== undefined) this.#results.delete(oldest);
  }

  clear(): void {
    this.#generation += 1;
    this.#results.clear();
  }
}
