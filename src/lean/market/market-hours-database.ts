import { z } from "zod";
import type { DataSource } from "../data-source.ts";
import { DataFault } from "../data/data-fault.ts";
import { ZoneOffsets } from "../time/zone-offsets.ts";
import { ExchangeHours, exchangeEntrySchema } from "./exchange-hours.ts";

export const MARKET_HOURS_PATH = "market-hours/market-hours-database.json";

const databaseSchema = z.object({ entries: z.record(z.string(), z.unknown()) });

/** LEAN's market hours database, read on demand from the data folder. */
export class MarketHoursDatabase {
  readonly #data: DataSource;
  #entries: Readonly<Record<string, unknown>> | undefined;
  readonly #hours = new Map<string, ExchangeHours>();

  constructor(data: DataSource) {
    this.#data = data;
  }

  /** Hours of a market, by LEAN's keys (`Equity-usa-SPY`, else `Equity-usa-[*]`). Throws a DataFault if unknown. */
  hours(securityType: string, market: string, ticker: string): ExchangeHours {
    const special = `${securityType}-${market}-${ticker}`;
    const general = `${securityType}-${market}-[*]`;
    const entries = this.#load();
    const key = entries[special] === undefined ? general : special;
    const known = this.#hours.get(key);
    if (known !== undefined) return known;
    const parsed = exchangeEntrySchema.safeParse(entries[key]);
    if (!parsed.success) {
      throw new DataFault({
        code: "DATA_MISSING",
        message: `no market hours for ${general} in ${MARKET_HOURS_PATH}`,
        remedy: "Use a data folder with LEAN's market hours, or a market that they know.",
      });
    }
    const hours = new ExchangeHours(parsed.data, ZoneOffsets.of(parsed.data.exchangeTimeZone));
    this.#hours.set(key, hours);
    return hours;
  }

  #load(): Readonly<Record<string, unknown>> {
    if (this.#entries !== undefined) return this.#entries;
    const text = this.#data.readText(MARKET_HOURS_PATH);
    if (text === undefined) {
      throw new DataFault({
        code: "DATA_MISSING",
        message: `expected market hours at ${MARKET_HOURS_PATH} in the data folder, found no such file`,
        remedy: "Add Quantwright's shipped data folder (config/lean-data) to the list of data folders.",
      });
    }
    this.#entries = databaseSchema.parse(JSON.parse(text)).entries;
    return this.#entries;
  }
}
