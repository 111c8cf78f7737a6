"use strict";

/**
 * Writes config/lean-data/market-hours/market-hours-database.json: the NYSE calendar from its published rules and the
 * closures that no rule foresees, and markets that never close. Run it again after a change of the rules:
 * node scripts/generate-market-hours.cjs
 */
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

const FIRST_YEAR = 1998;
const LAST_YEAR = 2035;
const DAY = 86_400_000;
const [SUNDAY, MONDAY, THURSDAY, FRIDAY, SATURDAY] = [0, 1, 4, 5, 6];
const WEEK = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Days on which the exchange stayed closed for a reason of its own. */
const CLOSURES = [
  "2001-09-11", // attacks of 11 September 2001
  "2001-09-12",
  "2001-09-13",
  "2001-09-14",
  "2004-06-11", // mourning for President Reagan
  "2007-01-02", // mourning for President Ford
  "2012-10-29", // hurricane Sandy
  "2012-10-30",
  "2018-12-05", // mourning for President G. H. W. Bush
  "2025-01-09", // mourning for President Carter
];
/** Early closes that no rule foresees. */
const SPECIAL_EARLY_CLOSES = ["2002-07-05", "2003-12-26"];

const utc = (year, month, day) => new Date(Date.UTC(year, month - 1, day));
const plus = (date, days) => new Date(date.getTime() + days * DAY);
const iso = (date) => date.toISOString().slice(0, 10);

/** The n-th weekday of a month; -1 is the last one. */
function nthWeekday(year, month, weekday, n) {
  if (n > 0) {
    const first = utc(year, month, 1);
    return plus(first, ((weekday - first.getUTCDay() + 7) % 7) + (n - 1) * 7);
  }
  const last = plus(utc(year, month + 1, 1), -1);
  return plus(last, -((last.getUTCDay() - weekday + 7) % 7));
}

/** Easter Sunday of the Gregorian calendar (anonymous algorithm). */
function easter(year) {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return utc(year, Math.floor(f / 31), (f % 31) + 1);
}

/** A fixed holiday: on Sunday it moves to Monday, on Saturday to Friday. */
function observed(date) {
  if (date.getUTCDay() === SUNDAY) return plus(date, 1);
  return date.getUTCDay() === SATURDAY ? plus(date, -1) : date;
}

function holidays(year) {
  const newYear = utc(year, 1, 1);
  return [
    // New Year's Day on a Saturday is not observed: the Friday belongs to the old year's books.
    ...(newYear.getUTCDay() === SATURDAY ? [] : [observed(newYear)]),
    nthWeekday(year, 1, MONDAY, 3),
    nthWeekday(year, 2, MONDAY, 3),
    plus(easter(year), -2),
    nthWeekday(year, 5, MONDAY, -1),
    ...(year >= 2022 ? [observed(utc(year, 6, 19))] : []),
    observed(utc(year, 7, 4)),
    nthWeekday(year, 9, MONDAY, 1),
    nthWeekday(year, 11, THURSDAY, 4),
    observed(utc(year, 12, 25)),
  ];
}

/** 13:00: the day after Thanksgiving, Christmas Eve and the eve of Independence Day where they are trading days. */
function earlyCloses(year) {
  const christmasEve = utc(year, 12, 24).getUTCDay();
  const third = utc(year, 7, 3).getUTCDay();
  const isEve = third === MONDAY || third === 2 || third === THURSDAY || (third === 3 && year >= 2013);
  return [
    ...(isEve ? [utc(year, 7, 3)] : []),
    plus(nthWeekday(year, 11, THURSDAY, 4), 1),
    ...(christmasEve >= MONDAY && christmasEve <= THURSDAY ? [utc(year, 12, 24)] : []),
  ];
}

const years = Array.from({ length: LAST_YEAR - FIRST_YEAR + 1 }, (_, index) => FIRST_YEAR + index);
const byText = (left, right) => (left < right ? -1 : left > right ? 1 : 0);
const usDate = (date) => `${Number(date.slice(5, 7))}/${Number(date.slice(8))}/${date.slice(0, 4)}`;

function nyse() {
  const session = [
    { start: "04:00:00", end: "09:30:00", state: "premarket" },
    { start: "09:30:00", end: "16:00:00", state: "market" },
    { start: "16:00:00", end: "20:00:00", state: "postmarket" },
  ];
  const days = WEEK.map((name, weekday) => [name, weekday >= MONDAY && weekday <= FRIDAY ? session : []]);
  const closed = [...years.flatMap(holidays).map(iso), ...CLOSURES].sort(byText);
  const early = [...years.flatMap(earlyCloses).map(iso), ...SPECIAL_EARLY_CLOSES].sort(byText);
  return {
    dataTimeZone: "America/New_York",
    exchangeTimeZone: "America/New_York",
    ...Object.fromEntries(days),
    holidays: closed.map(usDate),
    earlyCloses: Object.fromEntries(early.map((date) => [usDate(date), "13:00:00"])),
  };
}

function alwaysOpen() {
  const day = [{ start: "00:00:00", end: "1.00:00:00", state: "market" }];
  return {
    dataTimeZone: "UTC",
    exchangeTimeZone: "UTC",
    ...Object.fromEntries(WEEK.map((name) => [name, day])),
    holidays: [],
  };
}

/** The database in LEAN's form. */
function marketHoursDatabase() {
  const crypto = ["coinbase", "binance", "binanceus", "bitfinex", "bybit", "kraken"];
  return {
    entries: {
      "Equity-usa-[*]": nyse(),
      ...Object.fromEntries(crypto.map((market) => [`Crypto-${market}-[*]`, alwaysOpen()])),
    },
  };
}

module.exports = { marketHoursDatabase };

if (require.main === module) {
  const file = join(__dirname, "..", "config", "lean-data", "market-hours", "market-hours-database.json");
  writeFileSync(file, `${JSON.stringify(marketHoursDatabase(), undefined, 2)}\n`);
}
