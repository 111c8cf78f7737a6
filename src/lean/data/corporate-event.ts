import type { Decimal } from "../../domain/decimal.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";

/** A cash dividend per share, on the ex-date. */
export interface Dividend {
  readonly kind: "dividend";
  readonly symbol: LeanSymbol;
  readonly distribution: Decimal;
  /** Close before the ex-date. */
  readonly referencePrice: Decimal;
}

/** `type` as LEAN's `SplitType`: 0 the warning on the last day before, 1 the split itself. */
export interface Split {
  readonly kind: "split";
  readonly symbol: LeanSymbol;
  readonly type: 0 | 1;
  /** 0.5 for two new shares per old one. */
  readonly splitFactor: Decimal;
  readonly referencePrice: Decimal;
}

/** `type` as LEAN's `DelistingType`: 0 the warning on the last day, 1 delisted. */
export interface Delisting {
  readonly kind: "delisting";
  readonly symbol: LeanSymbol;
  readonly type: 0 | 1;
  readonly price: Decimal;
}

/** A change of ticker. */
export interface SymbolChanged {
  readonly kind: "symbol-changed";
  readonly symbol: LeanSymbol;
  readonly oldSymbol: string;
  readonly newSymbol: string;
}

export type CorporateEvent = Dividend | Split | Delisting | SymbolChanged;
