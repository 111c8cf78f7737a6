/**
 * Keeps calls from a server that fails: closed while it answers, open for a while after so many failures in a row, then
 * half open for one call that tries it. Times are milliseconds of the caller's clock.
 */
export class CircuitBreaker {
  readonly #most: number;
  readonly #rest: number;
  #failures = 0;
  #openUntil = Number.NEGATIVE_INFINITY;
  #probing = false;

  constructor(options: { readonly failures: number; readonly restMilliseconds: number }) {
    this.#most = options.failures;
    this.#rest = options.restMilliseconds;
  }

  /** Whether a call may be made now. Where it tries a server that failed, others wait until it ended. */
  enter(now: number): boolean {
    if (this.#failures < this.#most) return true;
    if (now < this.#openUntil || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  /** How a call ended that was let through. */
  leave(now: number, end: "answered" | "failed" | "neither"): void {
    this.#probing = false;
    if (end === "answered") this.#failures = 0;
    if (end !== "failed") return;
    this.#failures += 1;
    if (this.#failures >= this.#most) this.#openUntil = now + this.#rest;
  }
}
