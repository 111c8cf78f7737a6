import { z } from "zod";
import { Decimal } from "./decimal.ts";
import { unsignedDecimalSchema } from "./decimal-schema.ts";

/** An amount of money, with its currency. */
export const moneySchema = z.strictObject({
  amount: unsignedDecimalSchema,
  currency: z.string().regex(/^[A-Z]{3,6}$/, "a currency such as USD"),
});

export type Money = Readonly<z.output<typeof moneySchema>>;

/** What computing took: time of nodes in whole milliseconds, and money, one amount for each currency. */
export interface ComputeUse {
  readonly milliseconds: number;
  readonly money: readonly Money[];
}

export const NO_USE: ComputeUse = { milliseconds: 0, money: [] };

const MILLISECONDS_PER_HOUR = Decimal.from(3_600_000);

/** What node time costs, rounded up to a cent: more than nothing is never told as nothing. */
export function costOf(milliseconds: number, pricePerHour: Decimal): Decimal {
  const cents = pricePerHour.multiply(Decimal.from(milliseconds)).divide(MILLISECONDS_PER_HOUR);
  return cents.multiply(Decimal.from(100)).ceil().multiply(Decimal.parse("0.01"));
}

/** Node time for people: minutes with at most two digits after the point. */
export function minutesOf(milliseconds: number): number {
  return Math.round(milliseconds / 600) / 100;
}

export function moneyText({ amount, currency }: Money): string {
  return `${amount.toFixed(2)} ${currency}`;
}
