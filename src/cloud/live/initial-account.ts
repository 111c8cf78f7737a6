import { z } from "zod";
import type { SymbolRef } from "../../lean/brokerages/symbol-ref.ts";
import { symbolRefSchema } from "../../lean/brokerages/symbol-ref.ts";
import { parseIdentifier } from "../../lean/securities/security-identifier.ts";
import type { InitialAccount } from "./live-parts.ts";

const amount = z.preprocess(
  (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
  z.number().min(-1e15).max(1e15),
);
const cashSchema = z.array(z.object({ amount, currency: z.string().regex(/^[A-Za-z0-9]{2,12}$/) })).max(100);
const holdingsSchema = z
  .array(
    z.object({
      symbol: z.string().max(32).nullish(),
      symbolId: z.string().max(64).nullish(),
      quantity: amount,
      averagePrice: amount.nullish(),
    }),
  )
  .max(1000);

export type AccountChoice =
  | { readonly ok: true; readonly account: InitialAccount }
  | { readonly ok: false; readonly message: string };

/** Cash and holdings that a deployment begins with, from the brokerage settings; without cash the broker's default. */
export function chooseAccount(settings: Readonly<Record<string, unknown>>): AccountChoice {
  const cash = cashSchema.safeParse(listOf(settings["cash"]));
  if (!cash.success) return { ok: false, message: `Invalid cash: ${z.prettifyError(cash.error)}` };
  const holdings = holdingsSchema.safeParse(listOf(settings["holdings"]));
  if (!holdings.success) return { ok: false, message: `Invalid holdings: ${z.prettifyError(holdings.error)}` };
  const positions = [];
  for (const { symbol, symbolId, quantity, averagePrice } of holdings.data) {
    if (quantity === 0) continue;
    const ref = refOfHolding(symbol ?? undefined, symbolId ?? undefined);
    if (ref === undefined) {
      return { ok: false, message: `Unknown holding: ${symbolId ?? symbol ?? "without a symbol"}` };
    }
    positions.push({
      symbol: ref,
      quantity: decimalText(quantity),
      averagePrice: decimalText(averagePrice ?? 0),
      fees: "0",
      profit: "0",
      saleVolume: "0",
    });
  }
  const amounts = cash.data.map(({ currency, amount: value }) => [currency.toUpperCase(), decimalText(value)] as const);
  return {
    ok: true,
    account: {
      ...(amounts.length === 0 ? {} : { cash: Object.fromEntries(amounts) }),
      ...(positions.length === 0 ? {} : { holdings: positions }),
    },
  };
}

/** A form sends an empty list as an empty text, PHP's clients an empty map. */
function listOf(value: unknown): unknown {
  return value === undefined || value === null || value === "" ? [] : value;
}

function refOfHolding(ticker: string | undefined, id: string | undefined): SymbolRef | undefined {
  const named = parseIdentifier((id ?? "").toUpperCase());
  const value = (ticker ?? named?.ticker ?? "").toUpperCase();
  const ref = { value, market: named?.market ?? "usa", securityType: named?.securityType ?? 1 };
  return symbolRefSchema.safeParse(ref).data;
}

/** Never in exponents. */
function decimalText(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, "");
}
