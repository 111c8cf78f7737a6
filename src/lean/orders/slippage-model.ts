import { Decimal } from "../../domain/decimal.ts";
import type { Security } from "../securities/security.ts";
import type { Order } from "./order.ts";

/** How much worse than the model price an order fills, per share. */
export interface SlippageModel {
  readonly name: string;
  slippage(security: Security, order: Order): Decimal;
}

export const NULL_SLIPPAGE: SlippageModel = { name: "NullSlippageModel", slippage: () => Decimal.ZERO };

/** A fraction of the last price. */
export function constantSlippage(fraction: Decimal): SlippageModel {
  return { name: "ConstantSlippageModel", slippage: (security) => security.price.multiply(fraction) };
}

/**
 * LEAN's volume share model: price x `priceImpact` x (share of the bar's volume, at most `volumeLimit`) squared.
 * Defaults as LEAN's: limit 0.025, impact 0.1. Without volume the share is the limit.
 */
export function volumeShareSlippage(volumeLimit: Decimal, priceImpact: Decimal): SlippageModel {
  return {
    name: "VolumeShareSlippageModel",
    slippage(security, order) {
      const { volume } = security.trade;
      if (volume <= 0) return security.price.multiply(volumeLimit.multiply(volumeLimit).multiply(priceImpact));
      const share = order.quantity.abs().divide(Decimal.fromNumber(volume)).min(volumeLimit);
      return security.price.multiply(priceImpact).multiply(share).multiply(share);
    },
  };
}
