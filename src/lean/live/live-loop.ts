import type { SubscriptionRequest } from "../algorithm/security-manager.ts";
import { HEADER } from "../board.ts";
import type { SubscriptionRef } from "../brokerages/symbol-ref.ts";
import { refOf, type SymbolRef } from "../brokerages/symbol-ref.ts";
import { AlgorithmLoop, type AlgorithmLoopOptions } from "../engine/algorithm-loop.ts";
import type { Subscription } from "../data/subscription.ts";
import type { Security } from "../securities/security.ts";
import { dayOf } from "../time/civil-date.ts";
import { openPrimed } from "./priming.ts";

export interface LiveLoopOptions extends AlgorithmLoopOptions {
  /** Tells the broker of feeds that were opened and of securities that were given up. */
  readonly onSubscriptions: (added: readonly SubscriptionRef[], removed: readonly SymbolRef[]) => void;
}

/**
 * The loop of a live run: whoever has the clock says how far time has come, and all steps until then are made. Feeds
 * are raw from the start on; what the warm-up sees before is brought to the level of that day.
 */
export class LiveLoop extends AlgorithmLoop {
  readonly #onSubscriptions: LiveLoopOptions["onSubscriptions"];

  constructor(options: LiveLoopOptions) {
    // However far the end is: the shortest step.
    super({ ...options, samplingMinutes: 0 });
    this.#onSubscriptions = options.onSubscriptions;
  }

  /** Opens the feeds and warms up to the start. */
  start(): void {
    this.open();
    const { algorithm, feed } = this;
    const { clock } = algorithm;
    if (this.firstUtc < this.startUtc) this.#warmUp();
    else clock.set(this.startUtc);
    this.sampler.captureStart();
    algorithm.debug("Algorithm finished warming up.");
    if (this.slices === 0) this.begin();
    else this.endWarmUp();
    if (algorithm.quitReason !== undefined) feed.clear();
  }

  /** Makes all steps up to a time; after them, it is that time. */
  advance(toUtc: number): void {
    const { algorithm, feed } = this;
    const { clock, processor } = algorithm;
    while (algorithm.quitReason === undefined) {
      const next = feed.nextTime();
      if (next > toUtc) break;
      this.step(Math.max(next, clock.utc));
    }
    if (algorithm.quitReason !== undefined) return;
    // Time goes on without data, too: schedules, ends of consolidated bars, what the broker did.
    this.runPastEvents(toUtc + 1);
    algorithm.consolidation.scan(toUtc);
    clock.set(toUtc);
    processor.drain();
    processor.scan();
    this.changeFeeds(toUtc);
  }

  /** What a command asked for outside of a step: its requests and feeds. */
  settle(): void {
    const { processor, clock } = this.algorithm;
    processor.drain();
    this.changeFeeds(clock.utc);
  }

  /** The last calls. */
  end(): void {
    this.finish();
  }

  #warmUp(): void {
    this.algorithm.debug("Algorithm starting warm up...");
    this.algorithm.board.values[HEADER.WARMING_UP] = 1;
    this.step(this.firstUtc);
    for (let next = this.feed.nextTime(); next <= this.startUtc; next = this.feed.nextTime()) this.step(next);
    this.algorithm.clock.set(this.startUtc);
  }

  /** Bars that ended before the deployment belong to the warm-up, the one that ends with its start among them. */
  protected override isPastWarmUp(utc: number): boolean {
    return utc > this.startUtc;
  }

  /** Dividends and splits of the warm-up were the account's of then. */
  protected override applyEvents(): boolean {
    return this.algorithm.isWarmingUp ? false : super.applyEvents();
  }

  protected override openFirstFeeds(request: SubscriptionRequest): void {
    const { security } = request;
    const { zone } = security.hours;
    const rawFromDay = dayOf(zone.toLocal(this.startUtc));
    if (this.firstUtc < this.startUtc) {
      this.openFeeds(request, { fromUtc: this.firstUtc, isLater: false, rawFromDay });
      return;
    }
    if (!this.#isNeeded(security)) {
      this.openFeeds(request, { fromUtc: this.startUtc, isLater: true, rawFromDay });
      return;
    }
    // A holding has a value from the start.
    const { clock, configuration } = this.algorithm;
    const endUtc = clock.zone.toUtc(configuration.endDate);
    openPrimed(this.feed, request, { utc: this.startUtc, endUtc, rawFromDay });
  }

  protected override openLaterFeeds(request: SubscriptionRequest, utc: number): Subscription[] {
    const rawFromDay = dayOf(request.security.hours.zone.toLocal(utc));
    return this.openFeeds(request, { fromUtc: utc, isLater: true, rawFromDay, eventsAfterUtc: utc });
  }

  protected override onFeedsChanged(added: readonly SubscriptionRequest[], gone: readonly Security[]): void {
    this.#onSubscriptions(
      added.map(subscriptionOf),
      gone.map((security) => refOf(security.symbol)),
    );
  }

  #isNeeded(security: Security): boolean {
    return security.isInvested || this.algorithm.positions.openOrders(security).length > 0;
  }
}

/** A request as the broker reads it. */
export function subscriptionOf(request: SubscriptionRequest): SubscriptionRef {
  const { security, resolution, fillForward } = request;
  return { symbol: refOf(security.symbol), resolution, fillForward, extendedHours: security.extendedHours };
}
