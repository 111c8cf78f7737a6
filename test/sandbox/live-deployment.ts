import type { SandboxPool } from "../../src/clients/sandbox/sandbox-pool.ts";
import type { OrderRecord } from "../../src/lean/backtest-result.ts";
import { PaperBroker, type PaperBrokerOptions } from "../../src/lean/brokerages/paper-broker.ts";
import { brokerStateSchema } from "../../src/lean/brokerages/broker-protocol.ts";
import type { BrokerEvent } from "../../src/lean/brokerages/broker-event.ts";
import type { DataSource } from "../../src/lean/data-source.ts";
import type { LiveEnd, LiveOutput, ObjectStoreAnswer, ObjectStoreRequest } from "../../src/lean/live/live-protocol.ts";
import { LiveSession, type BrokerRecord } from "../support/live-session.ts";

/** Microseconds UTC of an ISO time. */
export function utc(iso: string): number {
  return Date.parse(iso) * 1000;
}

export interface DeploymentOptions {
  readonly pool: Pick<SandboxPool, "live">;
  readonly data: DataSource;
  readonly startUtc: number;
  readonly endUtc: number;
  readonly files: Readonly<Record<string, string>>;
  readonly simulation?: PaperBrokerOptions["simulation"];
}

/** An object store in a map. */
export function serveObjects(objects: Map<string, string>, request: ObjectStoreRequest): ObjectStoreAnswer {
  switch (request.op) {
    case "read": {
      const bytes = objects.get(request.key);
      return bytes === undefined ? { ok: false } : { ok: true, bytes };
    }
    case "save":
      if (request.key.startsWith("full/")) return { ok: false, message: "the store is full" };
      objects.set(request.key, request.bytes);
      return { ok: true };
    case "delete":
      return { ok: objects.delete(request.key) };
    case "contains":
      return { ok: objects.has(request.key) };
    case "keys":
      return { ok: true, keys: [...objects.keys()] };
  }
}

/** A deployment as a supervisor has it: a broker, a sandbox, and a journal that outlives both. */
export class LiveDeployment {
  readonly files: Readonly<Record<string, string>>;
  readonly outputs: LiveOutput[] = [];
  readonly journal: BrokerRecord[] = [];
  readonly objects = new Map<string, string>();
  end: LiveEnd | undefined;
  broker: PaperBroker;
  session!: LiveSession;
  readonly #options: DeploymentOptions;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.files = options.files;
    this.broker = this.#makeBroker();
  }

  get logs(): string[] {
    return this.outputs.flatMap(({ logs }) => logs);
  }

  /** All status events that were journalled, in order. */
  get events(): Extract<BrokerEvent, { kind: "status" }>[] {
    return this.journal.flatMap(({ events }) => events).filter((event) => event.kind === "status");
  }

  /** The last journalled form of each order. */
  get orders(): OrderRecord[] {
    const byId = new Map<number, OrderRecord>();
    for (const { orders } of this.journal) for (const order of orders) byId.set(order.id, order);
    return [...byId.values()];
  }

  fills(): { orderId: number; quantity: string; price: string; fee: string }[] {
    return this.events
      .filter(({ status }) => status === 2 || status === 3)
      .map(({ orderId, fillQuantity, fillPrice, fee }) => ({ orderId, quantity: fillQuantity, price: fillPrice, fee }));
  }

  points(chart: string, series: string): number {
    return this.outputs.reduce((sum, { charts }) => sum + (charts[chart]?.series[series]?.values.length ?? 0), 0);
  }

  /** Starts the algorithm; after a crash of everything, from what the journal has. */
  async start(restart?: { readonly missed: BrokerEvent[] }): Promise<void> {
    this.end = undefined;
    const { pool } = this.#options;
    this.session = await LiveSession.start({
      broker: this.broker,
      sandboxes: pool,
      job: {
        deployId: "L-0123",
        files: { ...this.files },
        endUtc: this.#options.endUtc,
        launchEquity: "100000",
        ...(restart === undefined ? {} : { restart }),
      },
      handlers: {
        journal: async (record) => void this.journal.push(structuredClone(record)),
        objectStore: async (request) => serveObjects(this.objects, request),
        output: (output) => void this.outputs.push(output),
        ended: (end) => {
          if (this.end !== undefined) throw new Error("the end was told twice");
          this.end = end;
        },
      },
    });
  }

  /** A new broker from the last journalled state, as after a crash of the supervisor. */
  recoverBroker(): void {
    this.broker = this.#makeBroker();
  }

  #makeBroker(): PaperBroker {
    const { data, startUtc, endUtc, simulation } = this.#options;
    const state = this.journal.at(-1)?.state;
    return new PaperBroker({
      data,
      startUtc,
      endUtc,
      ...(simulation === undefined ? {} : { simulation }),
      ...(state === undefined ? {} : { state: brokerStateSchema.parse(JSON.parse(JSON.stringify(state))) }),
    });
  }
}
