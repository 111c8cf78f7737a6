import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { SubscriptionRequest } from "../algorithm/security-manager.ts";
import { HEADER } from "../board.ts";
import type { Subscription } from "../data/subscription.ts";
import type { DataSource } from "../data-source.ts";
import { beforeClose } from "../schedule/time-rules.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { Sampler } from "../statistics/sampler.ts";
import type { Strategy } from "../strategy.ts";
import { MICROS_PER_DAY, MICROS_PER_MINUTE, dayOf } from "../time/civil-date.ts";
import { BenchmarkFeed } from "./benchmark-feed.ts";
import { CapacityEstimate } from "./capacity.ts";
import { applyCorporateEvents } from "./corporate-event-handling.ts";
import { DataFeed, type FeedStretch } from "./data-feed.ts";
import { UserCalls } from "./user-calls.ts";
import { warmUpStartUtc } from "./warm-up.ts";

export interface AlgorithmLoopOptions {
  readonly algorithm: QcAlgorithm;
  readonly strategy: Strategy;
  readonly data: DataSource;
  /** Length by which the equity curve is sampled, in minutes; left out: that of the run. */
  readonly samplingMinutes?: number;
}

/**
 * LEAN's main loop, one step a call: time slices in order, and in each the fixed order of scans, calls and samples.
 * What decides which step is next drives it: a backtest, or a live run.
 */
export class AlgorithmLoop {
  readonly sampler: Sampler;
  readonly capacity: CapacityEstimate;
  readonly benchmark: BenchmarkFeed;
  readonly feed: DataFeed;
  dataPoints = 0;
  wasStopped = false;
  /** First and last day with data of the strategy, as day numbers of the algorithm. */
  firstDataDay: number | undefined;
  lastDataDay: number | undefined;
  protected readonly algorithm: QcAlgorithm;
  protected readonly calls: UserCalls;
  protected readonly startUtc: number;
  /** Start of the data: the start of the run, or of its warm-up. */
  protected firstUtc: number;
  protected slices = 0;
  readonly #lastLocal: number;
  /** Securities that the last slice showed. */
  readonly #shown: Security[] = [];
  #nextMidnight: number;
  #nextMidnightUtc: number;
  #hasUniverseChange = false;

  constructor(options: AlgorithmLoopOptions) {
    const { algorithm, data } = options;
    const { configuration, clock, portfolio, settings } = algorithm;
    this.algorithm = algorithm;
    this.calls = new UserCalls(options.strategy);
    this.startUtc = clock.zone.toUtc(configuration.startDate);
    this.firstUtc = this.startUtc;
    this.#lastLocal = configuration.endDate;
    this.#nextMidnight = configuration.startDate;
    this.#nextMidnightUtc = this.startUtc;
    this.feed = new DataFeed(data, settings.dailyPreciseEndTime);
    this.capacity = new CapacityEstimate(configuration.startDate, configuration.endDate);
    this.benchmark = new BenchmarkFeed(algorithm, this.feed);
    this.sampler = new Sampler({
      portfolio,
      benchmarkValue: (utc) => this.benchmark.value(utc),
      startUtc: this.startUtc,
      minutes: options.samplingMinutes ?? (configuration.endDate - configuration.startDate) / MICROS_PER_MINUTE,
    });
    algorithm.orderEventHandler = (event) => {
      this.capacity.onOrderEvent(event, algorithm.securities.get(event.symbol));
      this.calls.orderEvent(event);
    };
  }

  /** Opens the feeds that `initialize` asked for; the first step comes next. */
  open(): void {
    const { securities } = this.algorithm;
    this.dataPoints = securities.requested.length > 0 ? 1 : 0;
    this.firstUtc = warmUpStartUtc(this.algorithm) ?? this.startUtc;
    for (const request of securities.requested.splice(0)) this.openFirstFeeds(request);
    this.#openCurrencies(this.firstUtc);
    this.benchmark.open();
    this.#scheduleEndOfDay();
  }

  #openCurrencies(fromUtc: number): void {
    const { currencies, clock } = this.algorithm;
    for (const request of currencies.requested.splice(0)) {
      const { zone } = request.security.hours;
      const to = zone.toLocal(clock.zone.toUtc(this.#lastLocal));
      this.feed.openCurrency(request, { from: zone.toLocal(fromUtc), to });
    }
  }

  /** Feeds of a request of `initialize`. */
  protected openFirstFeeds(request: SubscriptionRequest): void {
    this.openFeeds(request, { fromUtc: this.firstUtc, isLater: false });
  }

  /** Opens the feeds of a request from a time on, exclusive where `isLater`. */
  protected openFeeds(
    request: SubscriptionRequest,
    at: { readonly fromUtc: number } & Pick<FeedStretch, "isLater" | "rawFromDay" | "eventsAfterUtc">,
  ): Subscription[] {
    const { zone } = request.security.hours;
    const { fromUtc, ...rest } = at;
    const to = zone.toLocal(this.algorithm.clock.zone.toUtc(this.#lastLocal));
    return this.feed.open(request, { from: zone.toLocal(fromUtc), to, ...rest });
  }

  /** Feeds that begin after a step, in which they were asked for. */
  protected openLaterFeeds(request: SubscriptionRequest, utc: number): Subscription[] {
    return this.openFeeds(request, { fromUtc: utc, isLater: true });
  }

  /** The start of the data: the warm-up begins, or there is none and it is over. */
  protected begin(): void {
    if (this.firstUtc < this.startUtc) this.algorithm.board.values[HEADER.WARMING_UP] = 1;
    else this.calls.warmupFinished();
    // The first step is the start of the data: LEAN selects universes then.
    this.step(this.firstUtc);
  }

  /** One time slice. */
  protected step(utc: number): void {
    const { algorithm } = this;
    const { clock, processor, slice, board, schedule } = algorithm;
    this.runPastEvents(utc);
    algorithm.consolidation.scan(utc);
    clock.set(utc);
    this.#takeData(utc);
    if (algorithm.isWarmingUp && this.isPastWarmUp(utc)) this.endWarmUp();
    processor.drain();
    processor.scan();
    if (this.#nextMidnightUtc === utc) this.#sampleMidnight();
    while (schedule.nextTime <= utc) schedule.fireNext();
    if (this.slices === 1) this.calls.securitiesChanged({ added: symbolsOf(algorithm.securities.all), removed: [] });
    if (slice.events.length > 0 && this.applyEvents()) this.#hasUniverseChange = true;
    this.#updateConsumers();
    if (slice.events.length > 0) this.calls.corporateEvents(slice.events);
    if (board.values[HEADER.SLICE_HAS_DATA] === 1) this.calls.data(slice);
    this.#endStep(utc);
  }

  /** What the slice's corporate events do to the account; true if a security left. */
  protected applyEvents(): boolean {
    return applyCorporateEvents(this.algorithm, this.algorithm.slice.events);
  }

  /** Whether the warm-up is over in the step at this time. */
  protected isPastWarmUp(utc: number): boolean {
    return utc >= this.startUtc;
  }

  protected endWarmUp(): void {
    this.algorithm.board.values[HEADER.WARMING_UP] = 0;
    this.calls.warmupFinished();
  }

  /** Scheduled events and midnights before a time. */
  protected runPastEvents(utc: number): void {
    const { schedule, clock } = this.algorithm;
    for (;;) {
      const event = schedule.nextTime;
      if (event < this.#nextMidnightUtc && event < utc) {
        clock.set(event);
        schedule.fireNext();
      } else if (this.#nextMidnightUtc < utc) {
        clock.set(this.#nextMidnightUtc);
        this.#sampleMidnight();
      } else return;
    }
  }

  #scheduleEndOfDay(): void {
    const { schedule, securities, configuration, clock } = this.algorithm;
    if (!this.calls.hasEndOfDay) return;
    for (const security of securities.all) {
      const times = beforeClose(security.hours, { minutes: 10, until: clock.zone.toUtc(configuration.endDate) });
      schedule.on(`${security.symbol.value} end of day`, times, () => this.calls.endOfDay(security.symbol));
    }
  }

  #sampleMidnight(): void {
    this.sampler.sampleDay(this.#nextMidnightUtc);
    this.#nextMidnight = (dayOf(this.#nextMidnight) + 1) * MICROS_PER_DAY;
    this.#nextMidnightUtc = this.algorithm.clock.zone.toUtc(this.#nextMidnight);
  }

  #takeData(utc: number): void {
    const { slice, board, clock } = this.algorithm;
    for (const security of this.#shown) security.clearSlice();
    this.#shown.length = 0;
    slice.securities.length = 0;
    slice.events.length = 0;
    this.feed.advanceTo(utc, this.#take);
    for (const { event } of this.feed.events) slice.events.push(event);
    this.dataPoints += slice.events.length;
    this.slices += 1;
    const { values } = board;
    const hasBars = slice.securities.length > 0;
    if (hasBars) {
      this.lastDataDay = dayOf(clock.local);
      this.firstDataDay ??= this.lastDataDay;
    }
    values[HEADER.SLICE_TIME] = clock.local;
    values[HEADER.SLICE_HAS_DATA] = hasBars || slice.events.length > 0 ? 1 : 0;
    values[HEADER.SLICE_HAS_EVENTS] = slice.events.length > 0 ? 1 : 0;
    values[HEADER.SLICE_NUMBER] = this.slices;
    values[HEADER.DATA_POINTS] = this.dataPoints;
  }

  /** Takes one bar: prices, slice and consumers. */
  readonly #take = (feed: Subscription): void => {
    this.dataPoints += 1;
    const { security } = feed;
    if (feed.isInternal) {
      if (this.benchmark.isOf(security)) this.benchmark.take(feed);
      else security.update(feed);
      return;
    }
    security.update(feed);
    const { securities } = this.algorithm.slice;
    if (!securities.includes(security)) {
      securities.push(security);
      this.#shown.push(security);
    }
  };

  #updateConsumers(): void {
    for (const feed of this.feed.current) {
      const { security } = feed;
      if (feed.isQuote || feed.stream.config.resolution !== security.resolution) continue;
      for (const consumer of security.consumers) consumer.update(feed);
    }
  }

  #endStep(utc: number): void {
    const { processor, portfolio } = this.algorithm;
    this.changeFeeds(utc);
    processor.drain();
    processor.scan();
    if (!this.capacity.isIdle) this.capacity.update(utc, { portfolio, force: false });
    if (utc >= this.startUtc && this.sampler.isDue(utc)) this.sampler.sampleStep(utc);
  }

  /** Feeds asked for or given up in this step; each step with a change counts one data point. */
  protected changeFeeds(utc: number): void {
    const { securities, journal } = this.algorithm;
    const { requested, removed } = securities;
    if (requested.length === 0 && removed.length === 0 && !this.#hasUniverseChange) return;
    const added = requested.splice(0);
    const gone = removed.splice(0);
    for (const security of gone) this.feed.close(security);
    this.#hasUniverseChange = false;
    this.dataPoints += 1;
    for (const request of added) {
      const feeds = this.openLaterFeeds(request, utc);
      if (feeds.every((feed) => !feed.hasAnyData)) {
        journal.warn("DATA_MISSING", `no data for ${request.security.symbol.value}, which was added during the run`);
      }
    }
    this.algorithm.currencies.prepare();
    this.#openCurrencies(utc);
    this.onFeedsChanged(added, gone);
    this.calls.securitiesChanged({
      added: symbolsOf(added.map((request) => request.security)),
      removed: symbolsOf(gone),
    });
  }

  /** Told of feeds that were opened and closed during the run. */
  protected onFeedsChanged(_added: readonly SubscriptionRequest[], _gone: readonly Security[]): void {
    // A backtest has nobody to tell.
  }

  /** After the last slice: the user's last call and the last samples. */
  protected finish(): void {
    const { clock, portfolio } = this.algorithm;
    this.calls.endOfAlgorithm();
    this.capacity.update(clock.utc, { portfolio, force: true });
    this.sampler.addEquity(clock.utc);
    this.sampler.sampleDay(clock.utc);
    this.capacity.update(clock.utc, { portfolio, force: true });
  }
}

function symbolsOf(securities: readonly Security[]): LeanSymbol[] {
  return securities.map((security) => security.symbol);
}
