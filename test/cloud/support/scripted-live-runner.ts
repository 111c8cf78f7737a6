import type { BrokerEvent } from "../../../src/lean/brokerages/broker-event.ts";
import type { BrokerAnswer } from "../../../src/lean/brokerages/broker-protocol.ts";
import type { LiveHandlers, LiveSandbox, LiveSandboxes } from "../../../src/lean/live/live-ports.ts";
import type { LiveEnd, LiveJobInput } from "../../../src/lean/live/live-protocol.ts";

/** What an algorithm of this runner was told. */
interface Heard {
  readonly job: LiveJobInput;
  readonly events: BrokerEvent[];
  readonly commands: Readonly<Record<string, unknown>>[];
  /** Answers of the broker to its requests. */
  readonly answers: BrokerAnswer[];
}

export interface ScriptedLiveRunner extends LiveSandboxes {
  /** Every start, in order. */
  readonly starts: Heard[];
  /** Ends the process of the last start as a kill would. */
  crash(): void;
}

const SPY = { value: "SPY", market: "usa", securityType: 1 } as const;
const NO_PRICES = { limitPrice: "0", stopPrice: "0", triggerPrice: "0", trailingAmount: "0" };

/**
 * Live algorithms that do what words in `main.py` say: `raise` fails in initialize, `quit` ends at the first price,
 * `buy` buys 10 SPY at the market, `limit` places a limit order that never fills, `late` fails at the first price.
 * A command `{order: quantity}` places a market order, `{cancel: id}` cancels.
 */
export function scriptedLiveRunner(): ScriptedLiveRunner {
  const starts: Heard[] = [];
  let crashLast: () => void = () => undefined;
  return {
    starts,
    crash: () => crashLast(),
    async live(job, handlers) {
      const heard: Heard = { job, events: [], commands: [], answers: [] };
      starts.push(heard);
      const main = job.files["main.py"] ?? "";
      handlers.output(output([`Launching analysis for ${job.deployId} with LEAN Engine v1`]));
      const sandbox = new Scripted(main, heard, handlers);
      crashLast = () => sandbox.crash();
      if (main.includes("raise")) {
        const error = { code: "ALGORITHM_ERROR", message: "ValueError: raised", stackTrace: "main.py line 1" };
        sandbox.end({ status: "RuntimeError", error });
      } else await sandbox.begin();
      return { sandbox, name: "Scripted" };
    },
  };
}

function output(logs: string[]): Parameters<LiveHandlers["output"]>[0] {
  return { logs, warnings: [], charts: {}, runtimeStatistics: { Equity: "$100,000.00" } };
}

class Scripted implements LiveSandbox {
  readonly pid = undefined;
  hasEnded = false;
  readonly #main: string;
  readonly #heard: Heard;
  readonly #handlers: LiveHandlers;
  #nextId: number;
  #hasActed = false;

  constructor(main: string, heard: Heard, handlers: LiveHandlers) {
    this.#main = main;
    this.#heard = heard;
    this.#handlers = handlers;
    this.#nextId = heard.job.account.nextOrderId;
    // A restarted algorithm has acted before.
    this.#hasActed = heard.job.restart !== undefined;
  }

  async begin(): Promise<void> {
    const subscription = { symbol: SPY, resolution: 4, fillForward: true, extendedHours: false };
    await this.#ask({ op: "subscribe", subscriptions: [subscription] });
  }

  async advance(toUtc: number, events: readonly BrokerEvent[]): ReturnType<LiveSandbox["advance"]> {
    if (this.hasEnded) return undefined;
    this.#heard.events.push(...events);
    if (!this.#hasActed) {
      this.#hasActed = true;
      if (this.#main.includes("buy")) await this.#order("10");
      if (this.#main.includes("limit")) await this.#order("10", "1");
      if (this.#main.includes("late")) {
        const error = { code: "ALGORITHM_ERROR", message: "ValueError: too late", stackTrace: "main.py line 9" };
        this.end({ status: "RuntimeError", error });
      }
      if (this.#main.includes("quit")) this.end({ status: "Stopped" });
    }
    return { utc: toUtc, digest: "", nextUtc: null };
  }

  sync(): ReturnType<LiveSandbox["sync"]> {
    return Promise.resolve({ utc: 0, digest: "", nextUtc: null });
  }

  async command(id: string, payload: Readonly<Record<string, unknown>>): ReturnType<LiveSandbox["command"]> {
    if (this.hasEnded) return undefined;
    this.#heard.commands.push(payload);
    if (typeof payload["order"] === "string") await this.#order(payload["order"]);
    if (typeof payload["cancel"] === "number") await this.#ask({ op: "cancel", orderId: payload["cancel"], tag: "" });
    return { id, name: "Command", success: true, message: "done" };
  }

  stop(): Promise<void> {
    this.end({ status: "Stopped" });
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.end({ status: "Stopped" });
    return Promise.resolve();
  }

  crash(): void {
    this.end({ status: "RuntimeError", error: { code: "SANDBOX_CRASHED", message: "killed", stackTrace: "" } });
  }

  end(end: LiveEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#handlers.ended(end);
  }

  async #order(quantity: string, limitPrice?: string): Promise<void> {
    const id = this.#nextId;
    this.#nextId += 1;
    await this.#ask({
      op: "place",
      order: {
        ...NO_PRICES,
        id,
        symbol: SPY,
        type: limitPrice === undefined ? 0 : 1,
        quantity,
        time: 0,
        tag: "",
        timeInForce: { kind: "gtc" },
        trailingAsPercentage: false,
        ...(limitPrice === undefined ? {} : { limitPrice }),
      },
    });
  }

  async #ask(request: unknown): Promise<void> {
    this.#heard.answers.push(await this.#handlers.broker(request));
  }
}
