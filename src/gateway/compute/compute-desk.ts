import type { Clock } from "../../domain/clock.ts";
import { computeLimitOf } from "../../domain/compute-budget.ts";
import type { ComputeRates, PlaceRates } from "../../domain/compute-rates.ts";
import type { Money } from "../../domain/compute-use.ts";
import { Decimal } from "../../domain/decimal.ts";
import type { Profile } from "../../domain/profile.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import { riskDayOf } from "../../domain/risk-day.ts";
import { OWN_UPSTREAM } from "../tool.ts";
import { actualCompute, measuredMilliseconds, moneyOf, type MeasuredPoints } from "./actual-compute.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";
import type { ComputeCall, ComputeGate, ComputeView } from "./compute-gate.ts";
import type { ComputeStore, ComputeWrite } from "./compute-store.ts";
import { decideCompute } from "./decide-compute.ts";
import type { EffectiveComputeBudget } from "./effective-compute-budget.ts";
import { estimateCompute } from "./estimate-compute.ts";

export interface ComputeDeskOptions {
  readonly store: ComputeStore;
  /** The budget of this moment. */
  readonly budget: () => Promise<EffectiveComputeBudget>;
  readonly rates: ComputeRates;
  readonly clock: Clock;
  readonly profile: Profile;
}

/** Budgets renew at midnight UTC, wherever the caller is: nodes have no trading day. */
const DAY = { zone: "UTC", cutOff: "00:00" } as const;

/**
 * The budget of computing: estimates, looks at what is left, and settles what was reserved.
 *
 * Invariants
 * 1. What is reserved is committed with the intent of its call, in a transaction that holds the limit once more: no
 *    two calls can both take the last of a budget.
 * 2. An estimate stays in its place until the call is known to have ended, or not to have been made.
 */
export class ComputeDesk implements ComputeGate {
  readonly #options: ComputeDeskOptions;

  constructor(options: ComputeDeskOptions) {
    this.#options = options;
  }

  async look({ principal, upstream, calls }: ComputeCall): Promise<Outcome<ComputeView>> {
    const { store, clock, budget } = this.#options;
    const effective = await budget();
    if (!effective.budget.ok) return effective.budget;
    const limit = computeLimitOf(effective.budget.value, principal);
    if (limit === undefined) {
      return refused({
        code: "COMPUTE_BUDGET_EXCEEDED",
        message: `${principal} has no budget of computing, neither of its own nor by its kind`,
        remedy: "have an operator sign one for it with `quantwright limits sign-compute FILE`",
      });
    }
    const estimates: ComputeEstimate[] = [];
    for (const call of calls) {
      const estimated = await this.#estimate(call, upstream);
      if (!estimated.ok) return estimated;
      estimates.push(estimated.value);
    }
    const { date: day, endsAt: renewsAt } = riskDayOf(clock.now(), DAY);
    const estimate = together(estimates, this.#ratesOf(upstream));
    const used = await store.used(principal, day);
    const view = { estimate, used, limit, day, renewsAt };
    return accepted({ ...view, refusal: decideCompute({ ...view, principal }) });
  }

  reservation(
    { estimate, limit, day, renewsAt }: ComputeView,
    call: { readonly principal: string; readonly callId: string; readonly tool: string },
  ): ComputeWrite | undefined {
    if (estimate.milliseconds === 0) return undefined;
    const { clock, profile } = this.#options;
    return { reservation: { ...call, day, renewsAt, profile, estimate, at: clock.now() }, limit };
  }

  began(callId: string): Promise<void> {
    return this.#options.store.began(callId, this.#options.clock.now());
  }

  giveBack(callId: string): Promise<void> {
    return this.#options.store.settle(callId, { milliseconds: 0, money: null });
  }

  /** Settles an optimisation that ended, by what its cloud says of its points. */
  async measured(callId: string, points: MeasuredPoints): Promise<void> {
    const { store } = this.#options;
    const held = await store.held(callId);
    if (held === undefined) return;
    const milliseconds = measuredMilliseconds(points, this.#ratesOf(OWN_UPSTREAM));
    await store.settle(callId, { milliseconds, money: moneyOf(held, milliseconds) });
  }

  /** Settles what the ledger of trials knows the end of; the watcher's round. */
  async settleEnded(): Promise<void> {
    const { store, profile } = this.#options;
    for (const call of await store.ended(profile)) {
      await store.settle(call.callId, actualCompute(call, this.#ratesOf(OWN_UPSTREAM)));
    }
  }

  async #estimate(call: ComputeCall["calls"][number], upstream: string): Promise<Outcome<ComputeEstimate>> {
    const { store, profile } = this.#options;
    const projectId = call.arguments["projectId"];
    // Of another account's projects no trials are kept.
    const known = upstream === OWN_UPSTREAM && typeof projectId === "number" && call.tool !== "create_compile";
    const durations = known ? await store.durations(profile, projectId) : [];
    return estimateCompute(call, { rates: this.#ratesOf(upstream), durations });
  }

  #ratesOf(upstream: string): PlaceRates {
    const { rates, profile } = this.#options;
    return upstream === OWN_UPSTREAM && profile === "local" ? rates.local : rates.quantconnect;
  }
}

/** The estimate of several calls that are made one after the other. */
function together(estimates: readonly ComputeEstimate[], rates: PlaceRates): ComputeEstimate {
  const [only, ...others] = estimates;
  if (only !== undefined && others.length === 0) return only;
  const none: Money = { amount: Decimal.ZERO, currency: rates.currency };
  return estimates.reduce<ComputeEstimate>(
    (sum, one) => ({
      milliseconds: sum.milliseconds + one.milliseconds,
      backtests: sum.backtests + one.backtests,
      pricePerHour: null,
      money:
        sum.money === null || one.money === null
          ? null
          : { amount: sum.money.amount.add(one.money.amount), currency: one.money.currency },
      basis: sum.basis === "" ? one.basis : `${sum.basis}; ${one.basis}`,
    }),
    { milliseconds: 0, backtests: 0, pricePerHour: null, money: none, basis: "" },
  );
}
