import { readFileSync } from "node:fs";
import { accountSnapshotSchema, type AccountSnapshot } from "../../../src/domain/account-snapshot.ts";
import { limitsOf, parseLimits, type Limits } from "../../../src/domain/limits.ts";
import { orderIntentSchema, type OrderIntent } from "../../../src/domain/order-intent.ts";
import { parseJson } from "../../../src/domain/parse-json.ts";
import { quoteSchema, type Quote } from "../../../src/domain/quote.ts";
import { accepted, RefusalError } from "../../../src/domain/refusal.ts";
import type { RiskQuestion } from "../../../src/gateway/risk/decide-order.ts";
import type { Reservation } from "../../../src/gateway/risk/reservation.ts";
import type { RiskMode } from "../../../src/gateway/risk/risk-mode.ts";
import { newRiskState, type RiskState } from "../../../src/gateway/risk/risk-state.ts";
import type { RiskStore, StoredRisk } from "../../../src/gateway/risk/risk-store.ts";

/** Friday, 2026-11-20, 15:00 in New York. */
export const NOON = Date.UTC(2026, 10, 20, 20) * 1000;
export const SECOND = 1_000_000;
const SHIPPED = new URL("../../../config/limits.json", import.meta.url);

/** The limits that are shipped, as data. */
export function shippedLimits(): Record<string, unknown> {
  return parseJson(readFileSync(SHIPPED, "utf8")) as Record<string, unknown>;
}

/** Limits under which the orders of these tests pass, with changes. */
export function limits(changes: Record<string, unknown> = {}): Limits {
  const wide = {
    maxOrderNotional: "10000",
    maxPositionNotional: "20000",
    maxGrossNotional: "50000",
    maxLeverage: "2",
    maxConcentration: "0.5",
    dailyLoss: "1000",
    maxDrawdown: "0.2",
    ordersPerSecond: 5,
    ordersPerMinute: 60,
    ordersPerDay: 500,
    universe: ["SPY", "AAPL", "MSFT", "7203.T"],
    quoteAge: { test: 10 },
  };
  const shipped = shippedLimits();
  const file = parseLimits({ ...shipped, live: { ...(shipped["live"] as object), ...wide, ...changes } });
  if (!file.ok) throw new RefusalError(file.refusal);
  return limitsOf(file.value, "A1", "live");
}

/** An order of account A1; 10 SPY at the market unless told otherwise. */
export function intent(changes: Record<string, unknown> = {}): OrderIntent {
  return orderIntentSchema.parse({ account: "A1", symbol: "SPY", quantity: 10, type: "market", ...changes });
}

/** 100 USD for one SPY, one second old. */
export function quote(changes: Record<string, unknown> = {}): Quote {
  const plain = { symbol: "SPY", price: "100", currency: "USD", multiplier: "1", source: "test", at: NOON - SECOND };
  return quoteSchema.parse({ ...plain, ...changes });
}

/** Account A1 with 50,000 USD and nothing else, one second old. */
export function snapshot(changes: Record<string, unknown> = {}): AccountSnapshot {
  const plain = {
    account: "A1",
    currency: "USD",
    equity: "50000",
    netTransfers: "0",
    positions: [],
    workingOrders: [],
  };
  return accountSnapshotSchema.parse({ ...plain, at: NOON - SECOND, ...changes });
}

export function position(symbol: string, quantity: string, unitValue = "100"): Record<string, unknown> {
  return { symbol, quantity, unitValue };
}

export function working(
  symbol: string,
  quantity: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return { id: "w", symbol, quantity, filled: "0", unitValue: "100", tag: null, ...changes };
}

/** A question to which the answer is yes for `intent()`. */
export function question(
  changes: Partial<RiskQuestion> & { readonly rules?: Record<string, unknown> } = {},
): RiskQuestion {
  const { rules, ...rest } = changes;
  return {
    limits: accepted(limits(rules)),
    snapshot: snapshot(),
    quote: quote(),
    marketOpen: true,
    state: state(),
    reservations: [],
    now: NOON,
    ...rest,
  };
}

export function state(changes: Partial<RiskState> = {}): RiskState {
  return { ...newRiskState("A1"), ...changes };
}

/** A store in memory, with a switch to let it fail. It outlives the books that use it. */
export function memoryStore(): RiskStore & { fails: boolean } {
  const states = new Map<string, RiskState>();
  const modes = new Map<string, RiskMode>();
  const reservations = new Map<string, Reservation>();
  const store = {
    fails: false,
    load(): Promise<StoredRisk[]> {
      const names = new Set([...states.keys(), ...modes.keys()]);
      const loaded = [...names].map((account) => ({
        state: {
          ...(states.get(account) ?? newRiskState(account)),
          mode: modes.get(account) ?? { kind: "ACTIVE" as const },
        },
        reservations: [...reservations.values()].filter((one) => one.account === account),
        unreadable: [],
      }));
      return Promise.resolve(loaded);
    },
    save(write: Parameters<RiskStore["save"]>[0]): Promise<void> {
      if (store.fails) return Promise.reject(new Error("disk full"));
      states.set(write.state.account, write.state);
      for (const one of write.kept) reservations.set(one.id, one);
      for (const id of write.released) reservations.delete(id);
      return Promise.resolve();
    },
    saveMode(account: string, mode: RiskMode): Promise<void> {
      if (store.fails) return Promise.reject(new Error("disk full"));
      modes.set(account, mode);
      return Promise.resolve();
    },
  };
  return store;
}

/** A clock that stands until it is set. */
export function heldClock(at = NOON): { now(): number; at: number } {
  const clock = { at, now: () => clock.at };
  return clock;
}
