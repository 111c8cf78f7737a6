import type { OrderRecord } from "../backtest-result.ts";
import type { BrokerEvent } from "./broker-event.ts";
import type { BrokerAccount, BrokerAnswer, BrokerState } from "./broker-protocol.ts";
import type { SymbolRef } from "./symbol-ref.ts";

/** A position as QuantConnect's live portfolio shows it. */
export interface BrokerPosition {
  readonly symbol: SymbolRef;
  /** LEAN's security identifier. */
  readonly symbolId: string;
  readonly quantity: number;
  readonly averagePrice: number;
  readonly price: number;
  readonly value: number;
  readonly unrealizedProfit: number;
  /** Of the cost, in percent. */
  readonly unrealizedPercent: number;
}

/** The account now. Amounts are in the account's currency. */
export interface BrokerPortfolio {
  readonly utc: number;
  readonly currency: string;
  readonly cash: readonly {
    readonly currency: string;
    readonly amount: number;
    /** Account currency for one unit. */
    readonly rate: number;
  }[];
  readonly positions: readonly BrokerPosition[];
  readonly totalValue: number;
}

/** What a security costs now, as the broker itself knows it. Prices are decimal texts in its own currency. */
export interface BrokerQuote {
  readonly symbol: SymbolRef;
  readonly symbolId: string;
  readonly price: string;
  readonly bid: string;
  readonly ask: string;
  /** Account currency for one unit of its prices. */
  readonly rate: string;
  /** When the latest prices were true, UTC microseconds. */
  readonly utc: number;
  /** Whether its market is open at the time of the feed. */
  readonly isOpen: boolean;
}

/**
 * A broker: the truth about cash, holdings and orders of one deployment. It lives outside of the sandbox, reads the
 * market data by itself and is driven by calls; it knows no clock but the feed's. Nothing it returns has happened
 * before its owner has stored `state()`.
 */
export interface Broker {
  /** Time of the feed, UTC microseconds. */
  readonly utc: number;
  /** When something will happen next without a request (a bar, a delayed action); Infinity where nothing will. */
  nextTime(): number;
  /** Lets everything up to a time happen. */
  advance(toUtc: number): BrokerEvent[];
  /** Serves a request of the algorithm, which is not trusted: whatever it is, the answer is an answer. */
  handle(request: unknown): BrokerAnswer;
  /** Cancels all orders and closes all holdings at their last prices, whatever the hour. */
  liquidate(tag: string): BrokerEvent[];
  /** Cancels all orders, whatever the hour. */
  cancelAll(tag: string): BrokerEvent[];
  /** Only orders that reduce a holding are taken; part of the state. */
  reduceOnly: boolean;
  /** What an algorithm starts from. */
  account(): BrokerAccount;
  /** Cash and holdings as one text, to compare with what the algorithm believes. */
  digest(): string;
  /** Everything a restart needs. */
  state(): BrokerState;
  portfolio(): BrokerPortfolio;
  /** Of every security with a price. */
  quotes(): readonly BrokerQuote[];
  /** Orders that changed since the last call, in the form of QuantConnect's `orders/read`, with their events. */
  takeChangedOrders(): OrderRecord[];
}
