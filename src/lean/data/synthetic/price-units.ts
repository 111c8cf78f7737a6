import type { BarRows } from "../bar-file.ts";

/** One bar in whole price units (see `unitOf`), with its volume. */
export interface UnitBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** How prices of an asset class stand in LEAN's files: equities in ten-thousandths, crypto as decimals of cents. */
export interface PriceUnits {
  /** File number of one unit, for reading. */
  readonly fileValue: number;
  /** A price of so many units as it stands in a file. */
  text(units: number): string;
}

const CENTS = 100;

/** Units are cents; the file holds ten-thousandths of a dollar. */
export const EQUITY_UNITS: PriceUnits = { fileValue: CENTS, text: (units) => String(units * CENTS) };

/** Units are cents; the file holds decimals. */
export const CRYPTO_UNITS: PriceUnits = {
  fileValue: 0.01,
  text: (units) => {
    const cents = units % CENTS;
    const whole = String((units - cents) / CENTS);
    return cents === 0 ? whole : `${whole}.${cents < 10 ? "0" : ""}${cents}`;
  },
};

/** A row of a price file as a bar; prices below one unit become one unit. */
export function unitBar(rows: BarRows, row: number, units: PriceUnits): UnitBar {
  const value = (field: number): number => rows.values[row * rows.fields + field] ?? 0;
  const price = (field: number): number => Math.max(1, Math.round(value(field) / units.fileValue));
  const [open, close] = [price(0), price(3)];
  return {
    open,
    high: Math.max(price(1), open, close),
    low: Math.min(price(2), open, close),
    close,
    volume: Math.max(0, Math.round(value(4))),
  };
}
