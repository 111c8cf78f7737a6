import type { BrokerAccount, BrokerState } from "../../lean/brokerages/broker-protocol.ts";
import type { SimulationSettings } from "../../lean/brokerages/simulated-brokerage.ts";
import type { LiveHandlers } from "../../lean/live/live-ports.ts";
import type { Clock } from "../../domain/clock.ts";
import type { CloudIds, CloudLog, LiveRunner } from "../ports.ts";
import type { Deployment } from "./deployment.ts";
import type { LiveBroker } from "./journaled-broker.ts";
import type { LiveStore } from "./live-store-port.ts";

/** What a live algorithm stores its objects in. */
export type LiveObjects = LiveHandlers["objectStore"];

export interface LiveParts {
  readonly store: LiveStore;
  readonly runner: LiveRunner;
  readonly clock: Clock;
  readonly ids: Pick<CloudIds, "hex32">;
  readonly log: CloudLog;
  readonly objects: LiveObjects;
  /** Makes the broker of a deployment. */
  readonly broker: (options: BrokerOptions) => LiveBroker;
  /** A command for all other live algorithms. */
  readonly broadcast: (command: Readonly<Record<string, unknown>>, from: Deployment) => void;
  /** Hears of a deployment that has ended and needs no memory any more. */
  readonly onEnd: (deployId: string) => void;
}

/** What `PaperBroker` takes, without its data. */
export interface BrokerOptions {
  readonly startUtc: number;
  readonly endUtc: number;
  readonly account?: InitialAccount;
  readonly state?: BrokerState;
  readonly simulation?: SimulationSettings;
}

export type InitialAccount = Partial<Pick<BrokerAccount, "cash" | "holdings">>;
