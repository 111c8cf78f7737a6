import type { ExchangeHours } from "../../lean/market/exchange-hours.ts";
import { isoDate } from "../../lean/time/civil-date.ts";
import type { PriceRow, PriceTable, RowFault } from "./price-row.ts";

/** One kind of thing that the checks found, with its number and first examples. */
export interface PriceFinding {
  /** Stable: `GAPS`, `DUPLICATES`, `STALE_OPENS`, … */
  readonly code: string;
  readonly count: number;
  readonly message: string;
  /** Row numbers of the file (the header is row 1) or dates. */
  readonly examples: readonly string[];
}

export interface CheckedPrices {
  /** In order of time, one a trading day. */
  readonly rows: readonly PriceRow[];
  /** What is remarkable and kept nothing out that was a price of a trading day. */
  readonly findings: readonly PriceFinding[];
  /** What makes the file unusable until it is corrected. */
  readonly faults: readonly RowFault[];
  /** For every result that uses these prices. */
  readonly notes: readonly string[];
}

const EXAMPLES = 5;
/** Beyond this share of opens that repeat the previous close, results say so. */
const STALE_SHARE = 0.05;

/** Checks daily prices against the exchange's calendar and against themselves. */
export function checkPrices(table: PriceTable, hours: ExchangeHours): CheckedPrices {
  const sorted = table.rows.toSorted((left, right) => left.day - right.day || left.number - right.number);
  const unique = withoutDuplicates(sorted);
  const rows = unique.rows.filter(({ day }) => hours.isTradingDay(day));
  const closed = unique.rows.filter(({ day }) => !hours.isTradingDay(day));
  const faults = [...table.faults, ...unique.conflicts, ...rows.flatMap(faultsOf)];
  const stale = rows.filter((row, index) => index > 0 && row.open === rows[index - 1]?.close);
  const staleShare = rows.length < 2 ? 0 : stale.length / (rows.length - 1);
  const staleText = `${percent(staleShare)} of opens (${stale.length} of ${rows.length - 1}) equal the previous close`;
  const rowNumbers = (found: readonly PriceRow[]): string[] => found.map(({ number }) => `row ${number}`);
  const dates = (found: readonly PriceRow[]): string[] => found.map(({ day }) => isoDate(day));
  const findings = [
    finding("GAPS", "trading days without a row", missingDays(rows, hours).map(isoDate)),
    finding("DUPLICATES", "rows say the same as another row and were dropped", rowNumbers(unique.dropped)),
    finding("OUT_OF_ORDER", "rows stand before an earlier date; all were sorted", rowNumbers(outOfOrder(table.rows))),
    finding("NOT_TRADING_DAYS", "rows are of days when the exchange is closed and were dropped", dates(closed)),
    finding(
      "EMPTY_ROWS",
      "rows have no prices and were dropped",
      table.emptyRows.map((number) => `row ${number}`),
    ),
    finding(
      "NO_VOLUME",
      "rows have no volume, taken as 0",
      table.withoutVolume.map((number) => `row ${number}`),
    ),
    ...counted("ROUNDED", table.roundedCount, "prices have more than four decimals and were rounded half to even"),
    ...counted("ADJUSTED_CLOSES", table.adjustedCount, "adjusted closes differ from the close and were not used"),
    finding("STALE_OPENS", staleText, dates(stale), false),
  ].filter(({ count }) => count > 0);
  const notes = [
    ...(staleShare > STALE_SHARE ? [`${staleText}: fills at the open are less certain.`] : []),
    ...(table.adjustedCount > 0 ? ["Dividends are not included: adjusted closes were not used."] : []),
  ];
  return { rows, findings, faults: faults.toSorted((left, right) => left.number - right.number), notes };
}

function withoutDuplicates(sorted: readonly PriceRow[]): {
  readonly rows: PriceRow[];
  readonly dropped: PriceRow[];
  readonly conflicts: RowFault[];
} {
  const rows: PriceRow[] = [];
  const dropped: PriceRow[] = [];
  const conflicts: RowFault[] = [];
  for (const row of sorted) {
    const last = rows.at(-1);
    if (last?.day !== row.day) rows.push(row);
    else if (isSameBar(last, row)) dropped.push(row);
    else {
      const reason = `another price for ${isoDate(row.day)} than row ${last.number}; one row a day is expected`;
      conflicts.push({ number: row.number, reason });
    }
  }
  return { rows, dropped, conflicts };
}

function isSameBar(left: PriceRow, right: PriceRow): boolean {
  return (["open", "high", "low", "close", "volume"] as const).every((name) => left[name] === right[name]);
}

function faultsOf(row: PriceRow): RowFault[] {
  const { number, open, high, low, close } = row;
  const fault = (reason: string): RowFault[] => [{ number, reason: `${reason} on ${isoDate(row.day)}` }];
  if (open <= 0n || high <= 0n || low <= 0n || close <= 0n) return fault("a price is not positive");
  if (high < low) return fault("high is below low");
  if (open > high || open < low) return fault("open is outside low to high");
  return close > high || close < low ? fault("close is outside low to high") : [];
}

function missingDays(rows: readonly PriceRow[], hours: ExchangeHours): number[] {
  const present = new Set(rows.map(({ day }) => day));
  const missing: number[] = [];
  const last = rows.at(-1)?.day ?? Number.NEGATIVE_INFINITY;
  for (let day = rows[0]?.day ?? 0; day <= last; day += 1) {
    if (hours.isTradingDay(day) && !present.has(day)) missing.push(day);
  }
  return missing;
}

function outOfOrder(rows: readonly PriceRow[]): PriceRow[] {
  return rows.filter((row, index) => index > 0 && row.day < (rows[index - 1]?.day ?? row.day));
}

function finding(code: string, text: string, found: readonly string[], isCounted = true): PriceFinding {
  const message = isCounted ? `${found.length} ${text}` : text;
  return { code, count: found.length, message, examples: found.slice(0, EXAMPLES) };
}

function counted(code: string, count: number, text: string): PriceFinding[] {
  return [{ code, count, message: `${count} ${text}`, examples: [] }];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
