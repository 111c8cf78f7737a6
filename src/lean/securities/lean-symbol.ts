/** A security's identity, small and frozen: `index` is its place in the run and how other languages name it. */
export interface LeanSymbol {
  /** 0-based, in order of first use; stable during a run. */
  readonly index: number;
  /** The ticker as the strategy wrote it, in capitals. */
  readonly value: string;
  /** LEAN's security identifier, for example `SPY R735QTJ8XC9X`. */
  readonly id: string;
  /** LEAN's `SecurityType`: 1 equity, 7 crypto. */
  readonly securityType: number;
  readonly market: string;
  /** Currency of its prices. */
  readonly currency: string;
}

/** LEAN's `SecurityType`, those that the engine knows. */
export const SECURITY_TYPE = { EQUITY: 1, FOREX: 4, CRYPTO: 7 } as const;

/** How a strategy may name a security: by symbol, by ticker or by index. */
export type SymbolLike = LeanSymbol | string | number;
