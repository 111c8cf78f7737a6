import { Decimal } from "../../domain/decimal.ts";
import type { DataSource } from "../data-source.ts";
import { parseCompactDate } from "../time/civil-date.ts";
import { PriceFactor } from "./price-factor.ts";

/** LEAN's `DataNormalizationMode`. */
export const NORMALIZATION = { RAW: 0, ADJUSTED: 1, SPLIT_ADJUSTED: 2, TOTAL_RETURN: 3 } as const;

export interface FactorRow {
  /** Day number. */
  readonly day: number;
  readonly priceFactor: Decimal;
  readonly splitFactor: Decimal;
  readonly referencePrice: Decimal;
}

/** The dividend and split factors of one US equity, sorted by date. */
export class FactorFile {
  readonly rows: readonly FactorRow[];
  readonly #factors = new Map<string, PriceFactor>();

  constructor(rows: readonly FactorRow[]) {
    this.rows = rows;
  }

  static read(data: DataSource, market: string, permtick: string): FactorFile {
    const text = data.readText(`equity/${market}/factor_files/${permtick.toLowerCase()}.csv`) ?? "";
    const rows = text.split("\n").flatMap((line) => factorRow(line.trim()) ?? []);
    return new FactorFile(rows.toSorted((left, right) => left.day - right.day));
  }

  /**
   * The same events seen from a day on which nothing after it is known: prices of that day and later stay as they are,
   * earlier ones are brought to its level.
   */
  asOf(day: number): FactorFile {
    const base = this.rows.find((row) => row.day >= day);
    if (base === undefined) return this;
    return new FactorFile(
      this.rows
        .filter((row) => row.day < base.day)
        .map((row) => ({
          ...row,
          priceFactor: row.priceFactor.divide(base.priceFactor),
          splitFactor: row.splitFactor.divide(base.splitFactor),
        })),
    );
  }

  /** Factor of a date: the product of the earliest row on or after it, 1 after the last row. */
  factorOn(day: number, normalization: number): PriceFactor {
    if (normalization === NORMALIZATION.RAW) return PriceFactor.UNADJUSTED;
    const row = this.rows.find((candidate) => candidate.day >= day);
    if (row === undefined) return PriceFactor.UNADJUSTED;
    const key = `${row.day}/${normalization}`;
    let factor = this.#factors.get(key);
    if (factor === undefined) {
      factor = PriceFactor.of(
        normalization === NORMALIZATION.SPLIT_ADJUSTED ? row.splitFactor : row.priceFactor.multiply(row.splitFactor),
      );
      this.#factors.set(key, factor);
    }
    return factor;
  }
}

function factorRow(line: string): FactorRow | undefined {
  const [date = "", price = "", split = "", reference = "0"] = line.split(",");
  const day = parseCompactDate(date);
  // LEAN writes "inf" or an exponent for the time before any data: no factor to use.
  if (Number.isNaN(day) || price === "" || /inf|e\+/i.test(price) || split === "") return undefined;
  return {
    day,
    priceFactor: Decimal.parse(price),
    splitFactor: Decimal.parse(split),
    referencePrice: Decimal.parse(reference === "" ? "0" : reference),
  };
}
