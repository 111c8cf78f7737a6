import { HEADER } from "../board.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { Subscription } from "../data/subscription.ts";
import type { DataSource } from "../data-source.ts";
import type { BacktestProgress } from "../backtest-job.ts";
import { beforeClose } from "../schedule/time-rules.ts";
import type { Security } from "../securities/security.ts";
import { Sampler } from "../statistics/sampler.ts";
import type { Strategy } from "../strategy.ts";
import { MICROS_PER_DAY, MICROS_PER_MINUTE, dayOf, isoDate } from "../time/civil-date.ts";
import { BenchmarkFeed } from "./benchmark-feed.ts";
import { CapacityEstimate } from "./capacity.ts";
import { applyCorporateEvents } from "./corporate-event-handling.ts";
import { DataFeed } from "./data-feed.ts";
import { UserCalls } from "./user-calls.ts";
import { warmUpStartUtc } from "./warm-up.ts";

/** Steps between two looks at `shouldStop` and two reports of progress. */
const CHECK_EVERY = 4096;

export interface LoopOptions {
  readonly algorithm: QcAlgorithm;
  readonly strategy: Strategy;
  readonly data: DataSource;
  readonly onProgress?: (progress: BacktestProgress) => void;
  readonly shouldStop?: () => boolean;
}

/** LEAN's main loop for one backtest: time slices in order, and in each the fixed order of scans, calls and samples. */
export class BacktestLoop {
  readonly sampler: Sampler;
  readonly capacity: CapacityEstimate;
  readonly benchmark: BenchmarkFeed;
  readonly feed: DataFeed;
  dataPoints = 0;
  wasStopped = false;
  /** First and last day with data of the strategy, as day numbers of the algorithm. */
  firstDataDay: number | undefined;
  lastDataDay: number | undefined;
  readonly #algorithm: QcAlgorithm;
  readonly #calls: UserCalls;
  readonly #options: LoopOptions;
  readonly #startUtc: number;
  readonly #lastLocal: number;
  /** Securities that the last slice showed. */
  readonly #shown: Security[] = [];
  /** Start of the data: the start of the run, or of its warm-up. */
  #firstUtc: number;
  #nextMidnight: number;
  #nextMidnightUtc: number;
  #hasUniverseChange = false;
  #slices = 0;

  constructor(options: LoopOptions) {
    const { algorithm, data } = options;
    const { configuration, clock, portfolio, settings } = algorithm;
    this.#options = options;
    this.#algorithm = algorithm;
    this.#calls = new UserCalls(options.strategy);
    this.#startUtc = clock.zone.toUtc(configuration.startDate);
    this.#firstUtc = this.#startUtc;
    this.#lastLocal = configuration.endDate;
    this.#nextMidnight = configuration.startDate;
    this.#nextMidnightUtc = this.#startUtc;
    this.feed = new DataFeed(data, settings.dailyPreciseEndTime);
    this.capacity = new CapacityEstimate(configuration.startDate, configuration.endDate);
    this.benchmark = new BenchmarkFeed(algorithm, this.feed);
    this.sampler = new Sampler({
      portfolio,
      benchmarkValue: (utc) => this.benchmark.value(utc),
      startUtc: this.#startUtc,
      minutes: (configuration.endDate - configuration.startDate) / MICROS_PER_MINUTE,
    });
    algorithm.orderEventHandler = (event) => {
      this.capacity.onOrderEvent(event, algorithm.securities.get(event.symbol));
      this.#calls.orderEvent(event);
    };
  }

  /** Opens the feeds that `initialize` asked for; `run` comes next. */
  open(): void {
    const { securities, configuration } = this.#algorithm;
    this.dataPoints = securities.requested.length > 0 ? 1 : 0;
    const zone = this.#algorithm.clock.zone;
    const warmUpStart = warmUpStartUtc(this.#algorithm);
    this.#firstUtc = warmUpStart ?? this.#startUtc;
    for (const request of securities.requested.splice(0)) {
      const exchange = request.security.hours.zone;
      this.feed.open(request, {
        from: exchange.toLocal(this.#firstUtc),
        to: exchange.toLocal(zone.toUtc(configuration.endDate)),
        isLater: false,
      });
    }
    this.benchmark.open();
    this.#scheduleEndOfDay();
  }

  run(): void {
    const { feed } = this;
    const algorithm = this.#algorithm;
    if (algorithm.quitReason !== undefined) {
      feed.clear();
      this.dataPoints = 0;
    }
    if (this.#firstUtc < this.#startUtc) algorithm.board.values[HEADER.WARMING_UP] = 1;
    else this.#calls.warmupFinished();
    // The first step is the start of the data: LEAN selects universes then.
    this.#step(this.#firstUtc);
    while (algorithm.quitReason === undefined && !this.wasStopped) {
      const next = feed.nextTime();
      if (next === Number.POSITIVE_INFINITY) break;
      this.#step(next);
      if (this.#slices % CHECK_EVERY === 0) this.#check();
    }
    this.#finish();
  }

  #step(utc: number): void {
    const algorithm = this.#algorithm;
    const { clock, processor, slice, board, schedule } = algorithm;
    this.#runPastEvents(utc);
    algorithm.consolidation.scan(utc);
    clock.set(utc);
    this.#takeData(utc);
    if (utc >= this.#startUtc && algorithm.isWarmingUp) {
      board.values[HEADER.WARMING_UP] = 0;
      this.#calls.warmupFinished();
    }
    processor.drain();
    processor.scan();
    if (this.#nextMidnightUtc === utc) this.#sampleMidnight();
    while (schedule.nextTime <= utc) schedule.fireNext();
    if (this.#slices === 1) this.#calls.securitiesChanged({ added: symbolsOf(algorithm.securities.all), removed: [] });
    if (slice.events.length > 0 && applyCorporateEvents(algorithm, slice.events)) this.#hasUniverseChange = true;
    this.#updateConsumers();
    if (slice.events.length > 0) this.#calls.corporateEvents(slice.events);
    if (board.values[HEADER.SLICE_HAS_DATA] === 1) this.#calls.data(slice);
    this.#endStep(utc);
  }

  /** Scheduled events and midnights before the time of the step. */
  #runPastEvents(utc: number): void {
    const { schedule, clock } = this.#algorithm;
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
    const { schedule, securities, configuration, clock } = this.#algorithm;
    if (!this.#calls.hasEndOfDay) return;
    for (const security of securities.all) {
      const times = beforeClose(security.hours, { minutes: 10, until: clock.zone.toUtc(configuration.endDate) });
      schedule.on(`${security.symbol.value} end of day`, times, () => this.#calls.endOfDay(security.symbol));
    }
  }

  #sampleMidnight(): void {
    this.sampler.sampleDay(this.#nextMidnightUtc);
    this.#nextMidnight += MICROS_PER_DAY;
    this.#nextMidnightUtc = this.#algorithm.clock.zone.toUtc(this.#nextMidnight);
  }

  #takeData(utc: number): void {
    const { slice, board, clock } = this.#algorithm;
    for (const security of this.#shown) security.clearSlice();
    this.#shown.length = 0;
    slice.securities.length = 0;
    slice.events.length = 0;
    this.feed.advanceTo(utc, this.#take);
    for (const { event } of this.feed.events) slice.events.push(event);
    this.dataPoints += slice.events.length;
    this.#slices += 1;
    const { values } = board;
    const hasBars = slice.securities.length > 0;
    if (hasBars) {
      this.lastDataDay = dayOf(clock.local);
      this.firstDataDay ??= this.lastDataDay;
    }
    values[HEADER.SLICE_TIME] = clock.local;
    values[HEADER.SLICE_HAS_DATA] = hasBars || slice.events.length > 0 ? 1 : 0;
    values[HEADER.SLICE_HAS_EVENTS] = slice.events.length > 0 ? 1 : 0;
    values[HEADER.SLICE_NUMBER] = this.#slices;
    values[HEADER.DATA_POINTS] = this.dataPoints;
  }

  /** Takes one bar: prices, slice and consumers. */
  readonly #take = (feed: Subscription): void => {
    this.dataPoints += 1;
    if (feed.isInternal) {
      this.benchmark.take(feed);
      return;
    }
    const { security } = feed;
    security.update(feed);
    const { securities } = this.#algorithm.slice;
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
    const { processor, portfolio } = this.#algorithm;
    this.#changeFeeds(utc);
    processor.drain();
    processor.scan();
    if (!this.capacity.isIdle) this.capacity.update(utc, { portfolio, force: false });
    if (utc >= this.#startUtc && this.sampler.isDue(utc)) this.sampler.sampleStep(utc);
  }

  /** Feeds asked for or given up in this step; each step with a change counts one data point. */
  #changeFeeds(utc: number): void {
    const { securities, journal } = this.#algorithm;
    const { requested, removed } = securities;
    if (requested.length === 0 && removed.length === 0 && !this.#hasUniverseChange) return;
    const added = requested.splice(0);
    const gone = removed.splice(0);
    for (const security of gone) this.feed.close(security);
    this.#hasUniverseChange = false;
    this.dataPoints += 1;
    for (const request of added) {
      const { zone } = request.security.hours;
      const to = zone.toLocal(this.#algorithm.clock.zone.toUtc(this.#lastLocal));
      const feeds = this.feed.open(request, { from: zone.toLocal(utc), to, isLater: true });
      if (feeds.every((feed) => !feed.hasAnyData)) {
        journal.warn("DATA_MISSING", `no data for ${request.security.symbol.value}, which was added during the run`);
      }
    }
    this.#calls.securitiesChanged({
      added: symbolsOf(added.map((request) => request.security)),
      removed: symbolsOf(gone),
    });
  }

  #check(): void {
    const { onProgress, shouldStop } = this.#options;
    const { clock, configuration } = this.#algorithm;
    if (shouldStop?.() === true) this.wasStopped = true;
    const length = configuration.endDate - configuration.startDate;
    const fraction = Math.min(Math.max((clock.local - configuration.startDate) / length, 0), 1);
    onProgress?.({ fraction, date: isoDate(dayOf(clock.local)), dataPoints: this.dataPoints });
  }

  /** After the last slice: the user's last call and the last samples. */
  #finish(): void {
    const { clock, portfolio } = this.#algorithm;
    this.#calls.endOfAlgorithm();
    this.capacity.update(clock.utc, { portfolio, force: true });
    this.sampler.addEquity(clock.utc);
    this.sampler.sampleDay(clock.utc);
    this.capacity.update(clock.utc, { portfolio, force: true });
  }
}

function symbolsOf(securities: readonly Security[]): Security["symbol"][] {
  return securities.map((security) => security.symbol);
}
