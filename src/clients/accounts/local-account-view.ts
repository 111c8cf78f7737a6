import { Decimal } from "../../domain/decimal.ts";
import type { AccountPosition, AccountQuote, AccountView, WorkingOrder } from "../../gateway/accounts/account-view.ts";
import type { LocalAccount } from "./local-account-schema.ts";

/** LEAN's `OrderType` by number, in the words of our tools. */
const ORDER_TYPES: Readonly<Record<number, string>> = {
  0: "market",
  1: "limit",
  2: "stop_market",
  3: "stop_limit",
  4: "market_on_open",
  5: "market_on_close",
  7: "limit_if_touched",
  11: "trailing_stop",
};

/**
 * The account of a local deployment as the gateway sees it.
 * @throws SyntaxError or RangeError for amounts that no decimal holds.
 */
export function localAccountView(account: LocalAccount): AccountView {
  return {
    projectId: account.projectId,
    deployId: account.deployId,
    mode: account.mode,
    feed: account.feed.kind,
    asOf: account.asOf,
    feedTime: account.feed.utc,
    source: "local cloud",
    currency: account.currency,
    equity: Decimal.parse(account.equity),
    launchEquity: Decimal.parse(account.launchEquity),
    cash: account.cash.map(({ currency, amount, rate }) => ({
      currency,
      amount: Decimal.fromNumber(amount),
      rate: Decimal.fromNumber(rate),
    })),
    positions: account.positions.map(positionOf),
    working: account.orders.map(workingOf),
    realized: new Map(account.holdings.map(({ symbol, profit }) => [symbol.value, Decimal.parse(profit)])),
    quotes: new Map(account.quotes.map((quote) => [quote.symbol.value, quoteOf(quote, account.feed)])),
  };
}

function positionOf(position: LocalAccount["positions"][number]): AccountPosition {
  return {
    symbol: position.symbol.value,
    quantity: Decimal.fromNumber(position.quantity),
    averagePrice: Decimal.fromNumber(position.averagePrice),
    price: Decimal.fromNumber(position.price),
    value: Decimal.fromNumber(position.value),
    unrealizedProfit: Decimal.fromNumber(position.unrealizedProfit),
  };
}

function workingOf(order: LocalAccount["orders"][number]): WorkingOrder {
  const quantity = Decimal.parse(order.quantity);
  return {
    orderId: order.id,
    symbol: order.symbol.value,
    type: ORDER_TYPES[order.type] ?? `type ${order.type}`,
    quantity,
    remaining: quantity.subtract(Decimal.parse(order.filledQuantity)),
    limitPrice: priceOf(order.limitPrice),
    stopPrice: priceOf(order.stopPrice),
    tag: order.tag,
  };
}

/** The broker writes 0 for a price that an order does not have. */
function priceOf(text: string): Decimal | undefined {
  const price = Decimal.parse(text);
  return price.isZero ? undefined : price;
}

/** On a feed of made or past prices a bar holds until the next one comes, over weekends and holidays too. */
const BAR_HOLDS_SECONDS = 5 * 86_400;

function quoteOf(quote: LocalAccount["quotes"][number], feed: LocalAccount["feed"]): AccountQuote {
  const age = (feed.utc - quote.utc) / 1e6;
  return {
    symbol: quote.symbol.value,
    price: Decimal.parse(quote.price),
    bid: Decimal.parse(quote.bid),
    ask: Decimal.parse(quote.ask),
    rate: Decimal.parse(quote.rate),
    ageSeconds: feed.kind !== "realtime" && age >= 0 && age < BAR_HOLDS_SECONDS ? 0 : age,
    isMarketOpen: quote.isOpen,
    source: "local-cloud",
  };
}
