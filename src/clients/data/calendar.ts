import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DataSource } from "../../lean/data-source.ts";
import type { ExchangeHours } from "../../lean/market/exchange-hours.ts";
import { MarketHoursDatabase } from "../../lean/market/market-hours-database.ts";

/** The calendars that come with the package, beside `dist/` (or `src/`). */
const SHIPPED = fileURLToPath(new URL("../../../config/lean-data", import.meta.url));

/**
 * Opening hours of a US equity from the first folder that has a market hours database, the shipped one last.
 * @throws RefusalError `DATA_MISSING` where none has.
 */
export function readCalendar(ticker: string, folders: readonly string[]): ExchangeHours {
  const data: DataSource = {
    readText: (path) => firstText([...folders, SHIPPED].map((folder) => join(folder, path))),
    readZip: () => undefined,
    fingerprint: () => "",
  };
  return new MarketHoursDatabase(data).hours("Equity", "usa", ticker.toUpperCase());
}

function firstText(files: readonly string[]): string | undefined {
  for (const file of files) {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
  }
  return undefined;
}
