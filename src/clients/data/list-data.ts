import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { unzipSync } from "fflate";
import type { UnzipFileInfo } from "fflate";
import { parseBarRows } from "../../lean/data/bar-file.ts";
import { dayOf, isoDate, parseCompactDate } from "../../lean/time/civil-date.ts";
import { readSources } from "./sources.ts";

const RESOLUTIONS = ["daily", "hour", "minute", "second"] as const;
const LOCAL_HEADER = 30;
const LARGEST_ENTRY = 1024 * 1024 * 1024;

/** One stored series. `first` and `last` are dates (`2014-01-02`), empty where nothing could be read. */
export interface DataRow {
  readonly ticker: string;
  readonly resolution: string;
  readonly first: string;
  readonly last: string;
  readonly bars: number;
  readonly source: string;
  readonly synthetic: boolean;
  readonly notes: readonly string[];
  /** `equity`, `crypto`, … and LEAN's market (`usa`). */
  readonly securityType: string;
  readonly market: string;
}

interface Extent {
  readonly first: string;
  readonly last: string;
  readonly bars: number;
  readonly notes: readonly string[];
}

/**
 * Lists the price series of data folders in LEAN's layout, by ticker and resolution. Where two folders have the same
 * series, the first folder's is listed, as the engine reads it. A folder that is missing has none; a file that cannot
 * be read is listed with a note that says so.
 */
export async function listData(folders: readonly string[]): Promise<readonly DataRow[]> {
  const rows = new Map<string, DataRow>();
  for (const folder of folders) {
    for (const row of await rowsOf(folder)) {
      const key = `${row.ticker}/${row.resolution}/${row.securityType}/${row.market}`;
      if (!rows.has(key)) rows.set(key, row);
    }
  }
  const keys = [...rows.keys()].toSorted();
  return keys.flatMap((key) => rows.get(key) ?? []);
}

async function rowsOf(folder: string): Promise<DataRow[]> {
  const sources = await readSources(folder);
  const rows: DataRow[] = [];
  for (const securityType of ["equity", "crypto", "forex"]) {
    for (const market of await names(join(folder, securityType))) {
      for (const resolution of RESOLUTIONS) {
        const at = join(folder, securityType, market, resolution);
        for (const name of await names(at)) {
          const isManyDays = name.endsWith(".zip");
          if (!isManyDays && (resolution === "daily" || resolution === "hour")) continue;
          const ticker = tickerOf(isManyDays ? name.slice(0, -4) : name);
          const extent = isManyDays ? await extentOfFile(join(at, name)) : await extentOfFolder(join(at, name));
          if (extent === undefined) continue;
          const known = securityType === "equity" ? sources[ticker] : undefined;
          rows.push({
            ticker,
            resolution,
            first: extent.first,
            last: extent.last,
            bars: extent.bars,
            source: known?.source ?? "data folder",
            synthetic: known?.synthetic ?? false,
            notes: [...(known?.notes ?? []), ...extent.notes],
            securityType,
            market,
          });
        }
      }
    }
  }
  return rows;
}

/** `btcusd_trade` as in crypto's daily files, or the plain name. */
function tickerOf(name: string): string {
  return name.replace(/_(?:trade|quote)$/, "").toUpperCase();
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();
  } catch {
    return [];
  }
}

/** A file of many days: the dates stand in its rows. */
async function extentOfFile(file: string): Promise<Extent> {
  try {
    const { count, time } = parseBarRows(await onlyEntry(file), 0);
    const date = (at: number): string => (count === 0 ? "" : isoDate(dayOf(time[at] ?? 0)));
    return { first: date(0), last: date(count - 1), bars: count, notes: [] };
  } catch (error) {
    return { first: "", last: "", bars: 0, notes: [unreadable(error)] };
  }
}

/** A folder with one file a day: the date stands in the name. Quotes count where there are no trades. */
async function extentOfFolder(folder: string): Promise<Extent | undefined> {
  const all = await names(folder);
  const trades = all.filter((name) => /^\d{8}_trade\.zip$/.test(name));
  const files = trades.length > 0 ? trades : all.filter((name) => /^\d{8}_quote\.zip$/.test(name));
  const days = files.map((name) => parseCompactDate(name.slice(0, 8)));
  const [first] = days;
  if (first === undefined) return undefined;
  let bars = 0;
  const broken: string[] = [];
  for (const name of files) {
    try {
      bars += parseBarRows(await onlyEntry(join(folder, name)), 0, 0).count;
    } catch {
      broken.push(name);
    }
  }
  const [example] = broken;
  const notes = example === undefined ? [] : [`${broken.length} files cannot be read, the first is ${example}`];
  return { first: isoDate(first), last: isoDate(days.at(-1) ?? first), bars, notes };
}

/** The inflated first entry, by zlib: a data folder may hold hundreds of megabytes. */
async function onlyEntry(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  const entries: UnzipFileInfo[] = [];
  unzipSync(bytes, { filter: (entry) => entries.push(entry) < 0 });
  const [entry] = entries;
  if (entry === undefined) throw new RangeError("the zip file is empty");
  const nameAndExtra = bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const content = bytes.subarray(LOCAL_HEADER + nameAndExtra, LOCAL_HEADER + nameAndExtra + entry.size);
  return entry.compression === 0 ? content : inflateRawSync(content, { maxOutputLength: LARGEST_ENTRY });
}

function unreadable(error: unknown): string {
  return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
