import { compactDate, parseCompactDate } from "../../lean/time/civil-date.ts";
import { RefusalError } from "../../domain/refusal.ts";

/** Day number of `2014-01-02`, `20140102` or either with a time of day behind it; NaN for anything else. */
export function parsePriceDate(text: string): number {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$/.exec(text.trim());
  if (match === null) return Number.NaN;
  const compact = `${match[1]}${match[2]}${match[3]}`;
  const day = parseCompactDate(compact);
  // A 30 February would be read as a day in March.
  return compactDate(day) === compact ? day : Number.NaN;
}

/**
 * Day number of a date that a caller named; `otherwise` where it named none.
 * @throws RefusalError `DATE_INVALID`
 */
export function dayNamed(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const day = parsePriceDate(text);
  if (!Number.isNaN(day)) return day;
  throw new RefusalError({
    code: "DATE_INVALID",
    message: `expected a date such as 2014-01-02, got ${JSON.stringify(text)}`,
    remedy: "Write dates as YYYY-MM-DD.",
  });
}
