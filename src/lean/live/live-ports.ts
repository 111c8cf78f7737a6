import type { BrokerAccount, BrokerAnswer } from "../brokerages/broker-protocol.ts";
import type { BrokerEvent } from "../brokerages/broker-event.ts";
import type {
  CommandResult,
  LiveEnd,
  LiveJobInput,
  LiveOutput,
  LivePosition,
  ObjectStoreAnswer,
  ObjectStoreRequest,
} from "./live-protocol.ts";

/** What a live algorithm asks of its supervisor, and what it tells. */
export interface LiveHandlers {
  /**
   * Serves a request to the broker. The algorithm waits for the answer: whatever happened must be stored before it is
   * given.
   */
  broker(request: unknown): Promise<BrokerAnswer>;
  objectStore(request: ObjectStoreRequest): Promise<ObjectStoreAnswer>;
  output(output: LiveOutput): void;
  /** Once, however the sandbox ends: by itself, by its code's error, by a limit, or killed. */
  ended(end: LiveEnd): void;
  /** Ends the process at once, also while it starts. */
  readonly signal?: AbortSignal | undefined;
}

/** A live algorithm in a process of its own. Calls wait for one another; after the end they all answer `undefined`. */
export interface LiveSandbox {
  readonly pid: number | undefined;
  readonly hasEnded: boolean;
  /** Runs all steps up to a time, with what the broker did until then. */
  advance(toUtc: number, events: readonly BrokerEvent[]): Promise<LivePosition | undefined>;
  /** Sets the algorithm's account to the broker's. */
  sync(account: BrokerAccount): Promise<LivePosition | undefined>;
  command(id: string, payload: Readonly<Record<string, unknown>>): Promise<CommandResult | undefined>;
  /** Lets the algorithm make its last calls and end. */
  stop(): Promise<void>;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

export interface StartedLive {
  readonly sandbox: LiveSandbox;
  /** Name of the algorithm class; empty where it did not load. */
  readonly name: string;
  /** Left out where the algorithm ended with its start. */
  readonly position?: LivePosition;
}

/** Starts live algorithms. */
export interface LiveSandboxes {
  /**
   * Starts an algorithm: it initialises and warms up before this returns. Also where that fails: then the sandbox has
   * ended, and `ended` was told why.
   */
  live(job: LiveJobInput, handlers: LiveHandlers): Promise<StartedLive>;
}
