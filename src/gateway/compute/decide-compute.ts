import { isoTime } from "../../domain/clock.ts";
import type { ComputeLimit } from "../../domain/compute-budget.ts";
import { minutesOf, moneyText, type ComputeUse } from "../../domain/compute-use.ts";
import { Decimal } from "../../domain/decimal.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";

/** What a decision about computing rests on. */
export interface ComputeQuestion {
  readonly principal: Principal;
  readonly estimate: ComputeEstimate;
  /** What the principal took of this day so far, what is reserved included. */
  readonly used: ComputeUse;
  readonly limit: ComputeLimit;
  /** When the day ends; microseconds UTC. */
  readonly renewsAt: number;
}

/** Why a call does not fit into what is left of a budget; undefined where it does. */
export function decideCompute(question: ComputeQuestion): Refusal | undefined {
  return minutesRefusal(question) ?? moneyRefusal(question);
}

function minutesRefusal(question: ComputeQuestion): Refusal | undefined {
  const { estimate, used, limit } = question;
  if (limit.minutesPerDay === null || estimate.milliseconds === 0) return undefined;
  if (used.milliseconds + estimate.milliseconds <= limit.minutesPerDay * 60_000) return undefined;
  return exceeded(question, {
    what: `${minutesOf(estimate.milliseconds)} node minutes`,
    state: `${minutesOf(used.milliseconds)} of ${limit.minutesPerDay} are used`,
  });
}

function moneyRefusal(question: ComputeQuestion): Refusal | undefined {
  const { estimate, used, limit, principal } = question;
  if (limit.moneyPerDay === null) return undefined;
  if (estimate.money === null) {
    return priceUnknown(`no price of what it would use is known, and the budget of ${principal} is in money`);
  }
  if (estimate.money.amount.isZero) return undefined;
  const { amount, currency } = limit.moneyPerDay;
  const foreign = [estimate.money, ...used.money].find((one) => one.currency !== currency && !one.amount.isZero);
  if (foreign !== undefined) {
    return priceUnknown(`there is no rate from ${foreign.currency} to ${currency}, which the budget is in`);
  }
  const spent = used.money.reduce((sum, one) => sum.add(one.amount), Decimal.ZERO);
  if (!spent.add(estimate.money.amount).greaterThan(amount)) return undefined;
  return exceeded(question, {
    what: moneyText(estimate.money),
    state: `${spent.toFixed(2)} of ${moneyText(limit.moneyPerDay)} are used`,
  });
}

function exceeded(
  { principal, estimate, renewsAt }: ComputeQuestion,
  { what, state }: { readonly what: string; readonly state: string },
): Refusal {
  return {
    code: "COMPUTE_BUDGET_EXCEEDED",
    message: `the call is estimated at ${what} (${estimate.basis}), and ${state} of today's budget of ${principal}`,
    remedy: `ask for less, wait until ${isoTime(renewsAt)} when the budget renews, or have an operator sign a larger one with \`quantwright limits sign-compute FILE\``,
  };
}

function priceUnknown(why: string): Refusal {
  return {
    code: "COMPUTE_PRICE_UNKNOWN",
    message: `what the call would cost is not known: ${why}`,
    remedy:
      "use a type of node that has a price, or have an operator sign a budget without a limit in money with `quantwright limits sign-compute FILE`",
  };
}
