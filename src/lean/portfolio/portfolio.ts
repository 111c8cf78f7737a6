import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import type { Security } from "../securities/security.ts";

const MILLISECOND = 1000;
const TWO = Decimal.of(2n, 0);

/** Cash, holdings and closed profits of the account. One currency: USD. */
export class Portfolio {
  readonly currency = "USD";
  /** Profit of each closing fill less twice its fee, by UTC microseconds (LEAN's transaction record). */
  readonly records: Map<number, Decimal> = new Map();
  wins = 0;
  losses = 0;
  #cash: Decimal = Decimal.of(100_000n, 0);
  readonly #board: Board;
  readonly #securities: readonly Security[];

  constructor(board: Board, securities: readonly Security[]) {
    this.#board = board;
    this.#securities = securities;
    this.setCash(this.#cash);
  }

  get cash(): Decimal {
    return this.#cash;
  }

  setCash(amount: Decimal): void {
    this.#cash = amount;
    this.#board.values[HEADER.CASH] = amount.toNumber();
  }

  get isInvested(): boolean {
    return this.#board.values[HEADER.INVESTED] === 1;
  }

  get totalPortfolioValue(): Decimal {
    let total = this.#cash;
    for (const security of this.#securities) if (security.isInvested) total = total.add(security.holdingsValue);
    return total;
  }

  get totalHoldingsValue(): Decimal {
    return this.totalPortfolioValue.subtract(this.#cash);
  }

  get totalMarginUsed(): Decimal {
    let total = Decimal.ZERO;
    for (const security of this.#securities) {
      if (security.isInvested) total = total.add(security.holdingsValue.abs().multiply(security.marginRate));
    }
    return total;
  }

  get marginRemaining(): Decimal {
    return this.totalPortfolioValue.subtract(this.totalMarginUsed);
  }

  get totalFees(): Decimal {
    return this.#securities.reduce((sum, security) => sum.add(security.totalFees), Decimal.ZERO);
  }

  get totalSaleVolume(): Decimal {
    return this.#securities.reduce((sum, security) => sum.add(security.saleVolume), Decimal.ZERO);
  }

  get totalProfit(): Decimal {
    return this.#securities.reduce((sum, security) => sum.add(security.profit), Decimal.ZERO);
  }

  /** Profit of open positions at the last price, without fees. */
  get totalUnrealizedProfit(): Decimal {
    return this.#securities.reduce(
      (sum, security) =>
        security.isInvested ? sum.add(security.price.subtract(security.averagePrice).multiply(security.quantity)) : sum,
      Decimal.ZERO,
    );
  }

  /** Values of long and of short holdings; the latter is not positive. */
  get exposure(): { readonly long: Decimal; readonly short: Decimal } {
    let long = Decimal.ZERO;
    let short = Decimal.ZERO;
    for (const security of this.#securities) {
      if (security.quantity.sign > 0) long = long.add(security.holdingsValue);
      else if (security.quantity.sign < 0) short = short.add(security.holdingsValue);
    }
    return { long, short };
  }

  /** Pays or takes cash outside of fills (dividends). */
  addCash(amount: Decimal): void {
    this.setCash(this.#cash.add(amount));
  }

  /** Books a fill: cash, fee, closed profit, holding and average price. */
  book(event: OrderEvent, security: Security): void {
    const { fillQuantity: quantity, fillPrice: price, fee } = event;
    security.saleVolume = security.saleVolume.add(quantity.abs().multiply(price));
    let cash = this.#cash;
    if (!fee.isZero) {
      security.totalFees = security.totalFees.add(fee);
      cash = cash.subtract(fee);
    }
    this.setCash(cash.add(quantity.negate().multiply(price)));
    if (security.quantity.sign * quantity.sign < 0) this.#recordClose(event, security);
    moveHolding(security, quantity, price);
    this.writeInvested();
    security.writeState();
  }

  writeInvested(): void {
    this.#board.values[HEADER.INVESTED] = this.#securities.some((security) => security.isInvested) ? 1 : 0;
  }

  #recordClose(event: OrderEvent, security: Security): void {
    const { fillQuantity: quantity, fillPrice: price, fee } = event;
    const size = quantity.abs().min(security.quantity.abs());
    const closed = quantity.sign < 0 ? size : size.negate();
    const profit = closed.multiply(price).subtract(closed.multiply(security.averagePrice));
    const net = profit.subtract(TWO.multiply(fee));
    let time = event.utcTime;
    while (this.records.has(time)) time += MILLISECOND;
    this.records.set(time, net);
    if (net.sign > 0) this.wins += 1;
    else this.losses += 1;
    security.profit = security.profit.add(profit);
  }
}

/** New quantity and average price after a fill; reductions keep the average, reversals start at the fill price. */
function moveHolding(security: Security, quantity: Decimal, price: Decimal): void {
  const held = security.quantity;
  const after = held.add(quantity);
  if (held.isZero) security.averagePrice = price;
  else if (held.sign === quantity.sign) {
    const value = security.averagePrice.multiply(held).add(quantity.multiply(price));
    security.averagePrice = value.divide(after);
  } else if (after.isZero) security.averagePrice = Decimal.ZERO;
  else if (after.sign !== held.sign) security.averagePrice = price;
  security.quantity = held.isZero ? quantity : after;
}
