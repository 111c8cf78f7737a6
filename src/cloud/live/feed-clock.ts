import { FAR_FUTURE_UTC, type FeedPlan } from "./feed-plan.ts";

/** Longest wait for the next price of a replay, in microseconds of the clock; what is longer is skipped. */
const MOST_WAIT = 2_000_000;

/**
 * Which market time it is, given the time of the clock (both UTC microseconds). A replay goes on from where it was:
 * it stands still while nothing runs.
 */
export class FeedClock {
  readonly #plan: FeedPlan;
  #anchorWall: number;
  #anchorFeed: number;

  /** `at` is the market time to go on from, for a replay. */
  constructor(plan: FeedPlan, now: number, at?: number) {
    this.#plan = plan;
    this.#anchorWall = now;
    this.#anchorFeed = plan.kind === "replay" ? Math.max(at ?? plan.startUtc, plan.startUtc) : now;
  }

  get endUtc(): number {
    return this.#plan.kind === "replay" ? this.#plan.endUtc : FAR_FUTURE_UTC;
  }

  /** Market time at a time of the clock, never after the end of the feed. */
  at(now: number): number {
    if (this.#plan.kind === "synthetic") return now;
    const passed = Math.max(0, now - this.#anchorWall) * this.#plan.speed;
    return Math.min(this.#plan.endUtc, Math.round(this.#anchorFeed + passed));
  }

  /** How long until a market time comes, in microseconds of the clock; 0 if it has come. */
  waitFor(feedUtc: number, now: number): number {
    const missing = Math.max(0, feedUtc - this.at(now));
    return this.#plan.kind === "replay" ? missing / this.#plan.speed : missing;
  }

  /** Jumps over a stretch in which nothing happens: the next price comes within two seconds. */
  skipTo(nextUtc: number, now: number): void {
    if (this.#plan.kind !== "replay" || !Number.isFinite(nextUtc)) return;
    const excess = this.waitFor(nextUtc, now) - MOST_WAIT;
    if (excess <= 0) return;
    this.#anchorFeed = Math.min(nextUtc, this.#plan.endUtc) - MOST_WAIT * this.#plan.speed;
    this.#anchorWall = now;
  }
}
