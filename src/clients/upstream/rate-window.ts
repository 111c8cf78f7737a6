/** Counts what comes within a second. */
export class RateWindow {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether one more at this time, in milliseconds, is still within what a second may bring; and whether a second began. */
  take(now: number): { readonly within: boolean; readonly missed: number } {
    let missed = 0;
    if (now - this.#since >= 1000) {
      missed = Math.max(0, this.#count - this.#most);
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return { within: this.#count <= this.#most, missed };
  }
}
