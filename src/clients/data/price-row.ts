import { Decimal } from "../../domain/decimal.ts";
import { RefusalError } from "../../domain/refusal.ts";
import { parseCsv } from "./csv-table.ts";
import { parsePriceDate } from "./price-date.ts";

/** LEAN keeps equity prices as whole ten-thousandths. */
const PRICE_SCALE = 4;
const UNIT = 10n ** BigInt(PRICE_SCALE);
/** Prices beyond this would not be exact in the engine's columns. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** One day. Prices are whole ten-thousandths, volume is in shares; `number` is the row in the file it came from. */
export interface PriceRow {
  readonly number: number;
  readonly day: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
}

/** A row that holds no price one could use, and why. */
export interface RowFault {
  readonly number: number;
  readonly reason: string;
}

export interface PriceTable {
  readonly rows: readonly PriceRow[];
  readonly faults: readonly RowFault[];
  /** Rows with a date and no price at all. */
  readonly emptyRows: readonly number[];
  /** How many prices had more than four decimals and were rounded, half to even. */
  readonly roundedCount: number;
  /** Rows whose volume is empty, read as 0. */
  readonly withoutVolume: readonly number[];
  /** Rows whose adjusted close differs from the close. */
  readonly adjustedCount: number;
}

/** Day numbers, both taken. */
export interface DayRange {
  readonly from: number;
  readonly to: number;
}

const ALL_DAYS: DayRange = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const PRICES = ["open", "high", "low", "close"] as const;
const DATE_NAMES = ["date", "time", "datetime", "timestamp"];
const ADJUSTED_NAMES = ["adjclose", "adjustedclose"];

/**
 * Reads daily prices from CSV text with a header, exactly: no number becomes a float.
 * @throws RefusalError `CSV_COLUMNS_MISSING` without the columns that are needed.
 */
export function readPriceTable(csv: string, days: DayRange = ALL_DAYS): PriceTable {
  const table = parseCsv(csv);
  const column = (names: readonly string[]): number => table.columns.findIndex((name) => names.includes(name));
  const at = { date: column(DATE_NAMES), volume: column(["volume"]), adjusted: column(ADJUSTED_NAMES) };
  const priceAt = PRICES.map((name) => column([name]));
  const missing = [...(at.date < 0 ? ["date"] : []), ...PRICES.filter((_, index) => (priceAt[index] ?? -1) < 0)];
  if (missing.length > 0) throw columnsMissing(missing, table.columns);
  const found = {
    rows: [] as PriceRow[],
    faults: [] as RowFault[],
    emptyRows: [] as number[],
    withoutVolume: [] as number[],
  };
  let roundedCount = 0;
  let adjustedCount = 0;
  for (const { number, cells } of table.rows) {
    const texts = priceAt.map((index) => cells[index] ?? "");
    const dateText = cells[at.date] ?? "";
    const day = parsePriceDate(dateText);
    if (Number.isNaN(day)) {
      found.faults.push({ number, reason: `${JSON.stringify(dateText)} is no date (YYYY-MM-DD or YYYYMMDD)` });
      continue;
    }
    if (day < days.from || day > days.to) continue;
    if (texts.every(isEmpty)) {
      found.emptyRows.push(number);
      continue;
    }
    const prices = texts.map(scaled);
    const volumeText = at.volume < 0 ? "" : (cells[at.volume] ?? "");
    const volume = isEmpty(volumeText) ? 0n : wholeNumber(volumeText);
    const [open, high, low, close] = prices.map((price) => price?.value);
    if (open === undefined || high === undefined || low === undefined || close === undefined || volume === undefined) {
      const wrong = PRICES.filter((_, index) => prices[index] === undefined);
      found.faults.push({ number, reason: `${wrong[0] ?? "volume"} is no number that can be kept exactly` });
      continue;
    }
    roundedCount += prices.filter((price) => price?.isRounded === true).length;
    if (isEmpty(volumeText)) found.withoutVolume.push(number);
    const adjusted = scaled(cells[at.adjusted] ?? "");
    if (adjusted !== undefined && adjusted.value !== close) adjustedCount += 1;
    found.rows.push({ number, day, open, high, low, close, volume });
  }
  return { ...found, roundedCount, adjustedCount };
}

/** What price files write where there is no value. */
function isEmpty(text: string): boolean {
  return /^(?:|null|nan|n\/a|-)$/i.test(text);
}

function scaled(text: string): { readonly value: bigint; readonly isRounded: boolean } | undefined {
  const decimal = decimalOf(text);
  if (decimal === undefined) return undefined;
  const exact = Decimal.of(decimal.coefficient * UNIT, decimal.scale);
  const value = exact.round().coefficient;
  if (value > LARGEST || value < -LARGEST) return undefined;
  return { value, isRounded: decimal.normalize().scale > PRICE_SCALE };
}

function wholeNumber(text: string): bigint | undefined {
  const value = decimalOf(text)?.round().coefficient;
  return value === undefined || value < 0n || value > LARGEST ? undefined : value;
}

function decimalOf(text: string): Decimal | undefined {
  // What is longer would be rounded twice in 96 bits; a large exponent would take all memory.
  if (!/^[+-]?[\d.]{1,24}$/.test(text) && !/^[+-]?[\d.]{1,18}[eE][+-]?\d$/.test(text)) return undefined;
  try {
    return Decimal.parse(text);
  } catch {
    return undefined;
  }
}

function columnsMissing(missing: readonly string[], columns: readonly string[]): RefusalError {
  return new RefusalError({
    code: "CSV_COLUMNS_MISSING",
    message:
      `expected a header with the columns date, open, high, low, close and volume; ` +
      `missing: ${missing.join(", ")}; found: ${columns.slice(0, 12).join(", ").slice(0, 200) || "nothing"}`,
    remedy: "Add a header row with these names.",
  });
}
