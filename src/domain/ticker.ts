import { z } from "zod";

/** The ticker of an instrument as limits, orders and positions name it: upper case, so that spelling opens nothing. */
export const tickerSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9 ./_-]{0,39}$/, "a ticker such as AAPL or BRK.B");
