import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import { MICROSECONDS_PER_SECOND } from "../../domain/clock.ts";
import type { Limits } from "../../domain/limits.ts";
import type { OrderIntent } from "../../domain/order-intent.ts";
import type { Quote } from "../../domain/quote.ts";
import type { RiskRefusal } from "./risk-codes.ts";
import { effectiveTime, isFresh, type RiskState } from "./risk-state.ts";

/** Clocks are corrected by fractions of a second all the time; what goes back further is a fault. */
const CLOCK_SLACK = MICROSECONDS_PER_SECOND;

interface Moment {
  readonly state: RiskState;
  readonly limits: Limits;
  readonly now: number;
}

/** Why the snapshot cannot be used. */
export function snapshotFault(snapshot: AccountSnapshot | undefined, moment: Moment): RiskRefusal | undefined {
  const { state, limits, now } = moment;
  if (snapshot === undefined) {
    return {
      code: "SNAPSHOT_MISSING",
      message: `expected a snapshot of account ${state.account}, there is none`,
      remedy: "wait until the account was read; doctor says why it cannot be",
      retryable: true,
    };
  }
  if (snapshot.account !== state.account) {
    return {
      code: "SNAPSHOT_INVALID",
      message: `expected a snapshot of account ${state.account}, got one of ${snapshot.account}`,
    };
  }
  if (isFresh(state, snapshot, { now, limits })) return undefined;
  const late = snapshot.at < state.snapshotAt ? ", older than one seen before" : "";
  return {
    code: "SNAPSHOT_STALE",
    message: `expected a snapshot of at most ${limits.snapshotAge} s, got one of ${ageText(state, snapshot.at, now)}${late}`,
    remedy: "read the account again, then ask again",
    retryable: true,
  };
}

/** Why the quote cannot be used. */
export function quoteFault(
  quote: Quote | undefined,
  intent: OrderIntent,
  { state, limits, now }: Moment,
): RiskRefusal | undefined {
  if (quote === undefined) {
    return {
      code: "QUOTE_UNAVAILABLE",
      message: `no source of ours has a price of ${intent.symbol}, so the order cannot be valued`,
      remedy:
        "give maxNotional: the twin inside the algorithm prices the order then and refuses it beyond; or configure a source of quotes",
      retryable: true,
    };
  }
  if (quote.symbol !== intent.symbol || quote.price.sign <= 0) {
    return {
      code: "QUOTE_INVALID",
      message: `expected a price above zero of ${intent.symbol}, got ${quote.price.toString()} of ${quote.symbol}`,
    };
  }
  const most = Object.hasOwn(limits.quoteAge, quote.source) ? limits.quoteAge[quote.source] : undefined;
  if (most === undefined) {
    return {
      code: "QUOTE_SOURCE_UNKNOWN",
      message: `the limits name no greatest age for quotes of "${quote.source}"`,
      remedy: `add "${quote.source}" to quoteAge in the limits if its prices are to be believed`,
    };
  }
  const age = effectiveTime(state, now) - quote.at;
  if (age >= 0 && age <= most * MICROSECONDS_PER_SECOND) return undefined;
  return {
    code: "QUOTE_STALE",
    message: `expected a quote of at most ${most} s from ${quote.source}, got one of ${ageText(state, quote.at, now)}`,
    remedy: "ask again when the source has a newer price",
    retryable: true,
  };
}

/** Whether the clock went back since the account was judged last. */
export function clockFault({ state, now }: Moment): RiskRefusal | undefined {
  if (now >= state.clock - CLOCK_SLACK) return undefined;
  return {
    code: "RISK_CLOCK",
    message: `the clock went back by ${Math.round((state.clock - now) / MICROSECONDS_PER_SECOND)} s`,
    remedy: "correct the clock; if it was ahead before, an operator re-arms the account",
  };
}

function ageText(state: RiskState, at: number, now: number): string {
  return `${((effectiveTime(state, now) - at) / MICROSECONDS_PER_SECOND).toFixed(1)} s`;
}
