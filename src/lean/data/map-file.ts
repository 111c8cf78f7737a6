import type { DataSource } from "../data-source.ts";
import { dayNumber, parseCompactDate } from "../time/civil-date.ts";

/** Last date of a security that is still listed, by LEAN's convention. */
export const FAR_FUTURE: number = dayNumber(2050, 12, 31);

export interface MapRow {
  /** Last day on which the ticker was in use. */
  readonly day: number;
  readonly ticker: string;
}

/** The tickers of one equity over time. Empty where the data folder has no map file for it. */
export class MapFile {
  readonly rows: readonly MapRow[];
  readonly #ticker: string;

  constructor(ticker: string, rows: readonly MapRow[]) {
    this.#ticker = ticker.toLowerCase();
    this.rows = rows;
  }

  static read(data: DataSource, market: string, ticker: string): MapFile {
    const text = data.readText(`equity/${market}/map_files/${ticker.toLowerCase()}.csv`) ?? "";
    const rows = text.split("\n").flatMap((line) => {
      const [date = "", name = ""] = line.trim().split(",");
      const day = parseCompactDate(date);
      return Number.isNaN(day) || name === "" ? [] : [{ day, ticker: name.toLowerCase() }];
    });
    return new MapFile(ticker, rows);
  }

  /** First date of the security; undefined without a map file. */
  get firstDay(): number | undefined {
    return this.rows[0]?.day;
  }

  get firstTicker(): string {
    return this.rows[0]?.ticker ?? this.#ticker;
  }

  get lastDay(): number {
    return this.rows.at(-1)?.day ?? FAR_FUTURE;
  }

  /** Ticker under which data of a day are stored. */
  tickerOn(day: number): string {
    return this.rows.find((row) => row.day >= day)?.ticker ?? this.#ticker;
  }
}
