/** Calendar arithmetic on day numbers (days since 1970-01-01) and microseconds, without Date objects. */
export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;
export const MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE;
export const MICROS_PER_DAY = 24 * MICROS_PER_HOUR;

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Day number of a date of the proleptic Gregorian calendar. */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilDate(dayNumberOfDate: number): CivilDate {
  const z = dayNumberOfDate + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** Day number of a time in microseconds. */
export function dayOf(micros: number): number {
  return Math.floor(micros / MICROS_PER_DAY);
}

/** Microseconds of the start of a date. */
export function startOfDate(year: number, month: number, day: number): number {
  return dayNumber(year, month, day) * MICROS_PER_DAY;
}

/** 0 Sunday to 6 Saturday. */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** `20131007`. */
export function compactDate(day: number): string {
  const date = civilDate(day);
  return `${pad(date.year, 4)}${pad(date.month)}${pad(date.day)}`;
}

/** `2013-10-07`. */
export function isoDate(day: number): string {
  const date = civilDate(day);
  return `${pad(date.year, 4)}-${pad(date.month)}-${pad(date.day)}`;
}

/** `2013-10-07T13:31:00`, with a fraction of up to 6 digits where there is one. */
export function isoTime(micros: number): string {
  const day = dayOf(micros);
  const rest = micros - day * MICROS_PER_DAY;
  const seconds = Math.floor(rest / MICROS_PER_SECOND);
  const fraction = rest - seconds * MICROS_PER_SECOND;
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return `${isoDate(day)}T${clock}${fraction === 0 ? "" : `.${pad(fraction, 6).replace(/0+$/, "")}`}`;
}

/** Day number of `20131007`; NaN for anything else. */
export function parseCompactDate(text: string): number {
  if (!/^\d{8}$/.test(text)) return Number.NaN;
  return dayNumber(Number(text.slice(0, 4)), Number(text.slice(4, 6)), Number(text.slice(6, 8)));
}
