import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import { parseJson } from "../domain/parse-json.ts";
import { parseBarRows } from "../lean/data/bar-file.ts";
import { FactorFile, NORMALIZATION } from "../lean/data/factor-file.ts";
import type { DataSource } from "../lean/data-source.ts";
import { MarketHoursDatabase } from "../lean/market/market-hours-database.ts";
import { ZoneOffsets } from "../lean/time/zone-offsets.ts";
import { dayOf, isoDate, MICROS_PER_HOUR } from "../lean/time/civil-date.ts";

/** One stored bar. Times are microseconds UTC; prices adjusted for splits and dividends; volume in shares. */
export interface PriceBar {
  readonly date: string;
  readonly startUtc: number;
  readonly endUtc: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface PriceHistory {
  readonly ticker: string;
  readonly resolution: "daily" | "hour";
  readonly bars: readonly PriceBar[];
  readonly source: string;
  readonly synthetic: boolean;
  readonly notes: readonly string[];
}

const EXCHANGE_ZONE = "America/New_York";
const FIELDS = 5;
const sourcesSchema = z.record(
  z.string(),
  z.looseObject({ source: z.string(), synthetic: z.boolean().default(false), notes: z.array(z.string()).default([]) }),
);

/**
 * Reads the stored daily or hourly bars of a US equity or index from a LEAN data folder.
 * @throws RefusalError `DATA_MISSING` with the file that was expected.
 */
export function readPriceHistory(data: DataSource, ticker: string, resolution: "daily" | "hour"): PriceHistory {
  const path = `equity/usa/${resolution}/${ticker.toLowerCase()}.zip`;
  const bytes = /^[A-Za-z0-9.-]{1,20}$/.test(ticker) ? data.readZip(path) : undefined;
  if (bytes === undefined) {
    throw new RefusalError({
      code: "DATA_MISSING",
      message: `no ${resolution} prices of ${ticker} are stored; expected the file ${path} in the data folder`,
      remedy:
        "import prices (`quantwright data import FILE.csv --ticker …`), or see `quantwright data list` for what is there",
    });
  }
  const hours = new MarketHoursDatabase(data).hours("Equity", "usa", ticker.toUpperCase());
  const zone = ZoneOffsets.of(EXCHANGE_ZONE);
  const factors = FactorFile.read(data, "usa", ticker);
  const rows = parseBarRows(bytes, FIELDS);
  const bars: PriceBar[] = [];
  for (let index = 0; index < rows.count; index += 1) {
    const local = rows.time[index] ?? 0;
    const day = dayOf(local);
    if (!hours.isTradingDay(day)) continue;
    const factor = factors.factorOn(day, NORMALIZATION.ADJUSTED);
    const at = index * FIELDS;
    const price = (field: number): number => factor.toNumber(rows.values[at + field] ?? 0);
    const [start, end] =
      resolution === "daily" ? [hours.openOf(day), hours.closeOf(day)] : [local, local + MICROS_PER_HOUR];
    bars.push({
      date: isoDate(day),
      startUtc: zone.toUtc(start),
      endUtc: zone.toUtc(end),
      open: price(0),
      high: price(1),
      low: price(2),
      close: price(3),
      volume: rows.values[at + 4] ?? 0,
    });
  }
  return { ticker: ticker.toUpperCase(), resolution, bars, ...provenance(data, ticker) };
}

function provenance(data: DataSource, ticker: string): Pick<PriceHistory, "source" | "synthetic" | "notes"> {
  const text = data.readText("quantwright/sources.json");
  const parsed = text === undefined ? undefined : sourcesSchema.safeParse(parseJson(text));
  const known = parsed?.success === true ? parsed.data[ticker.toUpperCase()] : undefined;
  return known === undefined
    ? { source: "data folder", synthetic: false, notes: [] }
    : { source: known.source, synthetic: known.synthetic, notes: known.notes };
}

/** How many trading sessions ended after the close of `last` and before `nowUtc` (microseconds). */
export function sessionsSince(data: DataSource, last: PriceBar, nowUtc: number): number {
  const hours = new MarketHoursDatabase(data).hours("Equity", "usa", "[*]");
  const zone = ZoneOffsets.of(EXCHANGE_ZONE);
  const local = zone.toLocal(nowUtc);
  let sessions = 0;
  for (let day = dayOf(zone.toLocal(last.endUtc)) + 1; day <= dayOf(local) && sessions < 1000; day += 1) {
    if (hours.isTradingDay(day) && hours.closeOf(day) <= local) sessions += 1;
  }
  return sessions;
}
