import { strToU8, zipSync } from "fflate";
import { FAR_FUTURE } from "../../lean/data/map-file.ts";
import { compactDate } from "../../lean/time/civil-date.ts";
import type { PriceRow } from "./price-row.ts";
import type { NewFile } from "./write-together.ts";

/** The earliest time that a zip file can state: the same prices always give the same bytes. */
const ZIP_TIME = new Date(1980, 0, 1);

/** A zip file with one entry, as LEAN keeps prices. */
export function zipOf(entry: string, text: string): Uint8Array {
  return zipSync({ [entry]: strToU8(text) }, { level: 6, mtime: ZIP_TIME });
}

/** LEAN's path of a US equity's daily prices. */
export function dailyPath(ticker: string): string {
  return `equity/usa/daily/${ticker.toLowerCase()}.zip`;
}

/** LEAN's daily zip of a US equity: `20140102 00:00,open,high,low,close,volume`, prices x 10 000. */
export function dailyFile(ticker: string, rows: readonly PriceRow[]): NewFile {
  const lines = rows.map(
    ({ day, open, high, low, close, volume }) =>
      `${compactDate(day)} 00:00,${open},${high},${low},${close},${volume}\n`,
  );
  return { path: dailyPath(ticker), bytes: zipOf(`${ticker.toLowerCase()}.csv`, lines.join("")) };
}

/** Map and factor files that say: one ticker from the first day on, no splits, no dividends. */
export function plainReferenceFiles(ticker: string, firstDay: number): readonly NewFile[] {
  const name = ticker.toLowerCase();
  const [first, last] = [compactDate(firstDay), compactDate(FAR_FUTURE)];
  return [
    { path: `equity/usa/map_files/${name}.csv`, bytes: strToU8(`${first},${name}\n${last},${name}\n`) },
    { path: `equity/usa/factor_files/${name}.csv`, bytes: strToU8(`${first},1,1,1\n${last},1,1,0\n`) },
  ];
}
