import { z } from "zod";
import type { AccountSnapshot } from "../../domain/account-snapshot.ts";
import { MICROSECONDS_PER_SECOND } from "../../domain/clock.ts";
import { Decimal } from "../../domain/decimal.ts";
import type { Limits } from "../../domain/limits.ts";
import { orderContent, type OrderIntent } from "../../domain/order-intent.ts";
import { riskDayOf } from "../../domain/risk-day.ts";
import { nextMode, riskModeSchema, type RiskEvent, type RiskMode } from "./risk-mode.ts";

const storedDecimal = z.string().transform((text) => Decimal.parse(text));
/** Closed trades whose ids are kept, so that one told twice counts once. */
const TRADES_KEPT = 500;

/** What is remembered of an account between decisions. Times are microseconds UTC, money is account currency. */
export const riskStateSchema = z.strictObject({
  account: z.string(),
  mode: riskModeSchema,
  /** The latest time seen: it never goes back, so a clock that does opens nothing. */
  clock: z.int(),
  /** When the latest snapshot seen was taken. */
  snapshotAt: z.int(),
  day: z.strictObject({ date: z.string(), endsAt: z.int() }).nullable(),
  /** Equity at the start of the day, the highest, and the latest, as if all transfers so far had been there at once. */
  startEquity: storedDecimal.nullable(),
  peakEquity: storedDecimal.nullable(),
  lastEquity: storedDecimal.nullable(),
  netTransfers: storedDecimal.nullable(),
  lossStreak: z.int().min(0),
  lastLossAt: z.int(),
  tradeIds: z.array(z.string()),
  /** Orders that were judged since the day began, and when the latest were; refused ones count. */
  ordersToday: z.int().min(0),
  attempts: z.array(z.int()),
  /** The latest orders by content, as far as the throttles look back. */
  recent: z.array(
    z.strictObject({ content: z.string(), intentId: z.string().nullable(), at: z.int(), admitted: z.boolean() }),
  ),
});

export type RiskState = Readonly<z.output<typeof riskStateSchema>>;

/** An account that nothing is known of. */
export function newRiskState(account: string): RiskState {
  return {
    account,
    mode: { kind: "ACTIVE" },
    clock: 0,
    snapshotAt: 0,
    day: null,
    startEquity: null,
    peakEquity: null,
    lastEquity: null,
    netTransfers: null,
    lossStreak: 0,
    lastLossAt: 0,
    tradeIds: [],
    ordersToday: 0,
    attempts: [],
    recent: [],
  };
}

/** The time that counts for an account: the clock, unless it went back. */
export function effectiveTime(state: RiskState, now: number): number {
  return Math.max(state.clock, now);
}

/** Whether a snapshot may be used: of this account, not too old, not from the future, not older than one seen before. */
export function isFresh(
  state: RiskState,
  snapshot: AccountSnapshot,
  at: { readonly now: number; readonly limits: Limits },
): boolean {
  const age = effectiveTime(state, at.now) - snapshot.at;
  return (
    snapshot.account === state.account &&
    snapshot.at >= state.snapshotAt &&
    age >= 0 &&
    age <= at.limits.snapshotAge * MICROSECONDS_PER_SECOND
  );
}

/** Lets time pass: a new day begins with the equity that was seen last. A latch stays. */
export function atTime(state: RiskState, now: number, limits: Limits): RiskState {
  const clock = effectiveTime(state, now);
  if (state.day !== null && clock < state.day.endsAt) return { ...state, clock };
  return {
    ...state,
    clock,
    day: riskDayOf(clock, limits.riskDay),
    ordersToday: 0,
    startEquity: state.lastEquity ?? state.startEquity,
  };
}

/** Takes in a fresh snapshot: equity, its peak, and the latches that it may set. Another one changes nothing. */
export function observed(
  state: RiskState,
  snapshot: AccountSnapshot | undefined,
  at: { readonly now: number; readonly limits: Limits },
): RiskState {
  const today = atTime(state, at.now, at.limits);
  if (snapshot === undefined || !isFresh(today, snapshot, at)) return today;
  const { equity, netTransfers } = snapshot;
  // Money paid in or out is neither profit nor loss: what equity is compared with moves along.
  const paid = netTransfers.subtract(today.netTransfers ?? netTransfers);
  const seen = {
    ...today,
    snapshotAt: snapshot.at,
    startEquity: today.startEquity?.add(paid) ?? equity,
    peakEquity: today.peakEquity?.add(paid).max(equity) ?? equity,
    lastEquity: equity,
    netTransfers,
  };
  const events = lossEvents(seen, at.limits);
  return { ...seen, mode: events.reduce(modeAfter, seen.mode) };
}

/** The day's loss and the fall from the peak; zero before anything is known. */
export function lossesOf({ startEquity, peakEquity, lastEquity }: RiskState): {
  readonly day: Decimal;
  readonly fall: Decimal;
} {
  if (startEquity === null || peakEquity === null || lastEquity === null)
    return { day: Decimal.ZERO, fall: Decimal.ZERO };
  return { day: startEquity.subtract(lastEquity), fall: peakEquity.subtract(lastEquity) };
}

function lossEvents(state: RiskState, limits: Limits): RiskEvent[] {
  const { day, fall } = lossesOf(state);
  const peak = state.peakEquity?.max(Decimal.ZERO) ?? Decimal.ZERO;
  const events: RiskEvent[] = [];
  if (day.compare(limits.dailyLoss) >= 0) events.push({ kind: "reduce", reason: "daily-loss", at: state.clock });
  if (fall.sign > 0 && fall.compare(peak.multiply(limits.maxDrawdown)) >= 0) {
    events.push({ kind: "reduce", reason: "drawdown", at: state.clock });
  }
  return events;
}

function modeAfter(mode: RiskMode, event: RiskEvent): RiskMode {
  const next = nextMode(mode, event);
  return next.ok ? next.value : mode;
}

/** Counts an order that was judged. `limits` say how far back there is to remember. */
export function attempted(
  state: RiskState,
  intent: OrderIntent,
  at: { readonly limits: Limits; readonly admitted: boolean; readonly paced: boolean },
): RiskState {
  const { limits, admitted, paced } = at;
  const kept = Math.max(limits.ordersPerSecond, limits.ordersPerMinute, 1);
  const back = Math.max(limits.repeatedOrder.windowSeconds, limits.duplicateIntentSeconds) * MICROSECONDS_PER_SECOND;
  const one = { content: orderContent(intent), intentId: intent.intentId ?? null, at: state.clock, admitted };
  return {
    ...state,
    ordersToday: state.ordersToday + 1,
    attempts: [...state.attempts, state.clock].slice(-kept),
    // What the rates refused is not kept: a flood must not push out what was let through.
    recent: [...state.recent.filter(({ at }) => at > state.clock - back), ...(paced ? [one] : [])],
  };
}

/** Takes in a closed trade once: a loss makes the streak longer, anything else ends it. */
export function tradeClosed(
  state: RiskState,
  trade: { readonly id: string; readonly profit: Decimal; readonly at: number },
): RiskState {
  if (state.tradeIds.includes(trade.id)) return state;
  const tradeIds = [...state.tradeIds, trade.id].slice(-TRADES_KEPT);
  if (trade.profit.sign >= 0) return { ...state, tradeIds, lossStreak: 0 };
  return { ...state, tradeIds, lossStreak: state.lossStreak + 1, lastLossAt: Math.max(state.lastLossAt, trade.at) };
}

/**
 * After an operator re-armed: the next snapshot is the new start and the new peak, the streak begins anew, and the
 * clock is taken as it is. What was counted stays counted.
 */
export function rearmed(state: RiskState, now: number): RiskState {
  const notLater = (time: number): number => Math.min(time, now);
  return {
    ...state,
    mode: { kind: "ACTIVE" },
    clock: now,
    snapshotAt: notLater(state.snapshotAt),
    day: state.clock > now ? null : state.day,
    startEquity: null,
    peakEquity: null,
    lastEquity: null,
    lossStreak: 0,
    lastLossAt: 0,
    attempts: state.attempts.map(notLater),
    recent: state.recent.map((one) => ({ ...one, at: notLater(one.at) })),
  };
}
