/** When a server is asked whether it still answers, and when it is given up. */
export interface HealthPolicy {
  readonly everyMilliseconds: number;
  readonly answerWithinMilliseconds: number;
  /** After so many checks in a row without an answer it is unhealthy. */
  readonly failures: number;
}

/**
 * What is known of the health of one server. Whatever it answers counts as much as an answered check. Times are
 * milliseconds of the caller's clock.
 */
export class HealthRecord {
  readonly #policy: HealthPolicy;
  #nextAt = Number.NEGATIVE_INFINITY;
  #missed = 0;
  #unhealthy = false;

  constructor(policy: HealthPolicy) {
    this.#policy = policy;
  }

  get policy(): HealthPolicy {
    return this.#policy;
  }

  /** From too many checks without an answer until the next answer: a restart alone heals nothing. */
  get unhealthy(): boolean {
    return this.#unhealthy;
  }

  isDue(now: number): boolean {
    return now >= this.#nextAt;
  }

  /** It answered something. */
  heard(now: number): void {
    this.#missed = 0;
    this.#unhealthy = false;
    this.#nextAt = now + this.#policy.everyMilliseconds;
  }

  /** It did not answer a check. Whether it is to be given up now. */
  missed(now: number): boolean {
    this.#missed += 1;
    this.#nextAt = now + this.#policy.everyMilliseconds;
    if (this.#missed < this.#policy.failures) return false;
    this.#missed = 0;
    this.#unhealthy = true;
    return true;
  }

  /** It runs anew. One that was unhealthy is checked at once, another one in its turn. */
  started(now: number): void {
    this.#missed = 0;
    this.#nextAt = this.#unhealthy ? now : now + this.#policy.everyMilliseconds;
  }
}
