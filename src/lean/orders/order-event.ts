import { Decimal } from "../../domain/decimal.ts";
import { ACCOUNT_CURRENCY } from "../portfolio/cash-book.ts";
import { SECURITY_TYPE, type LeanSymbol } from "../securities/lean-symbol.ts";
import type { Order } from "./order.ts";
import type { OrderTicket } from "./order-ticket.ts";

/** A change of an order, with its prices at that moment. */
export interface OrderEvent {
  readonly orderId: number;
  /** 1, 2, … per order. */
  readonly id: number;
  readonly symbol: LeanSymbol;
  readonly utcTime: number;
  readonly status: number;
  readonly quantity: Decimal;
  readonly fillPrice: Decimal;
  readonly fillQuantity: Decimal;
  readonly fee: Decimal;
  readonly feeCurrency: string;
  /** The fee is in what was bought, and `fillQuantity` is what was left of it. */
  readonly isFeeInQuantity: boolean;
  readonly direction: number;
  readonly message: string;
  readonly limitPrice: Decimal;
  readonly stopPrice: Decimal;
  readonly triggerPrice: Decimal;
  readonly ticket: OrderTicket;
  readonly order: Order;
}

/** What the processor knows of an event before it is numbered and booked. */
export interface OrderEventDraft {
  readonly order: Order;
  readonly status: number;
  readonly message?: string;
  readonly fillPrice?: Decimal;
  readonly fillQuantity?: Decimal;
  readonly fee?: Decimal;
  /** Left out: the account's. */
  readonly feeCurrency?: string;
  /** When it happened, UTC microseconds; left out: now. */
  readonly utcTime?: number;
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: "New",
  1: "Submitted",
  2: "PartiallyFilled",
  3: "Filled",
  5: "Canceled",
  6: "None",
  7: "Invalid",
  8: "CancelPending",
  9: "UpdateSubmitted",
};

/** LEAN's name of a status. */
export function orderStatusName(status: number): string {
  return STATUS_NAMES[status] ?? String(status);
}

export function makeOrderEvent(
  draft: OrderEventDraft,
  at: { id: number; utcTime: number; ticket: OrderTicket },
): OrderEvent {
  const { order, fee = Decimal.ZERO, fillQuantity = Decimal.ZERO } = draft;
  const feeCurrency = draft.feeCurrency ?? order.feeCurrency ?? ACCOUNT_CURRENCY;
  // Else the position would be larger than the balance, and could not be sold.
  const isFeeInQuantity = !fee.isZero && fillQuantity.sign > 0 && isBaseCurrency(order, feeCurrency);
  return {
    orderId: order.id,
    id: at.id,
    symbol: order.symbol,
    utcTime: at.utcTime,
    status: draft.status,
    quantity: order.quantity,
    fillPrice: draft.fillPrice ?? Decimal.ZERO,
    fillQuantity: isFeeInQuantity ? fillQuantity.subtract(fee) : fillQuantity,
    fee,
    feeCurrency,
    isFeeInQuantity,
    direction: order.direction,
    message: draft.message ?? "",
    limitPrice: order.limitPrice,
    stopPrice: order.stopPrice,
    triggerPrice: order.triggerPrice,
    ticket: at.ticket,
    order,
  };
}

function isBaseCurrency({ symbol }: Order, currency: string): boolean {
  return symbol.securityType === SECURITY_TYPE.CRYPTO && symbol.value === `${currency}${symbol.currency}`;
}
