import type { Slice } from "./data/slice.ts";
import type { OrderEvent } from "./orders/order-event.ts";
import type { LeanSymbol } from "./securities/lean-symbol.ts";
import type { Delisting, Dividend, Split, SymbolChanged } from "./data/corporate-event.ts";

/** Securities that came or went with a time step. */
export interface SecurityChanges {
  readonly added: readonly LeanSymbol[];
  readonly removed: readonly LeanSymbol[];
}

/**
 * What the engine calls on the user's strategy. A callback that is missing is never called, so leave out what the user
 * did not override. Before each call the board is up to date. A throw ends the run as an error of the algorithm.
 */
export interface Strategy {
  initialize(): void;
  /** Only for slices with data or events. The slice is one reused object: valid during the call. */
  onData?(slice: Slice): void;
  onOrderEvent?(event: OrderEvent): void;
  onSecuritiesChanged?(changes: SecurityChanges): void;
  /** Once, also without a warm-up. */
  onWarmupFinished?(): void;
  onDividends?(dividends: readonly Dividend[]): void;
  onSplits?(splits: readonly Split[]): void;
  onDelistings?(delistings: readonly Delisting[]): void;
  onSymbolChangedEvents?(changes: readonly SymbolChanged[]): void;
  /** Ten minutes before the close of each security's trading day. */
  onEndOfDay?(symbol: LeanSymbol): void;
  onEndOfAlgorithm?(): void;
}
