import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Outcome } from "../../domain/refusal.ts";

/** What an order is judged by. Whatever is undefined is not known, and what is not known denies. */
export interface RiskView {
  readonly limits: Outcome<Limits> | undefined;
  readonly snapshot: AccountSnapshot | undefined;
  /** Our own quote, never the caller's. */
  readonly quote: Quote | undefined;
  /** Whether the market of the symbol is open now. */
  readonly marketOpen: boolean | undefined;
}
