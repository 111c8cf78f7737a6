import { Decimal } from "../../domain/decimal.ts";
import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import {
  binanceFee,
  bitfinexFee,
  bybitFee,
  coinbaseFee,
  krakenFee,
  type FeeModelFactory,
} from "../../lean/orders/exchange-fees.ts";
import { constantFee, INTERACTIVE_BROKERS_FEE } from "../../lean/orders/fee-model.ts";
import { constantSlippage, NULL_SLIPPAGE, volumeShareSlippage } from "../../lean/orders/slippage-model.ts";
import type { AddSecurityOptions } from "../../lean/algorithm/security-manager.ts";
import { unrealizedProfit } from "../../lean/portfolio/portfolio.ts";
import { SECURITY_TYPE } from "../../lean/securities/lean-symbol.ts";
import type { Security } from "../../lean/securities/security.ts";
import { dayOf } from "../../lean/time/civil-date.ts";
import { flag, number, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

const EXCHANGE_FEES: Readonly<Record<string, FeeModelFactory>> = {
  coinbase: coinbaseFee,
  binance: binanceFee,
  bybit: bybitFee,
  kraken: krakenFee,
  bitfinex: bitfinexFee,
};

/** Markets as the facade may name them; GDAX is Coinbase's old name, and "usa" the default of the signature. */
function cryptoMarket(market: string): string | undefined {
  if (market === "" || market === "usa") return undefined;
  return market === "gdax" ? "coinbase" : market;
}

/** The facade's arguments of `add_equity` and `add_crypto`. */
function subscription(values: readonly unknown[]): AddSecurityOptions {
  const [ticker, resolution, market, fillForward, leverage, extendedMarketHours, normalization] = values;
  const chosen = optional(number, resolution);
  const mode = optional(number, normalization);
  const place = text(market);
  return {
    ticker: text(ticker),
    market: place === "gdax" ? "coinbase" : place,
    fillForward: flag(fillForward),
    leverage: number(leverage),
    extendedMarketHours: flag(extendedMarketHours),
    ...(chosen === undefined ? {} : { resolution: chosen }),
    ...(mode === undefined ? {} : { dataNormalizationMode: mode }),
  };
}

function added(security: Security): string {
  return JSON.stringify([security.symbol.index, security.boardOffset]);
}

/** In the order of the facade's `SymbolProperties`. */
function propertiesView({ symbol, properties }: Security): string {
  const { description, quoteCurrency, marketTicker } = properties;
  return JSON.stringify([
    description === "" ? symbol.value : description,
    quoteCurrency,
    properties.contractMultiplier.toNumber(),
    properties.minimumPriceVariation.toNumber(),
    properties.lotSize.toNumber(),
    properties.minimumOrderSize?.toNumber() ?? null,
    marketTicker,
  ]);
}

/** Symbols, securities, their models and hours, the account. */
export function securityOperations({ algorithm }: OperationContext): Operations {
  const { securities } = algorithm;
  const find = (symbol: unknown): Security => securities.get(number(symbol));
  return {
    "symbol.create": (ticker, securityType, market) => {
      const type = number(securityType);
      if (type === SECURITY_TYPE.CRYPTO) {
        return algorithm.symbols.crypto(text(ticker), cryptoMarket(text(market)) ?? securities.brokerage.cryptoMarket)
          .index;
      }
      if (type !== SECURITY_TYPE.EQUITY) {
        throw new AlgorithmError(
          `expected a US equity or a crypto pair, got ${text(ticker)} of security type ${type}`,
          {
            remedy: "Use SecurityType.EQUITY or SecurityType.CRYPTO.",
          },
        );
      }
      return algorithm.symbols.equity(text(ticker), text(market)).index;
    },
    "symbol.from_text": (ticker) => algorithm.symbol(text(ticker)).index,
    "symbol.describe": (index) => {
      const symbol = algorithm.symbol(number(index));
      return JSON.stringify([symbol.value, symbol.id, symbol.securityType, symbol.market]);
    },
    add_equity: (...values) => added(algorithm.addEquity(subscription(values))),
    add_crypto: (...values) => added(algorithm.addCrypto(subscription(values))),
    remove_security: (symbol) => algorithm.removeSecurity(number(symbol)),
    "security.resolution": (symbol) => find(symbol).resolution,
    "security.properties": (symbol) => propertiesView(find(symbol)),
    "security.set_leverage": (symbol, leverage) => find(symbol).setLeverage(Decimal.fromNumber(number(leverage))),
    "security.set_normalization": (symbol, mode) => {
      if (!securities.isRawOnly) find(symbol).normalization = number(mode);
    },
    "security.set_fee_model": (symbol, kind, fee) => {
      const amount = Decimal.fromNumber(number(fee));
      const security = find(symbol);
      const name = text(kind);
      if (name === "constant") security.feeModel = constantFee(amount);
      else security.feeModel = EXCHANGE_FEES[name]?.(security) ?? INTERACTIVE_BROKERS_FEE;
    },
    "security.set_slippage_model": (symbol, kind, first, second) => {
      const [one, two] = [Decimal.fromNumber(number(first)), Decimal.fromNumber(number(second))];
      const models = { constant: constantSlippage(one), "volume-share": volumeShareSlippage(one, two) };
      const name = text(kind);
      find(symbol).slippageModel = name === "constant" || name === "volume-share" ? models[name] : NULL_SLIPPAGE;
    },
    subscriptions: () =>
      JSON.stringify(
        securities.subscriptions.map(({ security, resolution, fillForward }) => ({
          symbol: security.symbol.index,
          resolution,
          fill_forward: fillForward,
          extended_market_hours: security.extendedHours,
          normalization: security.normalization,
        })),
      ),
    "hours.is_open": (symbol, at, extended) => {
      const { hours } = find(symbol);
      const local = number(at);
      if (!flag(extended)) return hours.isOpen(local);
      const day = dayOf(local);
      return hours.isTradingDay(day) && local >= hours.sessionStart(day, true) && local < hours.sessionEnd(day, true);
    },
    "hours.is_date_open": (symbol, at) => find(symbol).hours.isTradingDay(dayOf(number(at))),
    "hours.next_open": (symbol, at) => find(symbol).hours.nextOpen(number(at)),
    "hours.next_close": (symbol, at) => find(symbol).hours.nextClose(number(at)),
    ...accountOperations(algorithm),
    "holding.value": (symbol) => find(symbol).holdingsValue.toNumber(),
    "holding.unrealized_profit": (symbol) => unrealizedProfit(find(symbol)).toNumber(),
  };
}

function accountOperations({ portfolio }: OperationContext["algorithm"]): Operations {
  return {
    "portfolio.value": () => portfolio.totalPortfolioValue.toNumber(),
    "portfolio.margin_used": () => portfolio.totalMarginUsed.toNumber(),
    "portfolio.margin_remaining": () => portfolio.marginRemaining.toNumber(),
    "portfolio.cash": () => portfolio.cash.toNumber(),
    "cash.currencies": () => JSON.stringify(portfolio.cashBook.all.map(({ currency }) => currency)),
    "cash.amount": (currency) => portfolio.cashBook.find(text(currency))?.amount.toNumber(),
    "cash.rate": (currency) => portfolio.cashBook.find(text(currency))?.conversionRate.toNumber(),
    "cash.value": (currency) => portfolio.cashBook.find(text(currency))?.valueInAccountCurrency.toNumber(),
    "cash.convert": (amount, from, to) => {
      const decimal = Decimal.fromNumber(number(amount));
      return portfolio.cashBook.convert(decimal, text(from), text(to))?.toNumber();
    },
  };
}
