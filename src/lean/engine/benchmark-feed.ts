import { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { Subscription } from "../data/subscription.ts";
import type { Security } from "../securities/security.ts";
import { RESOLUTION } from "../data/resolution.ts";
import { dayOf } from "../time/civil-date.ts";
import { guarded } from "./user-calls.ts";
import type { DataFeed } from "./data-feed.ts";

const DEFAULT_TICKER = "SPY";

/**
 * What the run is compared with: hour bars of a security from the trading day before the start (its daily bars where
 * there are no hour bars), or a function of the strategy.
 */
export class BenchmarkFeed {
  /** False where the benchmark's security has no data at all. */
  hasData = true;
  readonly #algorithm: QcAlgorithm;
  readonly #feed: DataFeed;
  #value: Decimal = Decimal.ZERO;
  #security: Security | undefined;
  /** The strategy's own security where it is the benchmark, and no other prices are there. */
  #own: Security | undefined;

  constructor(algorithm: QcAlgorithm, feed: DataFeed) {
    this.#algorithm = algorithm;
    this.#feed = feed;
  }

  /** Opens the feed of a benchmark security; a missing one is a warning. */
  open(): void {
    const { configuration, securities, journal, clock } = this.#algorithm;
    const { benchmark } = configuration;
    if (typeof benchmark === "function") return;
    const symbol = securities.symbol(benchmark ?? DEFAULT_TICKER);
    const security = securities.createInternal(symbol);
    this.#security = security;
    const { hours } = security;
    const start = hours.zone.toLocal(clock.zone.toUtc(configuration.startDate));
    const from = hours.openOf(hours.previousTradingDay(dayOf(start)));
    const to = hours.zone.toLocal(clock.zone.toUtc(configuration.endDate));
    const own = hours.isAlwaysOpen ? securities.find(symbol) : undefined;
    const feed = this.#feed.openBenchmark(security, { from, to, isInUse: own !== undefined });
    this.hasData = feed.hasAnyData || own !== undefined;
    if (own !== undefined && !feed.hasAnyData) {
      this.#own = own;
      return;
    }
    if (!this.hasData) {
      journal.warn(
        "BENCHMARK_MISSING",
        `no data for the ${benchmark === undefined ? "default " : ""}benchmark ${symbol.value}: alpha, beta, tracking ` +
          `error, information ratio and treynor ratio are not available`,
      );
    } else if (feed.stream.config.resolution === RESOLUTION.DAILY) {
      journal.warn(
        "BENCHMARK_DAILY",
        `the benchmark ${symbol.value} has no hour bars: its daily bars are used, so its value lags by up to a day`,
      );
    }
  }

  isOf(security: Security): boolean {
    return this.#security === security;
  }

  take(feed: Subscription): void {
    this.#value = feed.factor.toDecimal(feed.close);
  }

  /** Value at a time, UTC microseconds. */
  value(utc: number): Decimal {
    const { benchmark } = this.#algorithm.configuration;
    if (typeof benchmark !== "function") return this.#own?.price ?? this.#value;
    return guarded(() => Decimal.fromNumber(benchmark(utc)));
  }
}
