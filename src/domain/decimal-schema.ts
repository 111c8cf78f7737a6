import { z } from "zod";
import { Decimal } from "./decimal.ts";

/** Bounds that keep every product of two of these numbers inside a Decimal: 12 digits before the point, 9 after it. */
const PLAIN = /^-?\d{1,12}(?:\.\d{1,9})?$/;

/** A decimal number as text, such as `"-12.50"`; no exponent, at most 12 digits before the point and 9 after it. */
export const decimalSchema = z
  .string()
  .regex(PLAIN, 'a decimal number as text, such as "12.50"')
  .transform((text) => Decimal.parse(text));

/** The same, above zero. */
export const positiveDecimalSchema = decimalSchema.refine((value) => value.sign > 0, "a number above zero");

/** The same, zero or above. */
export const unsignedDecimalSchema = decimalSchema.refine((value) => value.sign >= 0, "a number not below zero");

/** Decimal text, or the JSON number of a caller; anything that is no finite plain number is an error. */
export const givenDecimalSchema = z.union([z.number().transform(String), z.string()]).pipe(decimalSchema);
