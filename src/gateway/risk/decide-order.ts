import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { isInUniverse, type Limits } from "../../domain/limits.ts";
import { limitPriceOf, type OrderIntent } from "../../domain/order-intent.ts";
import { exposureOf, exposureWith, isReduction, projected, type Exposure } from "./exposure.ts";
import { exposureFaults, type ProjectedFigures } from "./exposure-limits.ts";
import { clockFault, quoteFault, snapshotFault } from "./input-checks.ts";
import { cooldownFault, duplicateFault, rateFault, repeatedFault } from "./order-pace.ts";
import { boundedUnitsOf, unitValuesOf, type UnitValues } from "./order-value.ts";
import { collarFault } from "./price-collar.ts";
import type { Reservation } from "./reservation.ts";
import type { RiskRefusal } from "./risk-codes.ts";
import { observed, type RiskState } from "./risk-state.ts";
import type { RiskView } from "./risk-view.ts";

/** Everything that a decision depends on. `now` is microseconds UTC. */
export interface RiskQuestion extends RiskView {
  readonly state: RiskState;
  readonly reservations: Iterable<Reservation>;
  readonly now: number;
}

/** What the kernel says of an order: all that speaks against it, or what it leads to. */
export type RiskVerdict =
  | {
      readonly ok: true;
      /** Whether it can only bring a position nearer to zero. */
      readonly reduction: boolean;
      /** Account currency, the most that one unit can be worth: what a reservation holds. */
      readonly unitValue: Decimal;
      readonly figures: ProjectedFigures | undefined;
    }
  | { readonly ok: false; readonly refusals: readonly RiskRefusal[]; readonly figures: ProjectedFigures | undefined };

/**
 * Judges an order. Pure: equal questions get equal verdicts. What is missing, stale or cannot be reckoned with denies.
 *
 * 1. A reduction passes limits on money, pace and losses, and needs no quote, unless its price is to be checked; the
 *    snapshot that makes it a reduction must be fresh. A halt stops it too: what flattens then is not an order.
 * 2. Anything else needs everything to be known and every limit to hold at worst: all open orders and reservations of
 *    a side filled, at the highest price in play.
 */
export function decideOrder(intent: OrderIntent, question: RiskQuestion): RiskVerdict {
  try {
    return decide(intent, question);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return denied({ code: "RISK_INPUT_INVALID", message: `the order cannot be reckoned with: ${error.message}` });
  }
}

const LIMITS_REMEDY = "correct the limits and have an operator sign them";

function decide(intent: OrderIntent, question: RiskQuestion): RiskVerdict {
  const { limits: given, snapshot, now } = question;
  if (given === undefined) {
    return denied({
      code: "LIMITS_MISSING",
      message: `account ${intent.account} has no limits, so nothing is allowed`,
      remedy: "write limits for it and have an operator sign them",
    });
  }
  if (!given.ok) return denied({ code: "LIMITS_INVALID", message: given.refusal.message, remedy: LIMITS_REMEDY });
  const limits = given.value;
  const moment = { state: question.state, limits, now };
  const late = clockFault(moment) ?? snapshotFault(snapshot, moment) ?? invalidOrder(intent, question.state);
  const halted = haltFault(question.state);
  if (late !== undefined || snapshot === undefined) return denied(halted, late);
  const state = observed(question.state, snapshot, { now, limits });
  const exposure = exposureWith(snapshot, question.reservations);
  const situation = { intent, question, snapshot, limits, state, exposure };
  return isReduction(exposureOf(exposure, intent.symbol), intent.quantity)
    ? decideReduction(situation, halted)
    : decideOpening(situation, halted);
}

interface Situation {
  readonly intent: OrderIntent;
  readonly question: RiskQuestion;
  readonly snapshot: AccountSnapshot;
  readonly limits: Limits;
  readonly state: RiskState;
  readonly exposure: Exposure;
}

function decideReduction(situation: Situation, halted: RiskRefusal | undefined): RiskVerdict {
  const { intent, question, limits, state, exposure } = situation;
  const { quote } = question;
  const duplicate = intent.intentId === undefined ? undefined : duplicateFault(state, intent, limits);
  const { unquoted, units } = valued(situation);
  const isPriced = limitPriceOf(intent) !== undefined;
  const collar =
    quote === undefined || unquoted !== undefined ? undefined : collarFault(intent, quote, { limits, reduction: true });
  const refusals = present(halted, duplicate, isPriced ? unquoted : undefined, collar);
  if (refusals.length > 0) return { ok: false, refusals, figures: undefined };
  const mark = exposureOf(exposure, intent.symbol).mark;
  return { ok: true, reduction: true, unitValue: mark.max(units?.worst ?? mark), figures: undefined };
}

function decideOpening(situation: Situation, halted: RiskRefusal | undefined): RiskVerdict {
  const { intent, question, snapshot, limits, state } = situation;
  const { quote } = question;
  const { unquoted, units } = valued(situation);
  const figures = units === undefined ? undefined : figuresOf(situation, units);
  const refusals = present(
    halted,
    unvaluedFault(situation.exposure),
    ...modeFaults(state, limits),
    universeFault(intent, limits),
    sessionFault(intent, question.marketOpen, limits),
    rateFault(state, limits),
    repeatedFault(state, intent, limits),
    duplicateFault(state, intent, limits),
    cooldownFault(state, limits),
    unquoted,
    quote !== undefined && unquoted === undefined && units === undefined
      ? conversionFault(quote.currency, snapshot)
      : undefined,
    quote === undefined || unquoted !== undefined
      ? undefined
      : collarFault(intent, quote, { limits, reduction: false }),
    ...(figures === undefined ? [] : exposureFaults(figures, intent, limits)),
  );
  if (refusals.length > 0 || units === undefined) return { ok: false, refusals, figures };
  return { ok: true, reduction: false, unitValue: units.worst, figures };
}

/**
 * What one unit is worth, or why that is not known. Without a quote an order that carries its bound is worth that; with
 * one the quote must be good, whatever the order says.
 */
function valued({ intent, question, snapshot, limits, state }: Situation): {
  readonly unquoted?: RiskRefusal;
  readonly units?: UnitValues;
} {
  const { quote, now } = question;
  const bounded = quote === undefined ? boundedUnitsOf(intent) : undefined;
  if (bounded !== undefined) return { units: bounded };
  const unquoted = quoteFault(quote, intent, { state, limits, now });
  if (quote === undefined || unquoted !== undefined) return unquoted === undefined ? {} : { unquoted };
  const units = unitValuesOf(intent, quote, snapshot);
  return units === undefined ? {} : { units };
}

function figuresOf({ intent, exposure, snapshot }: Situation, { mark, worst }: UnitValues): ProjectedFigures {
  const pending = { symbol: intent.symbol, quantity: intent.quantity, unitValue: worst };
  const after = projected(exposure, pending, mark);
  return {
    orderNotional: intent.quantity.abs().multiply(worst),
    positionNotional: after.symbol,
    grossNotional: after.gross,
    equity: snapshot.equity,
  };
}

function invalidOrder(intent: OrderIntent, state: RiskState): RiskRefusal | undefined {
  const prices = [intent.limitPrice, intent.stopPrice];
  const isSound =
    intent.account === state.account &&
    !intent.quantity.isZero &&
    prices.every((one) => one === undefined || one.sign > 0);
  if (isSound) return undefined;
  return {
    code: "RISK_INPUT_INVALID",
    message: `expected an order of account ${state.account} with a quantity other than zero and prices above zero`,
  };
}

function unvaluedFault({ unvalued }: Exposure): RiskRefusal | undefined {
  if (unvalued === undefined) return undefined;
  return {
    code: "SNAPSHOT_INVALID",
    message: `the worth of an open order of ${unvalued} is not known, so nothing that adds to it can be judged`,
    remedy: "wait for a price of it, or cancel that order",
    retryable: true,
  };
}

function haltFault({ mode }: RiskState): RiskRefusal | undefined {
  if (mode.kind !== "HALTED") return undefined;
  return {
    code: "RISK_HALTED",
    message: `trading is halted: ${mode.reason}`,
    remedy: "an operator re-arms with: quantwright rearm",
  };
}

function modeFaults({ mode }: RiskState, limits: Limits): RiskRefusal[] {
  const reasons = mode.kind === "REDUCING" ? mode.reasons : [];
  const remedy = "reduce positions; an operator re-arms with: quantwright rearm";
  const codes = { "daily-loss": "RISK_DAILY_LOSS", drawdown: "RISK_DRAWDOWN", asked: "RISK_REDUCE_ONLY" } as const;
  const latched = reasons.map((reason) => ({ code: codes[reason], message: LATCHED[reason], remedy }));
  if (!limits.reduceOnly || reasons.includes("asked")) return latched;
  return [...latched, { code: "RISK_REDUCE_ONLY", message: "the limits allow this account only to reduce positions" }];
}

const LATCHED = {
  "daily-loss": "the loss of a day reached its limit, so the account only reduces until an operator re-arms",
  drawdown: "the fall from the highest equity reached its limit, so the account only reduces until an operator re-arms",
  asked: "the account was told to only reduce",
} as const;

function universeFault({ symbol }: OrderIntent, limits: Limits): RiskRefusal | undefined {
  if (isInUniverse(symbol, limits)) return undefined;
  const many = limits.universe.length;
  return {
    code: "RISK_UNIVERSE",
    message: `${symbol} is not among the ${many} symbols that may be traded${many === 0 ? ": the list is empty" : ""}`,
    remedy: `add it to universe in the limits and have an operator sign them`,
  };
}

function sessionFault(
  { type, symbol, maxNotional }: OrderIntent,
  open: boolean | undefined,
  { sessionHours }: Limits,
): RiskRefusal | undefined {
  if (sessionHours === "any" || open === true) return undefined;
  // An order for the next open fills in the session and is placed before it.
  if (type === "market-on-open" && open === false) return undefined;
  // The twin knows, and refuses a bounded order outside the session.
  if (open === undefined && maxNotional !== undefined) return undefined;
  const why =
    open === false ? `the market of ${symbol} is closed` : `it is not known whether the market of ${symbol} is open`;
  return {
    code: "RISK_SESSION",
    message: why,
    remedy: "ask again in the session, or send market-on-open",
    retryable: true,
  };
}

function conversionFault(currency: string, snapshot: AccountSnapshot): RiskRefusal {
  return {
    code: "RISK_CONVERSION",
    message: `there is no rate from ${currency} to ${snapshot.currency}, the currency of the account`,
    remedy: "configure a source of that rate",
  };
}

function present(...faults: readonly (RiskRefusal | undefined)[]): RiskRefusal[] {
  return faults.filter((fault) => fault !== undefined);
}

function denied(...faults: readonly (RiskRefusal | undefined)[]): RiskVerdict {
  return { ok: false, refusals: present(...faults), figures: undefined };
}
