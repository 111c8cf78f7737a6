import { Decimal } from "../../domain/decimal.ts";
import { number, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";
import { orderGate } from "./order-gate.ts";

function dateParts(value: unknown): [number, number, number] {
  const [year = 0, month = 0, day = 0] = text(value).split("-").map(Number);
  return [year, month, day];
}

const SECONDS = 1_000_000;

/** Dates, cash, zone, benchmark, brokerage, parameters and settings. */
export function configurationOperations(context: OperationContext): Operations {
  const { algorithm } = context;
  const { settings } = algorithm;
  return {
    start_date: () => algorithm.startDate,
    end_date: () => algorithm.endDate,
    set_start_date: (date) => algorithm.setStartDate(...dateParts(date)),
    set_end_date: (date) => algorithm.setEndDate(...dateParts(date)),
    set_cash: (currency, amount, rate) => algorithm.setCurrency(text(currency), number(amount), number(rate)),
    set_time_zone: (name) => algorithm.setTimeZone(text(name)),
    set_benchmark: (symbol) => algorithm.setBenchmark(number(symbol)),
    set_benchmark_function: (callback) => {
      const id = number(callback);
      // LEAN passes the algorithm's time; benchmarks of tests and templates are constant or of dates.
      algorithm.setBenchmark((utc) => Number(context.callBack(id, algorithm.clock.zone.toLocal(utc))));
    },
    set_order_gate: (submit, update) => {
      algorithm.orderGate = orderGate(context, optional(number, submit), optional(number, update));
    },
    set_brokerage: (name, account) => algorithm.setBrokerageModel(text(name), number(account)),
    set_warm_up: (kind, length, resolution) => {
      const chosen = optional(number, resolution);
      const range = text(kind) === "span" ? { span: number(length) } : { bars: number(length) };
      algorithm.setWarmUp(chosen === undefined ? range : { ...range, resolution: chosen });
    },
    parameter: (name) => algorithm.getParameter(text(name)),
    parameters: () => JSON.stringify(algorithm.configuration.parameters),
    quit: (reason) => algorithm.quit(text(reason)),
    "settings.get": (name) => {
      if (text(name) === "stale_price_seconds") return settings.stalePriceTimeSpan / SECONDS;
      return settingsTable(settings)[text(name)]?.get();
    },
    "settings.set": (name, value) => {
      if (text(name) === "stale_price_seconds") settings.stalePriceTimeSpan = number(value) * SECONDS;
      else settingsTable(settings)[text(name)]?.set(number(value));
    },
  };
}

interface Setting {
  get(): number | boolean | undefined;
  set(value: number): void;
}

function settingsTable(settings: OperationContext["algorithm"]["settings"]): Readonly<Record<string, Setting>> {
  return {
    free_portfolio_value_percentage: {
      get: () => settings.freePortfolioValuePercentage.toNumber(),
      set: (value) => {
        settings.freePortfolioValuePercentage = Decimal.fromNumber(value);
      },
    },
    free_portfolio_value: {
      get: () => settings.freePortfolioValue?.toNumber(),
      set: (value) => {
        settings.freePortfolioValue = Decimal.fromNumber(value);
      },
    },
    minimum_order_margin_portfolio_percentage: {
      get: () => settings.minimumOrderMarginPortfolioPercentage.toNumber(),
      set: (value) => {
        settings.minimumOrderMarginPortfolioPercentage = Decimal.fromNumber(value);
      },
    },
    liquidate_enabled: {
      get: () => settings.liquidateEnabled,
      set: (value) => {
        settings.liquidateEnabled = value !== 0;
      },
    },
    daily_precise_end_time: {
      get: () => settings.dailyPreciseEndTime,
      set: (value) => {
        settings.dailyPreciseEndTime = value !== 0;
      },
    },
  };
}
