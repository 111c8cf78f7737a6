import type { Refusal } from "../../domain/refusal.ts";
import { WAITING_FOR_NODE } from "../../domain/run.ts";
import { errorText } from "../answer-body.ts";
import { CANCELLED } from "../lost-call.ts";
import type { UpstreamOutcome } from "../upstream-port.ts";
import { laneOf, shortOf, type ShortOf } from "./start-refusal.ts";
import { StartLane, type Attempt, type LaneParts, type WaitEnd } from "./start-lane.ts";

export interface StartQueueParts extends LaneParts {
  /** How long a call waits whose caller waits for it, and one of a run; milliseconds. */
  readonly patience: { readonly call: number; readonly run: number };
  /** The organisation of a project, which owns the nodes. */
  readonly organisationOf: (upstream: string, projectId: unknown) => Promise<string>;
}

/** A start as the gateway has decided it. */
export interface Start {
  readonly upstream: string;
  readonly tool: string;
  readonly callId: string;
  readonly projectId: unknown;
  /** Whether a durable run made it, which has time. */
  readonly ofRun: boolean;
  /** The caller went away, or wants no more. */
  readonly signals: readonly AbortSignal[];
  /** Sends it, once. */
  readonly send: () => Promise<UpstreamOutcome>;
  /** Why it may not be sent any more, looked at before it is sent again. */
  readonly forbidden: () => Refusal | undefined;
  readonly onWaiting: (message: string, seconds: number) => void;
}

/** How a start ended: with an outcome of its upstream, or without having been started. */
export type StartEnd = UpstreamOutcome | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * The queues of all organisations. A start is asked at once while nobody waits for a node of that kind; one that is
 * refused for want of a node waits and is asked again.
 *
 * Invariant: a start is sent again only after an answer that says that nothing was started.
 */
export class StartQueue {
  readonly #parts: StartQueueParts;
  readonly #lanes = new Map<string, StartLane>();
  readonly #waiting = new Set<string>();
  #arrivals = 0;

  constructor(parts: StartQueueParts) {
    this.#parts = parts;
  }

  /** Whether a call waits for a node now: nothing of it is to be found anywhere. */
  isWaiting(callId: string): boolean {
    return this.#waiting.has(callId);
  }

  async run(start: Start): Promise<StartEnd> {
    const { now, patience } = this.#parts;
    const arrival = (this.#arrivals += 1);
    const began = now();
    const ask = (): Promise<Attempt<StartEnd>> => attemptOf(start);
    const isQueue = [...this.#lanes.values()].some(({ isEmpty }) => !isEmpty);
    const queue = isQueue ? await this.#lane(start) : undefined;
    const first = queue?.isEmpty === false ? undefined : attempted(await start.send());
    if (first?.kind === "done") return first.value;
    this.#waiting.add(start.callId);
    try {
      const lane = queue ?? (await this.#lane(start));
      const end = await lane.wait({
        arrival,
        ask,
        first,
        until: began + (start.ofRun ? patience.run : patience.call),
        signal: AbortSignal.any([...start.signals]),
        onWaiting: ({ of, ahead }) => start.onWaiting(waitingText(of, ahead), (now() - began) / 1000),
      });
      return endOf(end, now() - began);
    } finally {
      this.#waiting.delete(start.callId);
    }
  }

  async #lane({ upstream, tool, projectId }: Start): Promise<StartLane> {
    const organisation = await this.#parts.organisationOf(upstream, projectId);
    const key = [upstream, organisation, laneOf(tool) ?? tool].join("\n");
    const lane = this.#lanes.get(key) ?? new StartLane(this.#parts);
    this.#lanes.set(key, lane);
    return lane;
  }
}

async function attemptOf(start: Start): Promise<Attempt<StartEnd>> {
  const refusal = start.forbidden();
  if (refusal !== undefined) return { kind: "done", value: { kind: "refused", refusal }, started: false };
  return attempted(await start.send());
}

function attempted(outcome: UpstreamOutcome): Attempt<StartEnd> {
  const short = outcome.kind === "answered" ? shortOf(outcome.result) : undefined;
  if (outcome.kind !== "answered" || short === undefined) {
    const started = outcome.kind === "answered" && errorText(outcome.result) === undefined;
    return { kind: "done", value: outcome, started };
  }
  return { kind: "short", of: short, said: errorText(outcome.result) ?? "" };
}

function waitingText(of: ShortOf, ahead: number): string {
  const what = of === "node" ? WAITING_FOR_NODE : "waiting: QuantConnect asks for fewer starts a minute";
  return ahead === 0 ? what : `${what} (${ahead} before it)`;
}

function endOf(end: WaitEnd<StartEnd>, waited: number): StartEnd {
  if (end.kind === "done") return end.value;
  if (end.kind === "cancelled") return { kind: "refused", refusal: CANCELLED };
  const asked = end.attempts === 0 ? "others were before it" : `it was asked ${end.attempts} times`;
  const isNode = end.of === "node";
  return {
    kind: "refused",
    refusal: {
      code: isNode ? "NODE_UNAVAILABLE" : "RATE_LIMITED",
      message: `no ${isNode ? "node became free" : "start was let through"} within ${Math.round(waited / 1000)} s (${asked}): ${end.said}`,
      remedy:
        "nothing was started: end what runs, add a node to the organisation, or ask again later; run_backtest waits for hours by itself",
    },
  };
}
