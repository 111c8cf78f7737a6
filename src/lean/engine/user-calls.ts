import { AlgorithmError } from "../algorithm/algorithm-error.ts";
import type { CorporateEvent } from "../data/corporate-event.ts";
import type { Slice } from "../data/slice.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
import type { SecurityChanges, Strategy } from "../strategy.ts";

/** Calls the strategy; whatever it throws becomes an AlgorithmError. Missing callbacks are not called. */
export class UserCalls {
  readonly #strategy: Strategy;
  readonly #hasData: boolean;

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
    this.#hasData = strategy.onData !== undefined;
  }

  get hasEndOfDay(): boolean {
    return this.#strategy.onEndOfDay !== undefined;
  }

  data(slice: Slice): void {
    if (!this.#hasData) return;
    try {
      this.#strategy.onData?.(slice);
    } catch (error) {
      throw asAlgorithmError(error);
    }
  }

  orderEvent(event: OrderEvent): void {
    guarded(() => this.#strategy.onOrderEvent?.(event));
  }

  securitiesChanged(changes: SecurityChanges): void {
    if (changes.added.length + changes.removed.length === 0) return;
    guarded(() => this.#strategy.onSecuritiesChanged?.(changes));
  }

  warmupFinished(): void {
    guarded(() => this.#strategy.onWarmupFinished?.());
  }

  endOfDay(symbol: LeanSymbol): void {
    guarded(() => this.#strategy.onEndOfDay?.(symbol));
  }

  endOfAlgorithm(): void {
    guarded(() => this.#strategy.onEndOfAlgorithm?.());
  }

  /** Splits, dividends, delistings and symbol changes, in LEAN's order. */
  corporateEvents(events: readonly CorporateEvent[]): void {
    const splits = events.filter((event) => event.kind === "split");
    const dividends = events.filter((event) => event.kind === "dividend");
    const delistings = events.filter((event) => event.kind === "delisting");
    const changes = events.filter((event) => event.kind === "symbol-changed");
    guarded(() => {
      if (splits.length > 0) this.#strategy.onSplits?.(splits);
      if (dividends.length > 0) this.#strategy.onDividends?.(dividends);
      if (delistings.length > 0) this.#strategy.onDelistings?.(delistings);
      if (changes.length > 0) this.#strategy.onSymbolChangedEvents?.(changes);
    });
  }
}

/** Runs user code outside of the engine's own loop. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asAlgorithmError(error);
  }
}

/** What user code threw, with its stack. */
function asAlgorithmError(error: unknown): AlgorithmError {
  if (error instanceof AlgorithmError) return error;
  if (error instanceof Error) {
    const code = "refusal" in error ? refusalOf(error) : undefined;
    return new AlgorithmError(error.message, { stackTrace: error.stack ?? "", cause: error, ...code });
  }
  return new AlgorithmError(String(error), { cause: error });
}

function refusalOf(error: Error & { readonly refusal: unknown }): { readonly code?: string; readonly remedy?: string } {
  const { refusal } = error;
  if (typeof refusal !== "object" || refusal === null) return {};
  const code = "code" in refusal && typeof refusal.code === "string" ? { code: refusal.code } : {};
  const remedy = "remedy" in refusal && typeof refusal.remedy === "string" ? { remedy: refusal.remedy } : {};
  return { ...code, ...remedy };
}
