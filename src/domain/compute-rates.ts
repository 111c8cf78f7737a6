import { z } from "zod";
import { unsignedDecimalSchema } from "./decimal-schema.ts";

const seconds = z.number().min(0).max(1_000_000);

const nodeSchema = z.strictObject({
  pricePerHour: unsignedDecimalSchema,
  /** How long a backtest is taken to run while none of its project is known. */
  assumedSeconds: seconds,
  /** What is paid for each backtest before it runs. */
  spinUpSeconds: seconds,
});

/** What computing costs at a place: with where the prices are from, and of when. */
const placeRatesSchema = z.strictObject({
  source: z.string().min(1),
  asOf: z.iso.date(),
  currency: z.string().regex(/^[A-Z]{3,6}$/),
  backtest: nodeSchema,
  /** By type of node; `*` is any. */
  optimization: z.record(z.string(), nodeSchema),
  /** A backtest whose end was seen late, because nobody was looking, counts for no longer than this. */
  longestSeconds: seconds,
});

/** Prices and assumed durations by place. */
export const computeRatesSchema = z.strictObject({
  version: z.literal(1),
  local: placeRatesSchema,
  quantconnect: placeRatesSchema,
});

export type NodeRates = Readonly<z.output<typeof nodeSchema>>;
export type PlaceRates = Readonly<z.output<typeof placeRatesSchema>>;
export type ComputeRates = Readonly<z.output<typeof computeRatesSchema>>;
