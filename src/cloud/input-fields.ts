import { z } from "zod";

/** Forms and queries carry everything as text, so numbers and flags are accepted as text too. */
export const wholeNumber = z.preprocess(
  (value) => (typeof value === "string" && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value),
  z.int(),
);

export const realNumber = z.preprocess(
  (value) =>
    typeof value === "string" && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(value.trim())
      ? Number(value)
      : value,
  z.number().min(-1e15).max(1e15),
);

export const flag = z.preprocess((value) => {
  if (value === "true" || value === "1" || value === 1) return true;
  return value === "false" || value === "0" || value === 0 || value === "" ? false : value;
}, z.boolean());

/** Text of at least one character other than blanks. */
export const filledText = z.string().refine((text) => text.trim() !== "", "expected a text that is not blank");

/** An optional field that clients also send as null. */
export function absent<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A page as `[start, end)` of at most `most` entries. */
export function page(most: number): z.ZodObject<{ start: typeof wholeNumber; end: typeof wholeNumber }> {
  return z
    .object({ start: wholeNumber, end: wholeNumber })
    .refine(({ start, end }) => start >= 0 && end > start && end - start <= most, {
      message: `expected 0 <= start < end and at most ${most} entries`,
    });
}

/** Path of a file in a project, and of a project in the tree of projects: no way out of either. */
export const safePath = filledText.refine(
  (path) =>
    path.length <= 255 &&
    !/[\\:*?"<>|]|\p{Cc}/u.test(path) &&
    path.split("/").every((segment) => segment.trim() !== "" && segment !== "." && segment !== ".."),
  'expected a path of at most 255 characters without empty, . or .. parts and without \\ : * ? " < > |',
);
