import { Decimal } from "../../domain/decimal.ts";
import type { Order } from "./order.ts";

/** Fee of an order, never negative. */
export interface FeeModel {
  readonly name: string;
  /** Amount in the currency that `currency` names. */
  fee(order: Order, price: Decimal): Decimal;
  /** Currency of the fee; left out: the account's. */
  currency?(order: Order): string;
}

const PER_SHARE = Decimal.parse("0.005");
const MAXIMUM_RATE = Decimal.parse("0.005");
const MINIMUM = Decimal.ONE;

/**
 * Interactive Brokers, US equities, as LEAN computes it: 0.005 a share; below 1 it is 1, otherwise at most 0.5 % of
 * the order's value.
 */
export const INTERACTIVE_BROKERS_FEE: FeeModel = {
  name: "InteractiveBrokersFeeModel",
  fee(order, price) {
    const perShare = PER_SHARE.multiply(order.quantity.abs());
    if (perShare.lessThan(MINIMUM)) return MINIMUM;
    const maximum = MAXIMUM_RATE.multiply(order.valueAt(price).abs());
    return perShare.min(maximum);
  },
};

/** No fee. */
export const ZERO_FEE: FeeModel = { name: "ConstantFeeModel", fee: () => Decimal.ZERO };

/** The same fee for every order, in the account's currency unless another is named. */
export function constantFee(amount: Decimal, currency?: string): FeeModel {
  const model: FeeModel = { name: "ConstantFeeModel", fee: () => amount.abs() };
  return currency === undefined ? model : { ...model, currency: () => currency };
}
