import { Decimal } from "../../domain/decimal.ts";
import { HEADER, type Board } from "../board.ts";
import { ORDER_TYPE, Order } from "../orders/order.ts";
import type { OrderEvent } from "../orders/order-event.ts";
import { GOOD_TIL_CANCELED } from "../orders/time-in-force.ts";
import type { Security } from "../securities/security.ts";
import { ACCOUNT_CURRENCY, CashBook } from "./cash-book.ts";

const MILLISECOND = 1000;
const TWO = Decimal.of(2n, 0);
const DEFAULT_CASH = Decimal.of(100_000n, 0);

/** Cash, holdings and closed profits of the account. Amounts are in USD unless a currency is named. */
export class Portfolio {
  readonly currency = ACCOUNT_CURRENCY;
  readonly cashBook: CashBook;
  /** Orders that are not closed; set by the algorithm. Cash accounts reserve what they need. */
  openOrders: () => readonly Order[] = () => [];
  /** Profit of each closing fill less twice its fee, by UTC microseconds (LEAN's transaction record). */
  readonly records: Map<number, Decimal> = new Map();
  wins = 0;
  losses = 0;
  readonly #board: Board;
  readonly #securities: readonly Security[];

  constructor(board: Board, securities: readonly Security[]) {
    this.#board = board;
    this.#securities = securities;
    this.cashBook = new CashBook(DEFAULT_CASH, () => this.#writeCash());
    this.#writeCash();
  }

  /** All balances, in the account's currency. */
  get cash(): Decimal {
    return this.cashBook.total;
  }

  /** Sets the balance in the account's currency. */
  setCash(amount: Decimal): void {
    this.cashBook.account.set(amount);
  }

  get securities(): readonly Security[] {
    return this.#securities;
  }

  /** With several currencies the total moves with prices: the board says so, and has the account's balance only. */
  #writeCash(): void {
    this.#board.values[HEADER.CASH] = this.cashBook.account.amount.toNumber();
    this.#board.values[HEADER.HAS_FOREIGN_CASH] = this.cashBook.hasForeign ? 1 : 0;
  }

  get isInvested(): boolean {
    return this.#board.values[HEADER.INVESTED] === 1;
  }

  get totalPortfolioValue(): Decimal {
    let total = this.cash;
    for (const security of this.#securities) {
      // Pairs are counted in the cash book.
      if (security.isInvested && !security.isInCashBook) total = total.add(security.holdingsValue);
    }
    return total;
  }

  get totalHoldingsValue(): Decimal {
    return this.#securities.reduce(
      (sum, security) => (security.isInvested ? sum.add(security.holdingsValue) : sum),
      Decimal.ZERO,
    );
  }

  get totalMarginUsed(): Decimal {
    let total = Decimal.ZERO;
    for (const security of this.#securities) {
      if (!security.isInvested || security.isCashOnly) continue;
      total = total.add(security.holdingsValue.abs().multiply(security.marginRate));
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

  /** Profit of open positions if they were closed now. */
  get totalUnrealizedProfit(): Decimal {
    return this.#securities.reduce(
      (sum, security) => (security.isInvested ? sum.add(unrealizedProfit(security)) : sum),
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

  /** Pays or takes cash outside of fills (dividends), in the account's currency. */
  addCash(amount: Decimal): void {
    this.cashBook.account.add(amount);
  }

  /** Books a fill: cash, fee, closed profit, holding and average price. */
  book(event: OrderEvent, security: Security): void {
    const { fillQuantity: quantity, fillPrice: price } = event;
    security.saleVolume = security.saleVolume.add(security.toAccount(quantity.abs().multiply(price)));
    const fee = this.#takeFee(event, security);
    security.quoteCash.add(quantity.negate().multiply(price));
    security.baseCash?.add(quantity);
    if (security.quantity.sign * quantity.sign < 0) this.#recordClose(event, security, fee);
    moveHolding(security, quantity, price);
    this.writeInvested();
    security.writeState();
  }

  /** Takes the fee from its balance; the answer is in the account's currency. */
  #takeFee(event: OrderEvent, security: Security): Decimal {
    const { fee, feeCurrency } = event;
    if (fee.isZero) return Decimal.ZERO;
    const amount = this.cashBook.toAccount(fee, feeCurrency);
    security.totalFees = security.totalFees.add(amount);
    // A fee that was kept back from what was bought is paid in the quote currency, at the price of the fill.
    if (event.isFeeInQuantity) security.quoteCash.add(fee.multiply(event.fillPrice).negate());
    else this.cashBook.ensure(feeCurrency).add(fee.negate());
    return amount;
  }

  writeInvested(): void {
    this.#board.values[HEADER.INVESTED] = this.#securities.some((security) => security.isInvested) ? 1 : 0;
  }

  #recordClose(event: OrderEvent, security: Security, fee: Decimal): void {
    const { fillQuantity: quantity, fillPrice: price } = event;
    const size = quantity.abs().min(security.quantity.abs());
    const closed = quantity.sign < 0 ? size : size.negate();
    const profit = security.toAccount(closed.multiply(price).subtract(closed.multiply(security.averagePrice)));
    const net = profit.subtract(TWO.multiply(fee));
    let time = event.utcTime;
    while (this.records.has(time)) time += MILLISECOND;
    this.records.set(time, net);
    if (net.sign > 0) this.wins += 1;
    else this.losses += 1;
    security.profit = security.profit.add(profit);
  }
}

/** Profit of an open position if it were closed now: at the bid or ask, less the fee, in the account's currency. */
export function unrealizedProfit(security: Security): Decimal {
  const { quantity, feeModel } = security;
  if (quantity.isZero) return Decimal.ZERO;
  const order = new Order({
    type: ORDER_TYPE.MARKET,
    symbol: security.symbol,
    quantity: quantity.negate(),
    time: 0,
    tag: "",
    properties: { timeInForce: GOOD_TIL_CANCELED },
  });
  const fee = feeModel.fee(order, security.price);
  const side = quantity.sign > 0 ? security.bidPrice : security.askPrice;
  const price = side.isZero ? security.price : side;
  const profit = security.toAccount(quantity.multiply(price.subtract(security.averagePrice)));
  const currency = feeModel.currency?.(order) ?? ACCOUNT_CURRENCY;
  if (currency === ACCOUNT_CURRENCY) return profit.subtract(fee);
  const isInBase = currency === security.properties.baseCurrency;
  return profit.subtract(security.toAccount(isInBase ? fee.multiply(price) : fee));
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
