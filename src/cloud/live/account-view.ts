import { brokerAccountSchema, type BrokerAccount } from "../../lean/brokerages/broker-protocol.ts";
import type { BrokerPortfolio, BrokerQuote } from "../../lean/brokerages/broker.ts";
import type { Deployment } from "./deployment.ts";

/** One look at the account of a running deployment: everything in it belongs to the same moment of the feed. */
export interface AccountView {
  readonly projectId: number;
  readonly deployId: string;
  readonly mode: "PAPER" | "SIMULATED LIVE";
  readonly status: string;
  readonly feed: { readonly kind: Deployment["feed"]["kind"]; readonly utc: number };
  /** When it was looked at, UTC microseconds. */
  readonly asOf: number;
  readonly currency: string;
  /** Value of the whole account, and when it was deployed; account currency, as decimal texts. */
  readonly equity: string;
  readonly launchEquity: string;
  /** Trading is halted: only orders that reduce are taken. */
  readonly reduceOnly: boolean;
  readonly cash: BrokerPortfolio["cash"];
  readonly positions: BrokerPortfolio["positions"];
  readonly holdings: BrokerAccount["holdings"];
  readonly orders: BrokerAccount["orders"];
  readonly quotes: readonly BrokerQuote[];
}

/** What the view is made of: a broker that knows what the account was worth at the start. */
export interface ViewedBroker {
  readonly utc: number;
  readonly launchEquity: string;
  readonly reduceOnly: boolean;
  account(): BrokerAccount;
  portfolio(): BrokerPortfolio;
  quotes(): readonly BrokerQuote[];
}

/** The account of a deployment as its broker knows it now. */
export function accountViewOf(deployment: Deployment, broker: ViewedBroker, now: number): AccountView {
  const { currency, cash, positions, totalValue } = broker.portfolio();
  const { holdings, orders } = brokerAccountSchema.parse(broker.account());
  return {
    projectId: deployment.projectId,
    deployId: deployment.deployId,
    mode: deployment.brokerage === "SimulatedBrokerage" ? "SIMULATED LIVE" : "PAPER",
    status: deployment.status,
    feed: { kind: deployment.feed.kind, utc: broker.utc },
    asOf: now,
    currency,
    equity: String(totalValue),
    launchEquity: broker.launchEquity,
    reduceOnly: broker.reduceOnly,
    cash,
    positions,
    holdings,
    orders,
    quotes: broker.quotes(),
  };
}
