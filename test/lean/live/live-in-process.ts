import type { QcAlgorithm } from "../../../src/lean/algorithm/qc-algorithm.ts";
import type { BrokerEvent } from "../../../src/lean/brokerages/broker-event.ts";
import { PaperBroker, type PaperBrokerOptions } from "../../../src/lean/brokerages/paper-broker.ts";
import type { DataSource } from "../../../src/lean/data-source.ts";
import { LiveRun, type LiveStep } from "../../../src/lean/live/live-run.ts";
import {
  liveJobSchema,
  type LiveJobInput,
  type LiveOutput,
  type LivePosition,
} from "../../../src/lean/live/live-protocol.ts";
import type { Strategy } from "../../../src/lean/strategy.ts";

/** Microseconds UTC of an ISO time. */
export function utc(iso: string): number {
  return Date.parse(iso) * 1000;
}

export interface InProcessOptions {
  readonly data: DataSource;
  readonly startUtc: number;
  readonly endUtc: number;
  readonly createStrategy: (algorithm: QcAlgorithm) => Strategy;
  readonly broker?: Partial<PaperBrokerOptions>;
  readonly job?: Partial<LiveJobInput>;
}

/** A live algorithm and its broker in one process, moved on from event to event. */
export class LiveInProcess {
  readonly broker: PaperBroker;
  readonly run: LiveRun;
  readonly outputs: LiveOutput[] = [];
  readonly told: BrokerEvent[] = [];
  last: LiveStep | undefined;
  readonly #endUtc: number;

  constructor(options: InProcessOptions) {
    const { data, startUtc, endUtc } = options;
    this.#endUtc = endUtc;
    this.broker = new PaperBroker({ data, startUtc, endUtc, ...options.broker });
    this.run = new LiveRun({
      job: liveJobSchema.parse({
        deployId: "L-1",
        files: {},
        startUtc: this.broker.utc,
        endUtc,
        account: this.broker.account(),
        subscriptions: this.broker.state().subscriptions,
        ...options.job,
      }),
      data,
      algorithmName: "Test",
      engineVersion: "test",
      createStrategy: options.createStrategy,
      userCommands: () => ({ success: false, message: "none" }),
      exchange: (request) => this.broker.handle(JSON.parse(JSON.stringify(request))),
    });
  }

  get position(): LivePosition {
    if (this.last === undefined || !("position" in this.last)) throw new Error("the algorithm has ended");
    return this.last.position;
  }

  get logs(): string[] {
    return this.outputs.flatMap(({ logs }) => logs);
  }

  start(): this {
    this.take(this.run.start());
    return this;
  }

  /** Moves on to a time, stopping wherever either side has something to do. */
  advance(toUtc: number): void {
    while (this.broker.utc < toUtc && this.last !== undefined && "position" in this.last) {
      const wished = this.last.position.nextUtc ?? Number.POSITIVE_INFINITY;
      const next = Math.max(Math.min(toUtc, this.broker.nextTime(), wished), this.broker.utc + 1);
      const events = this.broker.advance(next);
      this.told.push(...events);
      this.take(this.run.advance(next, JSON.parse(JSON.stringify(events)) as BrokerEvent[]));
    }
  }

  toEnd(): void {
    this.advance(this.#endUtc);
  }

  take(step: LiveStep): void {
    this.last = step;
    this.outputs.push(...this.run.takeOutputs());
  }
}
