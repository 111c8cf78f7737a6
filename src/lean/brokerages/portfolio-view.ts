import { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import { unrealizedProfit } from "../portfolio/portfolio.ts";
import type { Security } from "../securities/security.ts";
import type { BrokerPortfolio, BrokerPosition, BrokerQuote } from "./broker.ts";
import { refOf } from "./symbol-ref.ts";

const HUNDRED = Decimal.of(100n, 0);

/** Cash and positions at the last prices. */
export function portfolioOf(algorithm: QcAlgorithm): BrokerPortfolio {
  const { portfolio, securities, clock } = algorithm;
  return {
    utc: clock.utc,
    currency: portfolio.currency,
    cash: portfolio.cashBook.all.map((cash) => ({
      currency: cash.currency,
      amount: cash.amount.toNumber(),
      rate: cash.isAccountCurrency ? 1 : cash.conversionRate.toNumber(),
    })),
    positions: securities.all.filter((security) => security.isInvested).map(positionOf),
    totalValue: portfolio.totalPortfolioValue.toNumber(),
  };
}

/** Last prices of every security that has one. */
export function quotesOf({ securities, clock }: QcAlgorithm): readonly BrokerQuote[] {
  return securities.all
    .filter((security) => !security.price.isZero)
    .map((security) => ({
      symbol: refOf(security.symbol),
      symbolId: security.symbol.id,
      price: security.price.toString(),
      bid: security.bidPrice.toString(),
      ask: security.askPrice.toString(),
      rate: security.toAccount(Decimal.ONE).toString(),
      utc: Math.max(security.trade.endUtc, security.quote.endUtc),
      isOpen: security.hours.isOpen(security.hours.zone.toLocal(clock.utc)),
    }));
}

function positionOf(security: Security): BrokerPosition {
  const { symbol, quantity, averagePrice, price, holdingsValue } = security;
  const gain = unrealizedProfit(security);
  const cost = security.toAccount(averagePrice.multiply(quantity)).abs();
  return {
    symbol: refOf(symbol),
    symbolId: symbol.id,
    quantity: quantity.toNumber(),
    averagePrice: averagePrice.toNumber(),
    price: price.toNumber(),
    value: holdingsValue.toNumber(),
    unrealizedProfit: gain.toNumber(),
    unrealizedPercent: cost.isZero ? 0 : gain.divide(cost).multiply(HUNDRED).round(4).toNumber(),
  };
}
