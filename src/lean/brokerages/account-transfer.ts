import { Decimal } from "../../domain/decimal.ts";
import type { QcAlgorithm } from "../algorithm/qc-algorithm.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import type { Security } from "../securities/security.ts";
import type { BrokerAccount } from "./broker-protocol.ts";
import { findSecurity, refOf } from "./symbol-ref.ts";

type Cash = BrokerAccount["cash"];
type Holding = BrokerAccount["holdings"][number];

/** Amounts by currency; the account's own is always there. */
export function cashOf({ cashBook }: Portfolio): Cash {
  const held = cashBook.all.filter((cash) => cash.isAccountCurrency || !cash.amount.isZero);
  return Object.fromEntries(held.map(({ currency, amount }) => [currency, amount.toString()]));
}

/** Makes the balances those of an account; what it does not name is empty. */
export function setCash({ cashBook }: Portfolio, cash: Cash): void {
  for (const one of cashBook.all) if (cash[one.currency] === undefined) one.set(Decimal.ZERO);
  for (const [currency, amount] of Object.entries(cash)) cashBook.ensure(currency).set(Decimal.parse(amount));
}

/** Holdings, and flat securities that have fees or profits. */
export function holdingsOf(algorithm: QcAlgorithm): Holding[] {
  return algorithm.securities.all
    .filter((security) => security.isInvested || !security.totalFees.isZero || !security.profit.isZero)
    .map((security) => ({
      symbol: refOf(security.symbol),
      quantity: security.quantity.toString(),
      averagePrice: security.averagePrice.toString(),
      fees: security.totalFees.toString(),
      profit: security.profit.toString(),
      saleVolume: security.saleVolume.toString(),
    }));
}

/** Makes the holdings of an algorithm those of an account; its securities must be there. */
export function setHoldings(algorithm: QcAlgorithm, holdings: readonly Holding[]): void {
  const held = new Set<Security>();
  for (const holding of holdings) {
    const security = findSecurity(algorithm, holding.symbol);
    if (security === undefined) throw new Error(`no security for the holding of ${holding.symbol.value}`);
    held.add(security);
    security.quantity = Decimal.parse(holding.quantity);
    security.averagePrice = Decimal.parse(holding.averagePrice);
    security.totalFees = Decimal.parse(holding.fees);
    security.profit = Decimal.parse(holding.profit);
    security.saleVolume = Decimal.parse(holding.saleVolume);
    security.writeState();
  }
  for (const security of algorithm.securities.all) {
    if (held.has(security) || !security.isInvested) continue;
    security.quantity = Decimal.ZERO;
    security.averagePrice = Decimal.ZERO;
    security.writeState();
  }
  algorithm.portfolio.writeInvested();
}

/** A text that is the same for the same cash and holdings: what two sides compare. */
export function accountDigest(algorithm: QcAlgorithm): string {
  const cash = Object.entries(cashOf(algorithm.portfolio)).map(
    ([currency, amount]) => `${currency} ${Decimal.parse(amount).normalize().toString()}`,
  );
  const holdings = algorithm.securities.all
    .filter((security) => security.isInvested)
    .map(
      ({ symbol, quantity, averagePrice }) =>
        `${symbol.value} ${quantity.normalize().toString()} at ${averagePrice.normalize().toString()}`,
    );
  return [...cash.toSorted(), ...holdings.toSorted()].join("; ");
}
