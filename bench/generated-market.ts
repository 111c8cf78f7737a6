import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCalendar } from "../src/clients/data/calendar.ts";
import { importPrices } from "../src/clients/data/import-prices.ts";
import { syntheticDailyCsv, writeSyntheticMinutes } from "../src/clients/data/synthetic-bars.ts";
import { parseBarRows } from "../src/lean/data/bar-file.ts";
import { MICROS_PER_SECOND, compactDate, parseCompactDate } from "../src/lean/time/civil-date.ts";
import { openDataFolder } from "../src/sandbox/data-folder.ts";
import type { Period } from "./strategies.ts";

const SEED = 1;
const FIELDS = 5;
export const SHIPPED_DATA: string = fileURLToPath(new URL("../config/lean-data", import.meta.url));

/** A year of minutes: 97,740 bars. */
export const MINUTES: Period = {
  ticker: "GENMIN",
  resolution: "MINUTE",
  from: "2014-01-02",
  to: "2014-12-31",
  fast: 100,
  slow: 400,
};
export const ONE_DAY: Period = { ...MINUTES, to: MINUTES.from };
export const TEN_YEARS: Period = {
  ticker: "GENDAY",
  resolution: "DAILY",
  from: "2010-01-04",
  to: "2019-12-31",
  fast: 20,
  slow: 50,
};

/** Writes generated prices for both periods into a data folder. */
export async function generateMarket(folder: string): Promise<void> {
  await writeSyntheticMinutes({ folder, seed: SEED, ...MINUTES });
  const { ticker } = TEN_YEARS;
  const csv = syntheticDailyCsv({ seed: SEED, ...TEN_YEARS }, readCalendar(ticker, []));
  const about = { source: `generated, seed ${SEED}`, licence: "none needed", synthetic: true } as const;
  await importPrices({ folder, csv, ticker, kind: "equity", ...about });
}

/** Reads and parses the year of minutes as the engine does and gives the files' rows. */
export function readMinutes(folder: string): ReturnType<typeof parseBarRows>[] {
  const data = openDataFolder([folder]);
  const name = MINUTES.ticker.toLowerCase();
  const [first, last] = [MINUTES.from, MINUTES.to].map((date) => parseCompactDate(date.replaceAll("-", "")));
  const tables: ReturnType<typeof parseBarRows>[] = [];
  for (let day = first ?? 0; day <= (last ?? 0); day += 1) {
    const bytes = data.readZip(`equity/usa/minute/${name}/${compactDate(day)}_trade.zip`);
    if (bytes !== undefined) tables.push(parseBarRows(bytes, FIELDS, day));
  }
  return tables;
}

/** The same minutes as one CSV file that other engines read; returns its path. */
export async function exportMinutes(folder: string): Promise<string> {
  const lines = ["seconds,open,high,low,close,volume"];
  for (const { count, time, values } of readMinutes(folder)) {
    for (let row = 0; row < count; row += 1) {
      const [open = 0, high = 0, low = 0, close = 0, volume = 0] = values.subarray(row * FIELDS, (row + 1) * FIELDS);
      const prices = [open, high, low, close].map((price) => price / 10_000);
      lines.push([(time[row] ?? 0) / MICROS_PER_SECOND, ...prices, volume].join(","));
    }
  }
  const file = join(folder, "minutes.csv");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}
