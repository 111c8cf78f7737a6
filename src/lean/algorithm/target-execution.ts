import { Decimal } from "../../domain/decimal.ts";
import { inLots } from "../orders/order-changes.ts";
import type { OrderProcessor } from "../orders/order-processor.ts";
import type { Portfolio } from "../portfolio/portfolio.ts";
import { quantityForTarget } from "../portfolio/position-sizing.ts";
import type { Clock } from "../engine/clock.ts";
import { ORDER_TYPE, Order } from "../orders/order.ts";
import { GOOD_TIL_CANCELED } from "../orders/time-in-force.ts";
import type { Security } from "../securities/security.ts";
import type { AlgorithmSettings } from "./algorithm-settings.ts";
import type { SecurityManager } from "./security-manager.ts";
import type { Trading } from "./trading.ts";

/** A wanted holding, in units of the security. */
export interface QuantityTarget {
  readonly symbol: number;
  readonly quantity: number;
  readonly tag: string;
}

interface Parts {
  readonly clock: Clock;
  readonly processor: OrderProcessor;
  readonly portfolio: Portfolio;
  readonly securities: SecurityManager;
  readonly settings: AlgorithmSettings;
  readonly trading: Trading;
}

/** The framework's arithmetic: percents to holdings, and holdings to orders. */
export class TargetExecution {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The holding that is a fraction of the portfolio; undefined while the security has no price. */
  holdingFor(symbol: number, fraction: number): Decimal | undefined {
    const { securities, portfolio, settings, clock } = this.#parts;
    const security = securities.get(symbol);
    if (security.price.isZero) return undefined;
    // Models compute in doubles, which LEAN takes over with 15 digits.
    const target = { security, fraction: Decimal.fromDouble15(fraction), time: clock.utc };
    return quantityForTarget(target, { portfolio, settings }).add(security.quantity);
  }

  /**
   * Orders what holdings and open orders lack to the targets (LEAN's immediate execution): reducing orders first, then
   * by value; orders below the least margin are left out. Answers the symbols whose targets are reached.
   */
  execute(targets: readonly QuantityTarget[], asynchronous: boolean): number[] {
    const { trading } = this.#parts;
    for (const { target, security } of this.#ordered(targets)) {
      const missing = Decimal.fromNumber(target.quantity).subtract(this.#projected(security));
      const quantity = inLots(this.#withFee(security, missing), security);
      if (quantity.isZero || !this.#isWorthwhile(security, quantity)) continue;
      trading.marketOrder(security.symbol, quantity, { asynchronous, tag: target.tag });
    }
    return targets.filter((target) => this.#isReached(target)).map(({ symbol }) => symbol);
  }

  #ordered(targets: readonly QuantityTarget[]): { readonly target: QuantityTarget; readonly security: Security }[] {
    const { securities } = this.#parts;
    return targets
      .map((target) => {
        const security = securities.get(target.symbol);
        const wanted = inLots(Decimal.fromNumber(target.quantity), security);
        const projected = this.#projected(security);
        const distance = wanted.subtract(projected).abs();
        const isReducing = !projected.isZero && wanted.abs().lessThan(projected.abs());
        return { target, security, distance, group: isReducing ? 0 : 1, value: distance.multiply(security.price) };
      })
      .filter(({ security, distance }) => {
        const isLarge = !distance.lessThan(security.properties.lotSize);
        return security.hasData && security.isTradable && isLarge;
      })
      .toSorted((left, right) => left.group - right.group || right.value.compare(left.value));
  }

  /** The holding after all open orders. */
  #projected(security: Security): Decimal {
    const isOf = (order: Order): boolean => order.symbol === security.symbol;
    const open = this.#parts.processor.openOrders.filter(isOf);
    return open.reduce((sum, order) => sum.add(order.remainingQuantity), security.quantity);
  }

  /** What has to be bought so that this much is left after a fee in what is bought. */
  #withFee(security: Security, quantity: Decimal): Decimal {
    const { baseCurrency } = security.properties;
    if (baseCurrency === undefined || quantity.sign <= 0) return quantity;
    const order = new Order({
      type: ORDER_TYPE.MARKET,
      symbol: security.symbol,
      quantity,
      time: this.#parts.clock.utc,
      tag: "",
      properties: { timeInForce: GOOD_TIL_CANCELED },
    });
    if (security.feeModel.currency?.(order) !== baseCurrency) return quantity;
    return quantity.add(security.feeModel.fee(order, security.price));
  }

  #isWorthwhile(security: Security, quantity: Decimal): boolean {
    const { portfolio, settings } = this.#parts;
    const margin = security.valueOf(quantity).multiply(security.marginRate).abs();
    const least = portfolio.totalPortfolioValue.multiply(settings.minimumOrderMarginPortfolioPercentage);
    return !margin.lessThan(least);
  }

  #isReached(target: QuantityTarget): boolean {
    const security = this.#parts.securities.get(target.symbol);
    const distance = Decimal.fromNumber(target.quantity).subtract(security.quantity).abs();
    return distance.lessThan(security.properties.lotSize);
  }
}
