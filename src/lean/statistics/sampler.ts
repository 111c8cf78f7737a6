import { Decimal } from "../../domain/decimal.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import { MICROS_PER_MINUTE } from "../time/civil-date.ts";

const HUNDRED = Decimal.of(100n, 0);
const SHORT_RUN_MINUTES = 16_000;
const SHORT_STEP = 4 * MICROS_PER_MINUTE;

/** A value of a series; `time` in UTC microseconds. */
export interface Sample {
  readonly time: number;
  readonly value: Decimal;
}

/** LEAN's sampling: the equity curve every few minutes, and one point a day of equity, benchmark, return and turnover. */
export class Sampler {
  readonly equity: Sample[] = [];
  readonly performance: Sample[] = [];
  readonly benchmark: Sample[] = [];
  readonly turnover: Sample[] = [];
  readonly exposure: { readonly time: number; readonly long: Decimal; readonly short: Decimal }[] = [];
  readonly margin: Sample[] = [];
  readonly #portfolio: Portfolio;
  readonly #benchmarkValue: (utc: number) => Decimal;
  readonly #startUtc: number;
  readonly #step: number;
  #next = Number.NEGATIVE_INFINITY;
  #lastValue: Decimal;
  #salesNow: Decimal = Decimal.ZERO;
  #salesBefore: Decimal = Decimal.ZERO;

  constructor(options: {
    readonly portfolio: Portfolio;
    readonly benchmarkValue: (utc: number) => Decimal;
    readonly startUtc: number;
    /** Length of the run in minutes. */
    readonly minutes: number;
  }) {
    this.#portfolio = options.portfolio;
    this.#benchmarkValue = options.benchmarkValue;
    this.#startUtc = options.startUtc;
    this.#lastValue = options.portfolio.totalPortfolioValue;
    const { minutes } = options;
    this.#step = minutes < SHORT_RUN_MINUTES ? SHORT_STEP : Math.round((minutes / 4000) * MICROS_PER_MINUTE);
  }

  /** Takes the value of now as what the first day starts from: a live account has holdings before its first bar. */
  captureStart(): void {
    this.#lastValue = this.#portfolio.totalPortfolioValue;
  }

  /** Whether the equity curve wants a point after the step at this time. */
  isDue(utc: number): boolean {
    return utc > this.#next;
  }

  /** Adds a point of the equity curve after a step. */
  sampleStep(utc: number): void {
    this.#next = utc + this.#step;
    this.addEquity(utc);
  }

  addEquity(utc: number): void {
    add(this.equity, utc, this.#portfolio.totalPortfolioValue.round(4).smartRounding());
  }

  /** The daily sample, at local midnight and once more at the end. */
  sampleDay(utc: number): void {
    const value = this.#portfolio.totalPortfolioValue;
    const before = this.#lastValue;
    const change = before.isZero ? Decimal.ZERO : value.subtract(before).multiply(HUNDRED).divide(before).round(10);
    this.addEquity(utc);
    add(this.benchmark, utc, this.#benchmarkValue(utc).smartRounding());
    add(this.performance, utc, change.smartRounding());
    if (!value.isZero && utc !== this.#startUtc) this.#sampleTurnover(utc, value);
    this.#sampleExposure(utc, value);
    this.#lastValue = value;
  }

  #sampleTurnover(utc: number, value: Decimal): void {
    const sales = this.#portfolio.totalSaleVolume;
    const isRepeated = this.turnover.at(-1)?.time === utc;
    const since = isRepeated ? this.#salesBefore : this.#salesNow;
    const turnover = sales.subtract(since).divide(value).smartRounding();
    this.#salesBefore = this.#salesNow;
    this.#salesNow = sales;
    if (isRepeated) this.turnover.pop();
    this.turnover.push({ time: utc, value: turnover });
  }

  #sampleExposure(utc: number, value: Decimal): void {
    if (value.isZero || this.exposure.at(-1)?.time === utc) return;
    const { long, short } = this.#portfolio.exposure;
    this.exposure.push({ time: utc, long: long.divide(value), short: short.divide(value) });
    this.margin.push({ time: utc, value: this.#portfolio.totalMarginUsed.divide(value).multiply(HUNDRED) });
  }
}

/** Points at equal or earlier times are ignored. */
function add(series: Sample[], time: number, value: Decimal): void {
  const last = series.at(-1);
  if (last === undefined || time > last.time) series.push({ time, value });
}
