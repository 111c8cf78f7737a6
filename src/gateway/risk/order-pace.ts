import { MICROSECONDS_PER_SECOND } from "../../domain/clock.ts";
import type { Limits } from "../../domain/limits.ts";
import { orderContent, type OrderIntent } from "../../domain/order-intent.ts";
import type { RiskRefusal } from "./risk-codes.ts";
import type { RiskState } from "./risk-state.ts";

/** Orders a second, a minute and a day. */
export function rateFault({ attempts, clock, ordersToday }: RiskState, limits: Limits): RiskRefusal | undefined {
  const within = (seconds: number): number => {
    const from = clock - seconds * MICROSECONDS_PER_SECOND;
    return attempts.reduce((count, at) => (at > from ? count + 1 : count), 0);
  };
  const rates: readonly (readonly [number, number, string])[] = [
    [within(1), limits.ordersPerSecond, "second"],
    [within(60), limits.ordersPerMinute, "minute"],
    [ordersToday, limits.ordersPerDay, "day"],
  ];
  const over = rates.find(([count, most]) => count >= most);
  if (over === undefined) return undefined;
  return {
    code: "RISK_ORDER_RATE",
    message: `expected at most ${over[1]} orders a ${over[2]}, refused ones included; ${over[0]} came before this one`,
    remedy: "wait; orders that reduce a position pass",
    retryable: true,
  };
}

/** The same order again and again, whether or not it was let through. */
export function repeatedFault(
  { recent, clock }: RiskState,
  intent: OrderIntent,
  { repeatedOrder: { count, windowSeconds } }: Limits,
): RiskRefusal | undefined {
  const content = orderContent(intent);
  const from = clock - windowSeconds * MICROSECONDS_PER_SECOND;
  const equal = recent.filter((one) => one.at > from && one.content === content).length;
  if (equal < count) return undefined;
  return {
    code: "RISK_REPEATED_ORDER",
    message: `expected the same order at most ${count} times in ${windowSeconds} s, it came ${equal} times before`,
    remedy: "find out why it is repeated before asking again",
    retryable: true,
  };
}

/** An order with an intent id that was let through, or without one and equal to such an order a short time ago. */
export function duplicateFault(
  { recent, clock }: RiskState,
  intent: OrderIntent,
  { duplicateIntentSeconds }: Limits,
): RiskRefusal | undefined {
  const { intentId } = intent;
  const content = orderContent(intent);
  const from = clock - duplicateIntentSeconds * MICROSECONDS_PER_SECOND;
  const isDuplicate = recent.some((one) => {
    if (!one.admitted) return false;
    return intentId === undefined ? one.at > from && one.content === content : one.intentId === intentId;
  });
  if (!isDuplicate) return undefined;
  const what = intentId === undefined ? "an equal order" : `an order with intent "${intentId}"`;
  return {
    code: "RISK_DUPLICATE_INTENT",
    message: `${what} was let through less than ${duplicateIntentSeconds} s ago`,
    remedy: "look up what became of it; give a new order an intentId of its own",
  };
}

/** Losing trades in a row. */
export function cooldownFault(
  { lossStreak, lastLossAt, clock }: RiskState,
  { consecutiveLosses: { count, cooldownSeconds } }: Limits,
): RiskRefusal | undefined {
  const until = lastLossAt + cooldownSeconds * MICROSECONDS_PER_SECOND;
  if (lossStreak < count || clock >= until) return undefined;
  return {
    code: "RISK_COOLDOWN",
    message: `${lossStreak} losing trades in a row, ${count} are too many: nothing opens for ${cooldownSeconds} s`,
    remedy: `wait ${Math.ceil((until - clock) / MICROSECONDS_PER_SECOND)} s; orders that reduce a position pass`,
    retryable: true,
  };
}
