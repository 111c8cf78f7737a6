import { z } from "zod";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { SECURITY_TYPE, type LeanSymbol } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";

/** A security by what names it outside of one run: ticker, market and LEAN's `SecurityType`. */
export const symbolRefSchema = z.object({
  value: z.string().regex(/^[A-Z0-9](?:[A-Z0-9._-]{0,30}[A-Z0-9])?$/),
  market: z.string().regex(/^[a-z0-9-]{1,24}$/),
  securityType: z.union([z.literal(SECURITY_TYPE.EQUITY), z.literal(SECURITY_TYPE.CRYPTO)]),
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

/** The symbol of a reference. Throws AlgorithmError where there is none such. */
function symbolOf({ symbols }: QcAlgorithm, { value, market, securityType }: SymbolRef): LeanSymbol {
  return securityType === SECURITY_TYPE.CRYPTO ? symbols.crypto(value, market) : symbols.equity(value, market);
}

/** The run's security of a reference; undefined where it was not added. */
export function findSecurity(algorithm: QcAlgorithm, ref: SymbolRef): Security | undefined {
  return algorithm.securities.find(symbolOf(algorithm, ref));
}

/** Adds a security as a subscription wants it. Throws AlgorithmError where it cannot be. */
export function addSecurity({ securities }: QcAlgorithm, subscription: SubscriptionRef): Security {
  const { symbol, resolution, fillForward, extendedHours } = subscription;
  const options = {
    ticker: symbol.value,
    market: symbol.market,
    resolution,
    fillForward,
    extendedMarketHours: extendedHours,
  };
  return symbol.securityType === SECURITY_TYPE.CRYPTO
    ? securities.addCrypto(options)
    : securities.addEquity(options, false);
}
