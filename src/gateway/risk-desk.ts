import type { Limits } from "../domain/limits.ts";
import type { OrderIntent } from "../domain/order-intent.ts";
import type { DeploymentMode } from "../domain/profile.ts";
import { accepted, refused, RefusalError, type Outcome, type Refusal } from "../domain/refusal.ts";
import type { Accounts, AccountView } from "./accounts/account-view.ts";
import { riskQuote, riskSnapshot } from "./accounts/risk-inputs.ts";
import type { AdmittedOrder, KeyedOrder, RiskGate } from "./risk-gate.ts";
import type { RiskBook } from "./risk/risk-book.ts";
import type { RiskView } from "./risk/risk-view.ts";

export interface RiskDeskParts {
  readonly book: RiskBook;
  readonly accounts: Accounts;
  /** The limits of an account as they are now. */
  readonly limits: (account: string, mode: DeploymentMode) => Promise<Outcome<Limits> | undefined>;
}

/** Joins the risk book with what it judges by: the account, its quotes and its limits, all asked anew for each order. */
export function riskDesk({ book, accounts, limits }: RiskDeskParts): RiskGate {
  const viewOf = async ({ projectId, intent, mode }: KeyedOrder): Promise<RiskView> => {
    const [seen, found] = await Promise.all([accounts.view(projectId), limits(intent.account, mode)]);
    // A deployment that was replaced meanwhile is another account.
    const view = seen.ok && seen.value.deployId === intent.account ? seen.value : undefined;
    return riskViewOf(view, intent.symbol, found);
  };
  return {
    async admit(order, commit) {
      const { key, signal } = order;
      const intent = judgedIntent(order);
      const view = await viewOf(order);
      const reserved = await book.reserve({ intent, key, view, signal }, ({ write, verdict }) => {
        // Without this, two orders that each reduce could together open a position that nobody approved.
        if (order.onlyReduces && !verdict.reduction) throw new RefusalError(noReduction(intent.symbol));
        return commit(write);
      });
      if (!reserved.ok) return refused(joined(reserved.refusals));
      const admitted: AdmittedOrder = { seq: reserved.value, reservationId: reserved.reservation.id };
      return accepted(admitted);
    },
    async preview(order) {
      const { key } = order;
      const intent = judgedIntent(order);
      const view = await viewOf(order);
      if (book.judge({ intent, view }).ok) return accepted(true);
      const reserved = await book.reserve({ intent, key, view }, () =>
        Promise.reject(
          new RefusalError({ code: "RISK_INPUT_INVALID", message: "the account changed meanwhile; ask again" }),
        ),
      );
      return reserved.ok ? accepted(true) : refused(joined(reserved.refusals));
    },
    async explain(order) {
      const verdict = book.judge({ intent: judgedIntent(order), view: await viewOf(order) });
      return { ok: verdict.ok, refusals: verdict.ok ? [] : verdict.refusals };
    },
    settle: (account, reservationId, end) => book.settle(account, reservationId, end),
  };
}

/** A bound counts only where the twin was told to price the order; else a quote that is gone by now would pass for one. */
function judgedIntent({ intent, pricedByTwin }: KeyedOrder): OrderIntent {
  if (pricedByTwin) return intent;
  const { maxNotional: _, ...judged } = intent;
  return judged;
}

/** What an order of a symbol is judged by; everything is missing where the account cannot be seen. */
export function riskViewOf(
  view: AccountView | undefined,
  symbol: string,
  limits: Outcome<Limits> | undefined,
): RiskView {
  if (view === undefined) return { limits, snapshot: undefined, quote: undefined, marketOpen: undefined };
  return {
    limits,
    snapshot: riskSnapshot(view),
    quote: riskQuote(view, symbol),
    marketOpen: view.quotes.get(symbol)?.isMarketOpen,
  };
}

/** The first refusal, with everything that speaks against the order in its text. */
function joined(refusals: readonly Refusal[]): Refusal {
  const [first, ...others] = refusals;
  if (first === undefined) return { code: "RISK_INPUT_INVALID", message: "the order was refused without a reason" };
  if (others.length === 0) return first;
  const more = others.map(({ code, message }) => `${code}: ${message}`).join("; ");
  return { ...first, message: `${first.message}; besides ${more}` };
}

function noReduction(symbol: string): Refusal {
  return {
    code: "RISK_REDUCE_ONLY",
    message: `the order was to reduce the position of ${symbol}, which other orders close already`,
    remedy: "look at positions and working orders, then ask again",
    retryable: true,
  };
}
