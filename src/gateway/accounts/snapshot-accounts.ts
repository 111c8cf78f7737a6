import { z } from "zod";
import type { Clock } from "../../domain/clock.ts";
import { Decimal } from "../../domain/decimal.ts";
import { accepted, refused, type Outcome } from "../../domain/refusal.ts";
import type { DeploymentState } from "../classify.ts";
import type { AccountView, WatchedAccounts, WorkingOrder } from "./account-view.ts";

/** QuantConnect's snapshots of a live algorithm are up to ten minutes old and do not say their age. */
const OLDEST_SNAPSHOT = 600_000_000;
const MOST_ORDERS = 1000;
/** LEAN's `OrderStatus` of orders that may still fill. */
const WORKING = new Set([0, 1, 2, 8, 9]);

const amount = z.number().refine(Number.isFinite);
const portfolioSchema = z.looseObject({
  portfolio: z.looseObject({
    holdings: z.record(z.string(), z.looseObject({ a: amount, q: amount, p: amount, v: amount, u: amount })),
    cash: z.record(z.string(), z.looseObject({ amount, conversionRate: amount })),
  }),
});
const ordersSchema = z.looseObject({
  length: z.int().optional(),
  orders: z.array(
    z.looseObject({
      id: z.int(),
      type: z.int(),
      quantity: amount,
      status: z.int(),
      symbol: z.looseObject({ value: z.string() }),
      limitPrice: amount.nullish(),
      stopPrice: amount.nullish(),
      tag: z.string().nullish(),
      events: z.array(z.looseObject({ fillQuantity: amount.nullish() })).nullish(),
    }),
  ),
});

type Body = Readonly<Record<string, unknown>>;

export interface SnapshotAccountsParts {
  /** Reads through the gateway as the desk. */
  readonly read: (tool: string, args: Body) => Promise<Body>;
  readonly running: () => Promise<DeploymentState["running"]>;
  readonly clock: Clock;
}

/**
 * Accounts of QuantConnect's cloud, from its snapshots: positions and orders without quotes. Their true age is not
 * known, so the greatest is assumed.
 */
export function snapshotAccounts({ read, running, clock }: SnapshotAccountsParts): WatchedAccounts {
  return {
    async running() {
      const deployments = await running();
      return deployments === "unknown" ? [] : [...deployments.keys()];
    },
    async view(projectId) {
      try {
        const deployments = await running();
        const deployment = deployments === "unknown" ? undefined : deployments.get(projectId);
        if (deployment === undefined) return unavailable(projectId, "no live algorithm of it is known to run");
        const { portfolio } = portfolioSchema.parse(await read("read_live_portfolio", { projectId }));
        const listed = ordersSchema.parse(await read("read_live_orders", { projectId, start: 0, end: MOST_ORDERS }));
        if ((listed.length ?? 0) > MOST_ORDERS) return unavailable(projectId, `more than ${MOST_ORDERS} orders`);
        const positions = Object.entries(portfolio.holdings).map(([id, held]) => ({
          symbol: tickerOf(id),
          quantity: Decimal.fromNumber(held.q),
          averagePrice: Decimal.fromNumber(held.a),
          price: Decimal.fromNumber(held.p),
          value: Decimal.fromNumber(held.v),
          unrealizedProfit: Decimal.fromNumber(held.u),
        }));
        const cash = Object.entries(portfolio.cash).map(([currency, held]) => ({
          currency,
          amount: Decimal.fromNumber(held.amount),
          rate: Decimal.fromNumber(held.conversionRate),
        }));
        const asOf = clock.now() - OLDEST_SNAPSHOT;
        const view: AccountView = {
          projectId,
          ...deployment,
          feed: "realtime",
          asOf,
          feedTime: asOf,
          source: "QuantConnect snapshot",
          currency: cash.find(({ rate }) => rate.equals(Decimal.ONE))?.currency ?? "USD",
          equity: [
            ...cash.map((held) => held.amount.multiply(held.rate)),
            ...positions.map(({ value }) => value),
          ].reduce((sum, part) => sum.add(part), Decimal.ZERO),
          launchEquity: undefined,
          cash,
          positions,
          working: listed.orders.filter(({ status }) => WORKING.has(status)).map(workingOf),
          realized: new Map(),
          quotes: new Map(),
        };
        return accepted(view);
      } catch (error) {
        return unavailable(projectId, error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** LEAN's identifier is ticker and code. */
function tickerOf(id: string): string {
  return id.split(" ", 1)[0] ?? id;
}

const ORDER_TYPES: readonly string[] = [
  "market",
  "limit",
  "stop_market",
  "stop_limit",
  "market_on_open",
  "market_on_close",
];

function workingOf(order: z.output<typeof ordersSchema>["orders"][number]): WorkingOrder {
  const quantity = Decimal.fromNumber(order.quantity);
  const filled = (order.events ?? []).map(({ fillQuantity }) => Decimal.fromNumber(fillQuantity ?? 0));
  return {
    orderId: order.id,
    symbol: order.symbol.value,
    type: ORDER_TYPES[order.type] ?? `type ${order.type}`,
    quantity,
    remaining: filled.reduce((rest, part) => rest.subtract(part), quantity),
    limitPrice: priceOf(order.limitPrice),
    stopPrice: priceOf(order.stopPrice),
    tag: order.tag ?? "",
  };
}

function priceOf(price: number | null | undefined): Decimal | undefined {
  return price === null || price === undefined || price === 0 ? undefined : Decimal.fromNumber(price);
}

function unavailable(projectId: number, reason: string): Outcome<never> {
  return refused({
    code: "ACCOUNT_UNAVAILABLE",
    message: `the account of project ${projectId} cannot be seen: ${reason.slice(0, 500)}`,
    remedy: "see what runs (`get_positions` without a projectId), then ask again",
    retryable: true,
  });
}
