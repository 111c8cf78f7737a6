import { access } from "node:fs/promises";
import { join } from "node:path";
import { strToU8 } from "fflate";
import { RefusalError } from "../../domain/refusal.ts";
import { isoDate } from "../../lean/time/civil-date.ts";
import { readCalendar } from "./calendar.ts";
import { checkPrices } from "./check-prices.ts";
import type { PriceFinding } from "./check-prices.ts";
import { lockFolder } from "./folder-lock.ts";
import { dailyFile, dailyPath, plainReferenceFiles } from "./lean-files.ts";
import { dayNamed } from "./price-date.ts";
import { readPriceTable } from "./price-row.ts";
import type { RowFault } from "./price-row.ts";
import { SOURCES_PATH, readSources } from "./sources.ts";
import type { DataSourceEntry } from "./sources.ts";
import { writeTogether } from "./write-together.ts";

export interface ImportPricesRequest {
  /** Text of a CSV file with a header: date (or time), open, high, low, close, volume, in any order and case. */
  readonly csv: string;
  readonly ticker: string;
  /** Data folder in LEAN's layout; made where it is missing. */
  readonly folder: string;
  /** Where the prices are from and under what licence: shown in every result that uses them. */
  readonly source: string;
  readonly licence: string;
  readonly kind: "equity" | "index";
  /** First and last date to take, `2014-01-02`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly synthetic?: boolean | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly resolution?: "daily" | undefined;
  /** Where the exchange's calendar is looked for before the shipped one; the data folder unless named. */
  readonly calendarFolders?: readonly string[] | undefined;
  /** Clock for the time of the import. */
  readonly now?: (() => Date) | undefined;
}

export interface ImportReport {
  readonly ticker: string;
  readonly resolution: "daily";
  readonly source: string;
  readonly licence: string;
  readonly kind: "equity" | "index";
  readonly synthetic: boolean;
  readonly first: string;
  readonly last: string;
  readonly bars: number;
  /** Also stored beside the prices and shown in every result. */
  readonly notes: readonly string[];
  /** What the checks found, none of which kept the prices out. */
  readonly findings: readonly PriceFinding[];
  /** Written, relative to the data folder. */
  readonly files: readonly string[];
}

const TICKER = /^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$/;
const NAMED_FAULTS = 10;

/**
 * Imports daily prices into a data folder in LEAN's format, with map and factor files and a word on where they are
 * from. Earlier imports of the ticker are replaced; whatever fails leaves the folder as it was.
 * @throws RefusalError `TICKER_INVALID`, `DATE_INVALID`, `CSV_COLUMNS_MISSING`, `PRICES_INVALID` (naming the rows),
 *   `PRICES_EMPTY`, `PRICES_NOT_IMPORTED` (there are prices that no import wrote), `SOURCES_UNREADABLE`,
 *   `DATA_MISSING` (no calendar), `DATA_FOLDER_BUSY`
 *   (another import) or `DATA_FOLDER_UNWRITABLE`.
 */
export async function importPrices(request: ImportPricesRequest): Promise<ImportReport> {
  const { folder, source, licence, kind } = request;
  const ticker = validTicker(request.ticker);
  const checked = checkedPrices(request);
  const [first, last] = [checked.rows[0], checked.rows.at(-1)];
  if (first === undefined || last === undefined) throw nothingToImport(request);
  await using _lock = await lockFolder(folder);
  const sources = await readSources(folder);
  await refuseForeignPrices(folder, ticker, sources);
  const synthetic = request.synthetic ?? false;
  const notes = [...(request.notes ?? []), ...checked.notes];
  const extent = { first: isoDate(first.day), last: isoDate(last.day) };
  const rows = checked.rows.length;
  const imported = (request.now ?? (() => new Date()))().toISOString();
  const entry: DataSourceEntry = { source, licence, kind, synthetic, notes, ...extent, rows, imported };
  const files = [
    ...plainReferenceFiles(ticker, first.day),
    dailyFile(ticker, checked.rows),
    { path: SOURCES_PATH, bytes: strToU8(`${JSON.stringify({ ...sources, [ticker]: entry }, null, 2)}\n`) },
  ];
  await writeTogether(folder, files);
  return {
    ticker,
    resolution: "daily",
    source,
    licence,
    kind,
    synthetic,
    ...extent,
    bars: rows,
    notes,
    findings: checked.findings,
    files: files.map(({ path }) => path),
  };
}

/** Reads, cuts to the dates asked for and checks; faults in rows that are not asked for do not matter. */
function checkedPrices(request: ImportPricesRequest): ReturnType<typeof checkPrices> {
  const from = dayNamed(request.from, Number.NEGATIVE_INFINITY);
  const to = dayNamed(request.to, Number.POSITIVE_INFINITY);
  const table = readPriceTable(request.csv, { from, to });
  const hours = readCalendar(request.ticker, request.calendarFolders ?? [request.folder]);
  const checked = checkPrices(table, hours);
  if (checked.faults.length > 0) throw invalidPrices(checked.faults);
  return checked;
}

function validTicker(ticker: string): string {
  if (TICKER.test(ticker)) return ticker.toUpperCase();
  throw new RefusalError({
    code: "TICKER_INVALID",
    message: `expected a ticker of up to 20 letters, digits, dots or hyphens, got ${JSON.stringify(ticker.slice(0, 40))}`,
    remedy: "Choose a ticker such as SPY.",
  });
}

function invalidPrices(faults: readonly RowFault[]): RefusalError {
  const named = faults.slice(0, NAMED_FAULTS).map(({ number, reason }) => `row ${number}: ${reason}`);
  const more = faults.length - named.length;
  return new RefusalError({
    code: "PRICES_INVALID",
    message:
      `expected one row a day with positive prices, open and close between low and high; ${faults.length} rows are ` +
      `not so: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    remedy: "Correct or remove these rows (the header is row 1), or take other dates with --from and --to.",
  });
}

function nothingToImport(request: ImportPricesRequest): RefusalError {
  const dates = request.from === undefined && request.to === undefined ? "" : " between the dates asked for";
  return new RefusalError({
    code: "PRICES_EMPTY",
    message: `expected prices of trading days${dates}, found none`,
    remedy: "Check the file, --from and --to.",
  });
}

/** Prices that came with a data folder have splits and dividends of their own: an import must not replace them. */
async function refuseForeignPrices(
  folder: string,
  ticker: string,
  sources: Readonly<Record<string, DataSourceEntry>>,
): Promise<void> {
  if (Object.hasOwn(sources, ticker)) return;
  const path = dailyPath(ticker);
  const isThere = await access(join(folder, path)).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new RefusalError({
    code: "PRICES_NOT_IMPORTED",
    message: `expected no daily prices of ${ticker}, or such as an import wrote; ${path} came from elsewhere`,
    remedy: "Import under another ticker or into another data folder, or move that file away.",
  });
}
