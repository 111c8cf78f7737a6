import { readFileSync } from "node:fs";
import { limitsOf, parseLimits } from "../src/domain/limits.ts";
import { accountSnapshotSchema } from "../src/domain/account-snapshot.ts";
import { Decimal } from "../src/domain/decimal.ts";
import { orderIntentSchema } from "../src/domain/order-intent.ts";
import { parseJson } from "../src/domain/parse-json.ts";
import { quoteSchema } from "../src/domain/quote.ts";
import { accepted, RefusalError } from "../src/domain/refusal.ts";
import { decideOrder, type RiskQuestion } from "../src/gateway/risk/decide-order.ts";
import { newRiskState } from "../src/gateway/risk/risk-state.ts";
import { median, type Log, type Measurement } from "./figure.ts";

const NOW = Date.UTC(2026, 10, 20, 20) * 1000;
const ROUNDS = 7;
const DECISIONS = 4000;

/** An account with positions in so many symbols, an open order of each and a reservation of every other one. */
function questionOf(limitsFile: unknown, size: number): RiskQuestion {
  const parsed = parseLimits(limitsFile);
  if (!parsed.ok) throw new RefusalError(parsed.refusal);
  const names = Array.from({ length: size }, (_, index) => `S${index}`);
  const snapshot = accountSnapshotSchema.parse({
    account: "A",
    currency: "USD",
    equity: "1000000",
    netTransfers: "0",
    positions: names.map((symbol) => ({ symbol, quantity: "1.25", unitValue: "101.37" })),
    workingOrders: names.map((symbol) => ({
      id: symbol,
      symbol,
      quantity: "3",
      filled: "1",
      unitValue: "99.5",
      tag: null,
    })),
    at: NOW - 1,
  });
  const reservations = names.slice(0, size / 2).map((symbol, index) => ({
    id: String(index),
    account: "A",
    key: String(index),
    symbol,
    quantity: Decimal.parse("2"),
    unitValue: Decimal.parse("100"),
    at: NOW - 5,
    stage: { kind: "held" as const },
  }));
  const recent = names.map((content) => ({ content, intentId: null, at: NOW - 2, admitted: true }));
  const day = { date: "2026-11-20", endsAt: NOW + 1 };
  const quote = {
    symbol: "SPY",
    price: "100.01",
    currency: "USD",
    multiplier: "1",
    source: "local-cloud",
    at: NOW - 1,
  };
  return {
    limits: accepted(limitsOf(parsed.value, "A", "paper")),
    snapshot,
    quote: quoteSchema.parse(quote),
    marketOpen: true,
    state: { ...newRiskState("A"), day, recent, attempts: Array.from({ length: 50 }, () => NOW - 2e6) },
    reservations,
    now: NOW,
  };
}

/** Microseconds of one decision, by a snapshot that none was made by before. */
function decisionTime(limitsFile: unknown, size: number): number {
  const question = questionOf(limitsFile, size);
  const { snapshot } = question;
  const intent = orderIntentSchema.parse({ account: "A", symbol: "SPY", quantity: 10, type: "limit", limitPrice: 100 });
  const verdict = decideOrder(intent, question);
  if (!verdict.ok || snapshot === undefined) throw new Error("expected the order to pass");
  const round = (): number => {
    const begin = performance.now();
    for (let count = 0; count < DECISIONS; count += 1) {
      decideOrder(intent, { ...question, snapshot: { ...snapshot } });
    }
    return ((performance.now() - begin) * 1000) / DECISIONS;
  };
  return median(Array.from({ length: ROUNDS }, round));
}

/** One decision of the risk kernel with the limits that are shipped. */
export function measureRiskDecision(log: Log): Measurement {
  log("decisions of the risk kernel");
  const limitsFile = parseJson(readFileSync(new URL("../config/limits.json", import.meta.url), "utf8"));
  return {
    title: "one decision of the risk kernel, each by a new snapshot",
    figures: [
      {
        name: "20 positions, 20 open orders, 10 reservations",
        value: decisionTime(limitsFile, 20),
        unit: "µs",
        goal: "< 50",
      },
      { name: "100 positions, 100 open orders, 50 reservations", value: decisionTime(limitsFile, 100), unit: "µs" },
    ],
  };
}
