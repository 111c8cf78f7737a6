import { Decimal } from "../../domain/decimal.ts";
import type { LeanSymbol } from "../securities/lean-symbol.ts";
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
  const { order } = draft;
  return {
    orderId: order.id,
    id: at.id,
    symbol: order.symbol,
    utcTime: at.utcTime,
    status: draft.status,
    quantity: order.quantity,
    fillPrice: draft.fillPrice ?? Decimal.ZERO,
    fillQuantity: draft.fillQuantity ?? Decimal.ZERO,
    fee: draft.fee ?? Decimal.ZERO,
    direction: order.direction,
    message: draft.message ?? "",
    limitPrice: order.limitPrice,
    stopPrice: order.stopPrice,
    triggerPrice: order.triggerPrice,
    ticket: at.ticket,
    order,
  };
}
