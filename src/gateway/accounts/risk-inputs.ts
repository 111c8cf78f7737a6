import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import { Decimal } from "../../domain/decimal.ts";
import type { Quote } from "../../domain/quote.ts";
import type { AccountQuote, AccountView, WorkingOrder } from "./account-view.ts";

/** The account as the risk kernel reckons with it. Orders and positions are of one moment. */
export function riskSnapshot(view: AccountView): AccountSnapshot {
  return {
    account: view.deployId,
    currency: view.currency,
    equity: view.equity,
    netTransfers: view.launchEquity ?? Decimal.ZERO,
    positions: view.positions.map((position) => ({
      symbol: position.symbol,
      quantity: position.quantity,
      // Value by quantity, so that rate and multiplier are in it; the price where a position is worth nothing.
      unitValue: position.quantity.isZero ? Decimal.ZERO : position.value.divide(position.quantity).abs(),
    })),
    workingOrders: view.working.map((order) => ({
      id: String(order.orderId),
      symbol: order.symbol,
      quantity: order.quantity,
      filled: order.quantity.subtract(order.remaining),
      unitValue: unitValueOf(order, view.quotes.get(order.symbol)),
      tag: order.tag === "" ? null : order.tag,
    })),
    at: view.asOf,
  };
}

/** Our own quote of a symbol; undefined where there is none. */
export function riskQuote(view: AccountView, symbol: string): Quote | undefined {
  const quote = view.quotes.get(symbol);
  if (quote === undefined) return undefined;
  return {
    symbol,
    price: quote.price,
    bid: quote.bid,
    ask: quote.ask,
    // The rate turns the price into the account's currency, whatever its own is called.
    currency: quote.rate.equals(Decimal.ONE) ? view.currency : "OTHER",
    multiplier: Decimal.ONE,
    conversion: quote.rate,
    source: quote.source,
    // Its age is one of the feed's time, which a replay lets pass at another speed.
    at: view.asOf - Math.round(quote.ageSeconds * 1e6),
  };
}

function unitValueOf(order: WorkingOrder, quote: AccountQuote | undefined): Decimal {
  const prices = [order.limitPrice, order.stopPrice, quote?.price, quote?.ask].filter((price) => price !== undefined);
  const highest = prices.reduce((one, other) => one.max(other), Decimal.ZERO);
  return quote === undefined ? highest : highest.multiply(quote.rate);
}
