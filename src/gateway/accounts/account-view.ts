import type { Decimal } from "../../domain/decimal.ts";
import type { DeploymentMode } from "../../domain/profile.ts";
import type { Outcome } from "../../domain/refusal.ts";

/** A holding. Value and profit are in the account's currency. */
export interface AccountPosition {
  readonly symbol: string;
  readonly quantity: Decimal;
  readonly averagePrice: Decimal;
  readonly price: Decimal;
  readonly value: Decimal;
  readonly unrealizedProfit: Decimal;
}

/** An order that may still fill. `remaining` is signed. */
export interface WorkingOrder {
  readonly orderId: number;
  readonly symbol: string;
  readonly type: string;
  readonly quantity: Decimal;
  readonly remaining: Decimal;
  readonly limitPrice: Decimal | undefined;
  readonly stopPrice: Decimal | undefined;
  readonly tag: string;
}

/** What a security costs now. Prices are in its own currency; `rate` turns them into the account's. */
export interface AccountQuote {
  readonly symbol: string;
  readonly price: Decimal;
  readonly bid: Decimal;
  readonly ask: Decimal;
  readonly rate: Decimal;
  /** Age at the time of the view, seconds, in the time of the feed. */
  readonly ageSeconds: number;
  readonly isMarketOpen: boolean;
  readonly source: string;
}

/** One look at the account of a running deployment. */
export interface AccountView {
  readonly projectId: number;
  readonly deployId: string;
  readonly mode: DeploymentMode;
  readonly feed: "realtime" | "replay" | "synthetic" | "unknown";
  /** When it was true, UTC microseconds of the wall clock; the time of the feed beside it. */
  readonly asOf: number;
  readonly feedTime: number;
  readonly source: string;
  readonly currency: string;
  readonly equity: Decimal;
  readonly launchEquity: Decimal | undefined;
  readonly cash: readonly { readonly currency: string; readonly amount: Decimal; readonly rate: Decimal }[];
  readonly positions: readonly AccountPosition[];
  readonly working: readonly WorkingOrder[];
  /** Profit of all that was closed, by symbol, in the account's currency. */
  readonly realized: ReadonlyMap<string, Decimal>;
  readonly quotes: ReadonlyMap<string, AccountQuote>;
}

/** Where the gateway sees accounts. A view that does not come, or cannot be read, is a refusal: whoever asked denies. */
export interface Accounts {
  view(projectId: number): Promise<Outcome<AccountView>>;
}

/** The same, for who looks after all accounts. */
export interface WatchedAccounts extends Accounts {
  /** Projects whose deployments have not ended. */
  running(): Promise<readonly number[]>;
}

/** Whether nothing is held and nothing works. */
export function isFlat({ positions, working }: AccountView): boolean {
  return working.length === 0 && positions.every(({ quantity }) => quantity.isZero);
}
