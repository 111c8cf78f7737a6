import { Decimal } from "../../domain/decimal.ts";
import type { Clock } from "../engine/clock.ts";
import { ORDER_TYPE, type Order } from "../orders/order.ts";
import type { OrderProcessor } from "../orders/order-processor.ts";
import type { Amount, OrderTicket } from "../orders/order-ticket.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import { quantityForTarget } from "../portfolio/position-sizing.ts";
import type { SymbolLike } from "../securities/lean-symbol.ts";
import type { Security } from "../securities/security.ts";
import { isoTime } from "../time/civil-date.ts";
import type { AlgorithmSettings } from "./algorithm-settings.ts";
import type { SecurityManager } from "./security-manager.ts";
import type { OrderOptions, Trading } from "./trading.ts";

/** A wanted share of the portfolio. */
export interface PortfolioTarget {
  readonly symbol: SymbolLike;
  readonly quantity: Amount;
}

export interface SetHoldingsOptions extends OrderOptions {
  readonly liquidateExistingHoldings?: boolean;
}

/** Orders by result: target weights, liquidation, removal of securities, cancelling. */
export class Positions {
  readonly #parts: PositionsParts;

  constructor(parts: PositionsParts) {
    this.#parts = parts;
  }

  /** Shares that bring a holding to a fraction of the portfolio. */
  calculateOrderQuantity(symbol: SymbolLike, fraction: Amount): Decimal {
    return this.#target(this.#parts.securities.get(symbol), Decimal.from(fraction));
  }

  setHoldings(symbol: SymbolLike, fraction: Amount, options: SetHoldingsOptions = {}): OrderTicket[] {
    const { securities } = this.#parts;
    const security = securities.get(symbol);
    const tickets = options.liquidateExistingHoldings === true ? this.#liquidateOthers([security], options) : [];
    return [...tickets, ...this.#orderTo(security, this.#target(security, Decimal.from(fraction)), options)];
  }

  /** Reducing positions first, then by descending value of the order (LEAN's margin impact). */
  setHoldingsToTargets(targets: readonly PortfolioTarget[], options: SetHoldingsOptions = {}): OrderTicket[] {
    const { securities } = this.#parts;
    const wanted = targets.map((target) => ({ security: securities.get(target.symbol), target }));
    const tickets =
      options.liquidateExistingHoldings === true
        ? this.#liquidateOthers(
            wanted.map(({ security }) => security),
            options,
          )
        : [];
    const orders = wanted
      .map(({ security, target }) => ({ security, quantity: this.#target(security, Decimal.from(target.quantity)) }))
      .filter(({ security, quantity }) => !quantity.abs().lessThan(security.properties.lotSize) && security.hasData)
      .map((order) => ({ ...order, rank: this.#rank(order.security, order.quantity) }))
      .toSorted((left, right) => left.rank.group - right.rank.group || right.rank.value.compare(left.rank.value));
    for (const { security, quantity } of orders) tickets.push(...this.#orderTo(security, quantity, options));
    return tickets;
  }

  /** Cancels working orders and closes holdings, of one security or of all by ticker. Market orders stay. */
  liquidate(symbol?: SymbolLike, options: OrderOptions = {}): OrderTicket[] {
    const { securities, settings } = this.#parts;
    if (!settings.liquidateEnabled) return [];
    const list = symbol === undefined ? byTicker(securities.all) : [securities.get(symbol)];
    return list.flatMap((security) => this.#close(security, options));
  }

  /** Cancels, closes and unsubscribes a security. False if it was not there. */
  removeSecurity(symbol: SymbolLike): boolean {
    const { securities, processor } = this.#parts;
    const security = securities.find(symbol);
    if (security === undefined || !security.isTradable) return false;
    for (const order of this.openOrders(security)) ticketOf(processor, order)?.cancel("Removed");
    if (security.isInvested) this.#close(security, { tag: "Removed" });
    securities.remove(security);
    return true;
  }

  /** Asks to cancel all working orders, of one security or all. */
  cancelOpenOrders(symbol?: SymbolLike, tag?: string): OrderTicket[] {
    const { securities, processor, clock } = this.#parts;
    const security = symbol === undefined ? undefined : securities.get(symbol);
    const text = tag ?? `Canceled by CancelOpenOrders() at ${isoTime(clock.utc)}.0000000Z`;
    return this.openOrders(security).flatMap((order) => {
      const ticket = ticketOf(processor, order);
      ticket?.cancel(text);
      return ticket ?? [];
    });
  }

  openOrders(security?: Security): Order[] {
    const { openOrders } = this.#parts.processor;
    return security === undefined ? openOrders : openOrders.filter((order) => order.symbol === security.symbol);
  }

  #target(security: Security, fraction: Decimal): Decimal {
    const { portfolio, settings, clock } = this.#parts;
    return quantityForTarget({ security, fraction, time: clock.utc }, { portfolio, settings });
  }

  #rank(security: Security, quantity: Decimal): { readonly group: number; readonly value: Decimal } {
    const held = this.openOrders(security).reduce((sum, order) => sum.add(order.remainingQuantity), security.quantity);
    const reduces = !held.isZero && quantity.add(held).abs().lessThan(held.abs());
    return { group: reduces ? 0 : 1, value: security.valueOf(quantity).abs() };
  }

  /** Orders what is missing beyond unfilled market orders. */
  #orderTo(security: Security, quantity: Decimal, options: OrderOptions): OrderTicket[] {
    const { trading } = this.#parts;
    const underway = this.openOrders(security)
      .filter((order) => order.type === ORDER_TYPE.MARKET || order.type === ORDER_TYPE.MARKET_ON_OPEN)
      .reduce((sum, order) => sum.add(order.remainingQuantity), Decimal.ZERO);
    const missing = quantity.subtract(underway);
    if (missing.isZero) return [];
    return trading.isMarketOpen(security)
      ? [trading.marketOrder(security.symbol, missing, options)]
      : [trading.marketOnOpenOrder(security.symbol, missing, options)];
  }

  #liquidateOthers(kept: readonly Security[], options: OrderOptions): OrderTicket[] {
    const others = byTicker(this.#parts.securities.all).filter((security) => !kept.includes(security));
    return others.flatMap((security) => this.#close(security, options));
  }

  #close(security: Security, options: OrderOptions): OrderTicket[] {
    const { processor, trading } = this.#parts;
    const tag = options.tag === undefined || options.tag === "" ? "Liquidated" : options.tag;
    const open = this.openOrders(security);
    const [only] = open;
    const held = security.quantity;
    const isUnderway =
      open.length === 1 && only?.type === ORDER_TYPE.MARKET && !held.isZero && only.quantity.equals(held.negate());
    if (isUnderway) return [];
    let underway = Decimal.ZERO;
    for (const order of open) {
      if (order.type === ORDER_TYPE.MARKET) underway = underway.add(order.remainingQuantity);
      else ticketOf(processor, order)?.cancel(tag);
    }
    if (held.isZero) return [];
    return [trading.marketOrder(security.symbol, held.negate().subtract(underway), { ...options, tag })];
  }
}

export interface PositionsParts {
  readonly clock: Clock;
  readonly processor: OrderProcessor;
  readonly portfolio: Portfolio;
  readonly securities: SecurityManager;
  readonly settings: AlgorithmSettings;
  readonly trading: Trading;
}

function ticketOf(processor: OrderProcessor, order: Order): OrderTicket | undefined {
  return processor.ticket(order.id);
}

function byTicker(securities: readonly Security[]): Security[] {
  return securities.toSorted((left, right) =>
    left.symbol.value < right.symbol.value ? -1 : left.symbol.value > right.symbol.value ? 1 : 0,
  );
}
