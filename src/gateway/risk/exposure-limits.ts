import type { Decimal } from "../../domain/decimal.ts";
import type { Limits } from "../../domain/limits.ts";
import type { OrderIntent } from "../../domain/order-intent.ts";
import type { RiskCode, RiskRefusal } from "./risk-codes.ts";

/** What an order would lead to at worst, in account currency. */
export interface ProjectedFigures {
  readonly orderNotional: Decimal;
  readonly positionNotional: Decimal;
  readonly grossNotional: Decimal;
  readonly equity: Decimal;
}

/** Limits on money: the order, its symbol, all symbols, and both against equity. */
export function exposureFaults(figures: ProjectedFigures, intent: OrderIntent, limits: Limits): RiskRefusal[] {
  const { orderNotional, positionNotional, grossNotional, equity } = figures;
  const { symbol } = intent;
  const rules: readonly (readonly [RiskCode, Decimal, Decimal, string])[] = [
    ["RISK_ORDER_NOTIONAL", orderNotional, limits.maxOrderNotional, "the order"],
    ["RISK_POSITION", positionNotional, limits.maxPositionNotional, `${symbol} with all its open orders`],
    ["RISK_GROSS", grossNotional, limits.maxGrossNotional, "all symbols with all open orders"],
    [
      "RISK_LEVERAGE",
      grossNotional,
      equity.multiply(limits.maxLeverage),
      `${limits.maxLeverage.toString()} times equity: all symbols`,
    ],
    [
      "RISK_CONCENTRATION",
      positionNotional,
      equity.multiply(limits.maxConcentration),
      `${limits.maxConcentration.toString()} of equity: ${symbol}`,
    ],
  ];
  return rules
    .filter(([, value, most]) => value.greaterThan(most))
    .map(([code, value, most, what]) => ({
      code,
      message: `expected at most ${most.toFixed(2)} for ${what}; it would come to ${value.toFixed(2)}`,
      remedy: "make the order smaller, or wait until open orders are filled or cancelled",
    }));
}
