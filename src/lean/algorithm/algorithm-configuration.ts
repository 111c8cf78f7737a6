import { Decimal } from "../../domain/decimal.ts";
import type { Clock } from "../engine/clock.ts";
import type { Amount } from "../orders/order-ticket.ts";
import { ACCOUNT_TYPE, BROKERAGE_NAMES, brokerageModel, type BrokerageModel } from "../market/brokerage-model.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import type { SymbolLike } from "../securities/lean-symbol.ts";
import { MICROS_PER_DAY, startOfDate } from "../time/civil-date.ts";
import { ZoneOffsets } from "../time/zone-offsets.ts";
import { AlgorithmError } from "./algorithm-error.ts";

/** A benchmark given as a function of UTC microseconds. */
export type BenchmarkFunction = (utcTime: number) => number;

/** How much data comes before the start: bars of each security, or microseconds; at a resolution of its own if given. */
export type WarmUp = ({ readonly bars: number } | { readonly span: number }) & { readonly resolution?: number };

const DEFAULT_START = startOfDate(1998, 1, 1);

/** Dates, cash, time zone, benchmark and parameters of a run. Dates are wall-clock microseconds of the algorithm. */
export class AlgorithmConfiguration {
  name: string;
  startDate: number = DEFAULT_START;
  /** Cash at the start, as set. */
  startCash: Decimal;
  /** Last microsecond of the last day; undefined until set: the day of the start then. */
  #endDate: number | undefined;
  #benchmark: SymbolLike | BenchmarkFunction | undefined;
  #isLocked = false;
  #live: { readonly startUtc: number; readonly endUtc: number } | undefined;
  #warmUp: WarmUp | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #portfolio: Portfolio;

  constructor(options: {
    readonly name: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly clock: Clock;
    readonly portfolio: Portfolio;
  }) {
    this.name = options.name;
    this.parameters = options.parameters;
    this.#clock = options.clock;
    this.#portfolio = options.portfolio;
    this.startCash = options.portfolio.cash;
    this.#clock.set(this.#clock.zone.toUtc(this.startDate));
  }

  get endDate(): number {
    return this.#endDate ?? this.startDate + MICROS_PER_DAY - 1;
  }

  /** Undefined: the default, SPY. */
  get benchmark(): SymbolLike | BenchmarkFunction | undefined {
    return this.#benchmark;
  }

  get warmUp(): WarmUp | undefined {
    return this.#warmUp;
  }

  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** True where the run goes on with time: dates and cash are not the strategy's to choose then. */
  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Before `initialize`: a run that starts and ends at given times (UTC microseconds), with its broker's cash. */
  goLive(startUtc: number, endUtc: number): void {
    this.#live = { startUtc, endUtc };
    this.#takeLiveDates();
  }

  #takeLiveDates(): void {
    if (this.#live === undefined) return;
    this.startDate = this.#clock.zone.toLocal(this.#live.startUtc);
    this.#endDate = this.#clock.zone.toLocal(this.#live.endUtc);
    this.#clock.set(this.#live.startUtc);
  }

  /** After `initialize`: dates and cash can no longer change. */
  lock(): void {
    this.#isLocked = true;
    if (this.endDate < this.startDate) {
      throw new AlgorithmError("expected an end date that is not before the start date", {
        remedy: "Call set_end_date with a date on or after the start date.",
      });
    }
  }

  setStartDate(year: number, month: number, day: number): void {
    this.#requireOpen("set_start_date");
    const date = checkedDate(year, month, day);
    if (this.isLive) return;
    this.startDate = date;
    this.#clock.set(this.#clock.zone.toUtc(this.startDate));
  }

  setEndDate(year: number, month: number, day: number): void {
    this.#requireOpen("set_end_date");
    const date = checkedDate(year, month, day);
    if (!this.isLive) this.#endDate = date + MICROS_PER_DAY - 1;
  }

  setCash(amount: Amount): void {
    this.#requireOpen("set_cash");
    const cash = Decimal.from(amount);
    if (this.isLive) return;
    this.startCash = cash;
    this.#portfolio.setCash(this.startCash);
  }

  /** Cash in any currency; `rate` is what a unit is worth in the account's currency until prices say so. */
  setCurrency(currency: string, amount: Amount, rate: Amount): void {
    const { cashBook } = this.#portfolio;
    const name = currency.trim().toUpperCase();
    if (!/^[A-Z0-9]{2,12}$/.test(name)) {
      throw new AlgorithmError(`set_cash: expected a currency such as "EUR" or "BTC", got ${JSON.stringify(currency)}`);
    }
    if (name === cashBook.account.currency) {
      this.setCash(amount);
      return;
    }
    this.#requireOpen("set_cash");
    if (!this.isLive) cashBook.ensure(name).set(Decimal.from(amount), Decimal.from(rate));
  }

  setTimeZone(name: string): void {
    this.#requireOpen("set_time_zone");
    this.#clock.setZone(ZoneOffsets.of(name));
    if (this.isLive) this.#takeLiveDates();
    else this.#clock.set(this.#clock.zone.toUtc(this.startDate));
  }

  setBenchmark(benchmark: SymbolLike | BenchmarkFunction): void {
    this.#requireOpen("set_benchmark");
    this.#benchmark = benchmark;
  }

  setWarmUp(warmUp: WarmUp): void {
    this.#requireOpen("set_warm_up");
    const length = "bars" in warmUp ? warmUp.bars : warmUp.span;
    if (!Number.isFinite(length) || length < 0) {
      throw new AlgorithmError(`set_warm_up: expected a number of bars or a length of time, got ${length}`);
    }
    this.#warmUp = length === 0 ? undefined : warmUp;
  }

  /** The model of a brokerage's name; throws where it or the account type is not modelled. */
  brokerageModel(name: string, accountType: number): BrokerageModel {
    this.#requireOpen("set_brokerage_model");
    const model = brokerageModel(name);
    if (model === undefined) {
      throw new AlgorithmError(`expected a brokerage that is modelled, got ${name}`, {
        code: "UNSUPPORTED_BROKERAGE_MODEL",
        remedy: `Leave set_brokerage_model out, or use one of: ${BROKERAGE_NAMES.join(", ")}.`,
      });
    }
    if (accountType === ACCOUNT_TYPE.MARGIN && !model.hasMargin) {
      throw new AlgorithmError(`${name} has cash accounts only`, {
        code: "UNSUPPORTED_BROKERAGE_MODEL",
        remedy: `Call set_brokerage_model(BrokerageName.${name}, AccountType.CASH).`,
      });
    }
    return model;
  }

  /** A parameter's text, or the fallback. */
  getParameter(name: string): string | undefined;
  getParameter(name: string, fallback: string): string;
  getParameter(name: string, fallback?: string): string | undefined {
    return this.parameters[name] ?? fallback;
  }

  /** A parameter as a number, or the fallback where there is none; throws where the text is no number. */
  getNumber(name: string, fallback: number): number {
    const text = this.parameters[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) {
      throw new AlgorithmError(`parameter ${name}: expected a number, got ${JSON.stringify(text)}`);
    }
    return value;
  }

  #requireOpen(method: string): void {
    if (!this.#isLocked) return;
    throw new AlgorithmError(`${method} was called after initialize`, {
      remedy: `Call ${method} inside initialize.`,
    });
  }
}

function checkedDate(year: number, month: number, day: number): number {
  const isWhole = Number.isInteger(year) && Number.isInteger(month) && Number.isInteger(day);
  if (!isWhole || month < 1 || month > 12 || day < 1 || day > 31 || year < 1970 || year > 2059) {
    throw new AlgorithmError(`expected a date from 1970 to 2059, got ${year}-${month}-${day}`);
  }
  return startOfDate(year, month, day);
}
