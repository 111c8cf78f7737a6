import { z } from "zod";
import { Decimal } from "./decimal.ts";
import { decimalSchema, positiveDecimalSchema, unsignedDecimalSchema } from "./decimal-schema.ts";
import { accepted, refused, type Outcome, type Refusal } from "./refusal.ts";
import { tickerSchema } from "./ticker.ts";

const seconds = z.number().positive().max(31_536_000);
const count = z.int().min(0).max(1_000_000);
const fraction = decimalSchema.refine(
  (value) => value.sign > 0 && value.compare(Decimal.ONE) <= 0,
  "a fraction above 0 and at most 1",
);

/** The word that stands for every symbol; nothing else does. */
const EVERY_SYMBOL = "*";

const universe = z
  .array(z.union([z.literal(EVERY_SYMBOL), tickerSchema]))
  .refine((list) => !list.includes(EVERY_SYMBOL) || list.length === 1, '"*" stands alone');

function isZone(zone: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId !== "";
  } catch {
    return false;
  }
}

/**
 * The limits of an account. Money is decimal text in account currency, fractions are decimal text, spans are seconds.
 * Every field must be there: what is not said is not allowed.
 */
const limitsSchema = z.strictObject({
  /** Most that one order may be worth. */
  maxOrderNotional: unsignedDecimalSchema,
  /** Most that one symbol may be worth, long or short, if every open order of it fills. */
  maxPositionNotional: unsignedDecimalSchema,
  /** Most that all symbols together may be worth. */
  maxGrossNotional: unsignedDecimalSchema,
  /** All symbols together, as a multiple of equity. */
  maxLeverage: positiveDecimalSchema,
  /** One symbol, as a fraction of equity. */
  maxConcentration: positiveDecimalSchema,
  /** How far a price may be from the quote, as a fraction of it. */
  priceCollar: fraction,
  /** Loss since the risk day began that latches. */
  dailyLoss: positiveDecimalSchema,
  /** Fall from the highest equity, as a fraction of it, that latches. */
  maxDrawdown: fraction,
  ordersPerSecond: count,
  ordersPerMinute: count,
  ordersPerDay: count,
  /** No more than `count` equal orders in the window, refused ones included. */
  repeatedOrder: z.strictObject({ count, windowSeconds: seconds }),
  /** After `count` losing trades in a row nothing opens for the cool-down. */
  consecutiveLosses: z.strictObject({ count: z.int().min(1).max(1000), cooldownSeconds: seconds }),
  /** An equal order without an intent id of its own is taken for a repetition of one that was let through. */
  duplicateIntentSeconds: seconds,
  /** Symbols that may be traded; none is none, `["*"]` is all. */
  universe,
  /** `regular`: only while the market of the symbol is open. */
  sessionHours: z.enum(["regular", "any"]),
  reduceOnly: z.boolean(),
  riskDay: z.strictObject({
    zone: z.string().refine(isZone, "an IANA time zone such as America/New_York"),
    cutOff: z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "a time of day such as 17:00"),
  }),
  /** Greatest age of a quote by its source, in seconds; a source that is not named is not believed. */
  quoteAge: z.record(z.string(), seconds),
  /** Greatest age of an account snapshot, in seconds. */
  snapshotAge: seconds,
});

export type Limits = Readonly<z.output<typeof limitsSchema>>;

/**
 * A file of limits: those of `live` accounts (simulated live included), what differs for `paper` ones, and what
 * differs for single accounts by their id.
 */
export const limitsFileSchema = z.strictObject({
  version: z.literal(1),
  live: limitsSchema,
  paper: limitsSchema.partial(),
  accounts: z.record(z.string().min(1), limitsSchema.partial()),
});

export type LimitsFile = Readonly<z.output<typeof limitsFileSchema>>;

/** Reads a file of limits; `LIMITS_INVALID` names the fields that cannot be understood. One bad field denies all. */
export function parseLimits(data: unknown): Outcome<LimitsFile> {
  const parsed = limitsFileSchema.safeParse(data);
  if (parsed.success) return accepted(parsed.data);
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
  return refused(invalidLimits(issues.slice(0, 5).join("; ")));
}

/** The limits of an account. */
export function limitsOf(file: LimitsFile, account: string, kind: "paper" | "live"): Limits {
  const own = Object.hasOwn(file.accounts, account) ? file.accounts[account] : undefined;
  // What was parsed from JSON has no undefined members, which the types cannot say.
  return { ...file.live, ...(kind === "paper" ? file.paper : {}), ...own } as Limits;
}

/** Whether a symbol may be traded. */
export function isInUniverse(symbol: string, { universe }: Limits): boolean {
  return universe.includes(EVERY_SYMBOL) || universe.includes(symbol);
}

function invalidLimits(reason: string): Refusal {
  return {
    code: "LIMITS_INVALID",
    message: `the limits cannot be understood, so nothing is allowed: ${reason}`,
    remedy: "correct the limits and have an operator sign them",
  };
}
