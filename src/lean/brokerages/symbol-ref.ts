import { z } from "zod";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";

const EQUITY = 1;

/** A security by what names it outside of one run: ticker, market and LEAN's `SecurityType`. */
export const symbolRefSchema = z.object({
  value: z.string().regex(/^[A-Z0-9](?:[A-Z0-9._-]{0,30}[A-Z0-9])?$/),
  market: z.string().regex(/^[a-z0-9-]{1,24}$/),
  securityType: z.literal(EQUITY),
});

export type SymbolRef = z.infer<typeof symbolRefSchema>;

/** A feed that both the algorithm and the broker read. */
export const subscriptionRefSchema = z.object({
  symbol: symbolRefSchema,
  /** LEAN's `Resolution`, second to daily. */
  resolution: z.int().min(1).max(4),
  fillForward: z.boolean(),
  extendedHours: z.boolean(),
});

export type SubscriptionRef = z.infer<typeof subscriptionRefSchema>;

export function refOf(symbol: LeanSymbol): SymbolRef {
  return symbolRefSchema.parse({ value: symbol.value, market: symbol.market, securityType: symbol.securityType });
}

/** A text that is the same for the same security. */
export function refKey(ref: SymbolRef): string {
  return `${ref.securityType}/${ref.market}/${ref.value}`;
}

/** The run's security of a reference; undefined where it was not added. */
export function findSecurity(algorithm: QcAlgorithm, ref: SymbolRef): Security | undefined {
  return algorithm.securities.find(algorithm.symbols.equity(ref.value, ref.market));
}

/** Adds a security as a subscription wants it. Throws AlgorithmError where it cannot be. */
export function addSecurity(algorithm: QcAlgorithm, subscription: SubscriptionRef): Security {
  const { symbol, resolution, fillForward, extendedHours } = subscription;
  return algorithm.securities.addEquity(
    {
      ticker: symbol.value,
      market: symbol.market,
      resolution,
      fillForward,
      extendedMarketHours: extendedHours,
    },
    false,
  );
}
