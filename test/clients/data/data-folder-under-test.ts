import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importPrices } from "../../../src/clients/data/import-prices.ts";
import type { ImportPricesRequest, ImportReport } from "../../../src/clients/data/import-prices.ts";
import { RefusalError } from "../../../src/domain/refusal.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { parseBarRows } from "../../../src/lean/data/bar-file.ts";
import { dayOf, isoDate } from "../../../src/lean/time/civil-date.ts";
import { openDataFolder } from "../../../src/sandbox/data-folder.ts";

export const HEADER = "Date,Open,High,Low,Close,Volume";

/** An empty data folder that is removed at the end of the test. */
export function emptyFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  return mkdtempDisposable(join(tmpdir(), "quantwright-data-"));
}

/** Imports rows of `HEADER` as TEST from source "a test", unless told otherwise. */
export function importRows(
  folder: string,
  rows: readonly string[],
  more: Partial<ImportPricesRequest> = {},
): Promise<ImportReport> {
  const csv = [HEADER, ...rows].join("\n");
  return importPrices({ csv, ticker: "TEST", folder, source: "a test", licence: "ours", kind: "equity", ...more });
}

/** Waits for a call that must be refused and gives the refusal. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof RefusalError) return outcome.refusal;
  throw new Error("expected a refusal", { cause: outcome });
}

/** The daily bars as the engine reads them: date, then open, high, low, close (x 10 000) and volume. */
export function engineBars(folder: string, ticker: string): (string | number)[][] {
  const bytes = openDataFolder([folder]).readZip(`equity/usa/daily/${ticker.toLowerCase()}.zip`);
  if (bytes === undefined) return [];
  const { count, time, values, fields } = parseBarRows(bytes, 5);
  return Array.from({ length: count }, (_, row) => [
    isoDate(dayOf(time[row] ?? 0)),
    ...values.slice(row * fields, (row + 1) * fields),
  ]);
}
