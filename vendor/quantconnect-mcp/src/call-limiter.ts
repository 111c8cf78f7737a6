/** The time as the limiter sees it. */
export interface LimiterClock {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

interface Waiter {
  readonly enter: (mayEnter: boolean) => void;
}

/** However slow it gets, a call goes out once in so many seconds. */
const LEAST_PER_SECOND = 0.1;
/** So many seconds' worth of calls may go out at once after a quiet time. */
const BURST_SECONDS = 2;
/** After a refusal that names no time, nothing but what is urgent is sent for so long. */
const PAUSE_MILLISECONDS = 2000;
/** What a service asks for beyond this is not believed. */
const LONGEST_PAUSE_MILLISECONDS = 600_000;
/** From the least to the whole rate in so many seconds without a refusal. */
const RECOVERY_SECONDS = 30;

/**
 * How many calls an account makes: at most so many a second, half as many after each refusal for their number, and slowly
 * more again while none comes.
 *
 * Invariants
 * 1. Calls go out in the order in which they came.
 * 2. What is urgent goes out at once, whoever waits and whatever pause was asked for; others wait the longer for it.
 * 3. Refusals of calls that were sent before the rate was halved do not halve it again.
 */
export class CallLimiter {
  readonly #ceiling: number;
  readonly #clock: LimiterClock;
  readonly #waiting: Waiter[] = [];
  #perSecond: number;
  /** Calls that may go out now; below zero after urgent ones. */
  #left: number;
  #leftAt: number;
  #notBefore = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  #raisedAt: number;
  #pumping = false;

  /** @param ceiling calls a second. */
  constructor(ceiling: number, clock: LimiterClock) {
    this.#ceiling = ceiling;
    this.#clock = clock;
    this.#perSecond = ceiling;
    this.#left = this.#most();
    this.#leftAt = clock.now();
    this.#raisedAt = this.#leftAt;
  }

  /** Calls a second at present. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Waits for its turn. False where it was called off before that. */
  enter(isUrgent: boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    this.#refill();
    if (isUrgent || (this.#waiting.length === 0 && this.#delay() <= 0)) {
      this.#left -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        enter: (mayEnter) => {
          signal.removeEventListener("abort", giveUp);
          resolve(mayEnter);
        },
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.enter(false);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiter);
      void this.#pump();
    });
  }

  /**
   * The service refused a call because there were too many.
   * @param sentAt when that call was sent.
   * @param retryAfter milliseconds that the service asked for.
   */
  refused(sentAt: number, retryAfter: number | undefined): void {
    const now = this.#clock.now();
    this.#refill();
    this.#left = Math.min(this.#left, 0);
    this.#notBefore = Math.max(
      this.#notBefore,
      now + Math.min(retryAfter ?? PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS),
    );
    if (sentAt <= this.#halvedAt) return;
    this.#halvedAt = now;
    this.#raisedAt = now;
    this.#perSecond = Math.max(Math.min(LEAST_PER_SECOND, this.#ceiling), this.#perSecond / 2);
  }

  /** A call was answered, with whatever but a refusal for their number. */
  answered(): void {
    const now = this.#clock.now();
    const seconds = (now - this.#raisedAt) / 1000;
    if (this.#perSecond >= this.#ceiling || seconds < 1) return;
    this.#refill();
    this.#raisedAt = now;
    // A long quiet time proves no more than one answer a second would have.
    this.#perSecond = Math.min(this.#ceiling, this.#perSecond + this.#ceiling / RECOVERY_SECONDS);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      this.#refill();
      const delay = this.#delay();
      if (delay > 0) {
        await this.#clock.wait(Math.ceil(delay));
        continue;
      }
      this.#left -= 1;
      this.#waiting.shift()?.enter(true);
    }
    this.#pumping = false;
  }

  /** Milliseconds until the next call may go out. */
  #delay(): number {
    const forPause = this.#notBefore - this.#clock.now();
    // Sums of fractions fall short of one by the last bit.
    const missing = 1 - this.#left - 1e-9;
    return Math.max(forPause, (missing / this.#perSecond) * 1000);
  }

  #refill(): void {
    const now = this.#clock.now();
    const grown = this.#left + ((now - this.#leftAt) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#most(), grown);
    this.#leftAt = now;
  }

  #most(): number {
    return Math.max(1, this.#perSecond * BURST_SECONDS);
  }
}
