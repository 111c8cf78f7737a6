import { RefusalError } from "../../domain/refusal.ts";
import type { PriceFinding } from "./check-prices.ts";

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
  /** Where the exchange's calendar is read; the data folder and the shipped one unless named. */
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

/** Imports daily prices into a data folder in LEAN's format. */
export function importPrices(request: ImportPricesRequest): Promise<ImportReport> {
  return Promise.reject(
    new RefusalError({ code: "IMPORT_UNAVAILABLE", message: `prices of ${request.ticker} cannot be imported yet` }),
  );
}
