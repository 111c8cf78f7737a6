import type { DataSource } from "../data-source.ts";
import { DataFault } from "../data/data-fault.ts";
import { ZoneOffsets } from "../time/zone-offsets.ts";
import { ExchangeHours, exchangeEntrySchema } from "./exchange-hours.ts";

const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
export const MARKET_HOURS_PATH = "market-hours/market-hours-database.json";

/** LEAN's market hours database, read on demand from the data folder. */
export class MarketHoursDatabase {
  readonly #data: DataSource;
  #text: string | undefined;
  readonly #hours = new Map<string, ExchangeHours>();

  constructor(data: DataSource) {
    this.#data = data;
  }

  /** Hours of a market, by LEAN's keys (`Equity-usa-SPY`, else `Equity-usa-[*]`). Throws a DataFault if unknown. */
  hours(securityType: string, market: string, ticker: string): ExchangeHours {
    const special = `${securityType}-${market}-${ticker}`;
    const general = `${securityType}-${market}-[*]`;
    const text = this.#load();
    const specialText = entryText(text, special);
    const key = specialText === undefined ? general : special;
    const known = this.#hours.get(key);
    if (known !== undefined) return known;
    const entry = exchangeEntrySchema.safeParse(parsed(specialText ?? entryText(text, general)));
    if (!entry.success) {
      throw new DataFault({
        code: "DATA_MISSING",
        message: `no market hours for ${general} in ${MARKET_HOURS_PATH}`,
        remedy: "Use a data folder with LEAN's market hours, or a market that they know.",
      });
    }
    const hours = new ExchangeHours(entry.data, ZoneOffsets.of(entry.data.exchangeTimeZone));
    this.#hours.set(key, hours);
    return hours;
  }

  #load(): string {
    this.#text ??= this.#data.readText(MARKET_HOURS_PATH);
    if (this.#text !== undefined) return this.#text;
    throw new DataFault({
      code: "DATA_MISSING",
      message: `expected market hours at ${MARKET_HOURS_PATH} in the data folder, found no such file`,
      remedy: "Add Quantwright's shipped data folder (config/lean-data) to the list of data folders.",
    });
  }
}

/**
 * The text of one entry. LEAN's database has 3 MB, of which a run needs a few entries: parsing all of it would take
 * longer than many a backtest.
 */
function entryText(text: string, key: string): string | undefined {
  const at = text.indexOf(`"${key}"`);
  if (at < 0) return undefined;
  const start = text.indexOf("{", at);
  let depth = 0;
  // Names and values of the database hold no braces.
  for (let end = start; end >= 0 && end < text.length; end += 1) {
    const character = text.charCodeAt(end);
    if (character === OPEN_BRACE) depth += 1;
    else if (character === CLOSE_BRACE) {
      depth -= 1;
      if (depth === 0) return text.slice(start, end + 1);
    }
  }
  return undefined;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
