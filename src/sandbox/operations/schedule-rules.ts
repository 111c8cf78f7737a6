import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { QcAlgorithm } from "../../lean/algorithm/qc-algorithm.ts";
import type { ExchangeHours } from "../../lean/market/exchange-hours.ts";
import type { EventTimes } from "../../lean/schedule/schedule.ts";
import { civilDate, dayOf, isoDate, MICROS_PER_DAY, weekday } from "../../lean/time/civil-date.ts";

/** A rule as the facade describes it: its name, then its numbers or texts. */
export type RuleDescription = readonly (string | number | boolean | null)[];

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;

/** Whether a day (days since 1970) is one of the rule's. */
type DayRule = (day: number) => boolean;
/** Times on a day, UTC microseconds, in order. */
type TimeRule = (day: number) => number[];

function hoursOf(algorithm: QcAlgorithm, symbol: unknown): ExchangeHours | undefined {
  return typeof symbol === "number" ? algorithm.securities.get(symbol).hours : undefined;
}

/** The n-th possible day of the period (month or week) that `day` lies in, from its start or its end. */
function isNthDay(options: {
  readonly day: number;
  readonly offset: number;
  readonly direction: 1 | -1;
  readonly period: (day: number) => number;
  readonly isDay: (day: number) => boolean;
}): boolean {
  const { day, direction, period, isDay } = options;
  if (!isDay(day)) return false;
  let before = 0;
  for (let other = day - direction; period(other) === period(day); other -= direction) if (isDay(other)) before += 1;
  return before === options.offset;
}

function monthOf(day: number): number {
  const { year, month } = civilDate(day);
  return year * 12 + month;
}

/** Weeks start on Monday. */
function weekOf(day: number): number {
  return Math.floor((day + 3) / 7);
}

function dayRule(algorithm: QcAlgorithm, [name, ...values]: RuleDescription): DayRule {
  const today = dayOf(algorithm.clock.local);
  const hours = hoursOf(algorithm, values[0]);
  const isDay = (day: number): boolean => hours?.isTradingDay(day) ?? true;
  const offset = Number(values[1] ?? 0);
  const nth = (direction: 1 | -1, period: (day: number) => number): DayRule => {
    return (day) => isNthDay({ day, offset, direction, period, isDay });
  };
  switch (String(name)) {
    case "today":
      return (day) => day === today;
    case "tomorrow":
      return (day) => day === today + 1;
    case "every_day":
      return isDay;
    case "every":
      return (day) => values.includes(weekday(day));
    case "on":
      return (day) => values.includes(isoDate(day));
    case "month_start":
      return nth(1, monthOf);
    case "month_end":
      return nth(-1, monthOf);
    case "week_start":
      return nth(1, weekOf);
    case "week_end":
      return nth(-1, weekOf);
    default:
      throw new AlgorithmError(`the date rule ${String(name)} is not supported`);
  }
}

function timeRule(algorithm: QcAlgorithm, [name, ...values]: RuleDescription): TimeRule {
  const { zone } = algorithm.clock;
  if (name === "now") return () => [algorithm.clock.utc];
  if (name === "at") return (day) => [zone.toUtc(day * MICROS_PER_DAY + Number(values[0]) * SECOND)];
  if (name === "every") {
    const step = Math.max(SECOND, Number(values[0]) * SECOND);
    const count = Math.ceil(MICROS_PER_DAY / step);
    return (day) => Array.from({ length: count }, (_, place) => zone.toUtc(day * MICROS_PER_DAY + place * step));
  }
  const hours = hoursOf(algorithm, values[0]);
  if (hours === undefined || (name !== "after_market_open" && name !== "before_market_close")) {
    throw new AlgorithmError(`the time rule ${String(name)} is not supported`);
  }
  const minutes = Number(values[1]) * MINUTE;
  return (day) => {
    if (!hours.isTradingDay(day)) return [];
    const local = name === "after_market_open" ? hours.openOf(day) + minutes : hours.closeOf(day) - minutes;
    return [hours.zone.toUtc(local)];
  };
}

/** The times of a scheduled event from its two rules, as far as the run goes. */
export function eventTimes(algorithm: QcAlgorithm, dates: RuleDescription, times: RuleDescription): EventTimes {
  const isDay = dayRule(algorithm, dates);
  const timesOn = timeRule(algorithm, times);
  const { zone } = algorithm.clock;
  return (after) => {
    const last = dayOf(algorithm.endDate) + 1;
    for (let day = dayOf(zone.toLocal(after)) - 1; day <= last; day += 1) {
      if (!isDay(day)) continue;
      const next = timesOn(day).find((time) => time > after);
      if (next !== undefined) return next;
    }
    return undefined;
  };
}
