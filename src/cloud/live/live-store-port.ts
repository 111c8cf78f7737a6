import type { OrderRecord } from "../../lean/backtest-result.ts";
import type { BrokerState } from "../../lean/brokerages/broker-protocol.ts";
import type { Deployment, DeploymentChange, LiveStatus } from "./deployment.ts";

/** One point of a live chart; `values` is `[unix seconds, value]` or `[unix seconds, o, h, l, c]`. */
export interface LivePoint {
  readonly chart: string;
  readonly series: string;
  readonly unit: string;
  readonly index: number;
  readonly seriesType: number;
  readonly values: readonly (number | null)[];
}

/** An insight under the field names of QuantConnect's API. */
export type LiveInsight = Readonly<Record<string, unknown>> & { readonly id: string };

/** What an algorithm has put out since the last time. */
export interface StoredOutput {
  readonly logs?: readonly string[];
  readonly points?: readonly LivePoint[];
  readonly statistics?: Readonly<Record<string, string>>;
  readonly insights?: readonly LiveInsight[];
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** How many there are in all. */
  readonly length: number;
}

/** What the live side of the cloud needs to be kept. Times are UTC microseconds. */
export interface LiveStore {
  create(deployment: Deployment, files: Readonly<Record<string, string>>): Promise<void>;
  byId(deployId: string): Promise<Deployment | undefined>;
  /** The one that was deployed last. */
  ofProject(projectId: number): Promise<Deployment | undefined>;
  /** Newest first. */
  list(filter: { readonly projectId?: number; readonly status?: LiveStatus }): Promise<Deployment[]>;
  /** Those that have not ended. */
  active(): Promise<Deployment[]>;
  files(deployId: string): Promise<Record<string, string>>;
  change(deployId: string, change: DeploymentChange): Promise<void>;
  /** The account as it was committed last; undefined before the first commit. */
  brokerState(deployId: string): Promise<{ readonly state: BrokerState; readonly launchEquity: string } | undefined>;
  /** Durable when it resolves: the account with the orders that changed, together. */
  commit(
    deployId: string,
    journal: {
      readonly state: BrokerState;
      readonly orders: readonly OrderRecord[];
      /** Value of the account when it was deployed. */
      readonly launchEquity: string;
    },
  ): Promise<void>;
  append(deployId: string, output: StoredOutput): Promise<void>;
  logs(
    deployId: string,
    range: { readonly start: number; readonly end: number; readonly query?: string },
  ): Promise<Page<string>>;
  orders(deployId: string, range: { readonly start: number; readonly end: number }): Promise<Page<OrderRecord>>;
  insights(deployId: string, range: { readonly start: number; readonly end: number }): Promise<Page<LiveInsight>>;
  chartNames(deployId: string): Promise<string[]>;
  /** Points of a chart in time, by unix seconds, both included; undefined where there is no such chart. */
  chart(
    deployId: string,
    name: string,
    range: { readonly start: number; readonly end: number },
  ): Promise<readonly LivePoint[] | undefined>;
  statistics(deployId: string): Promise<Readonly<Record<string, string>>>;
}
