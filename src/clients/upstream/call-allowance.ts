/** So many calls a minute, and at most as many at once: what is not used comes back bit by bit. */
export class CallAllowance {
  readonly #perMinute: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  /** Takes one call at this time in milliseconds; false where none is left. */
  take(now: number): boolean {
    const earned = Number.isFinite(this.#at) ? (Math.max(0, now - this.#at) * this.#perMinute) / 60_000 : 0;
    this.#left = Math.min(this.#perMinute, this.#left + earned);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
