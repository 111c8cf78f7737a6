import {
  isObject,
  metaOf,
  type JsonObject,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from "../../domain/json-rpc.ts";
import { ListenState, resultWithSubscription, subscriptionOf, withSubscription } from "./listen-state.ts";
import type { ForwardOutcome, OpenUpstream, UpstreamChannel } from "./relay-ports.ts";
import { UpstreamMemory } from "./upstream-memory.ts";

export interface UpstreamLinkOptions {
  readonly open: OpenUpstream;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** A request of the server, to be answered by `respond`. */
  readonly onRequest: (request: RpcRequest) => void;
  /** A notification that belongs to no request of ours. */
  readonly onNotification: (notification: RpcNotification) => void;
  /** The server went away; what it asked needs no answer any more. */
  readonly onLost: () => void;
  /** False when the server takes messages more slowly than they come, true when it follows again. */
  readonly onFlow: (flowing: boolean) => void;
  /** The result that a handshake gets which nobody answers; with it the server is looked for until it is there. */
  readonly standIn?: ((handshake: RpcRequest) => JsonObject) | undefined;
}

interface Pending {
  readonly request: RpcRequest;
  readonly outgoing: RpcRequest;
  readonly settle: (outcome: ForwardOutcome) => void;
  readonly notify: (notification: RpcNotification) => void;
  readonly token: unknown;
  readonly listen: ListenState | undefined;
  sent: boolean;
  /** Whether it goes out once more, with the next connection. */
  again: boolean;
}

/** A request under way. */
export interface Forwarded {
  readonly outcome: Promise<ForwardOutcome>;
  /** Tells the server that nobody waits any more. */
  cancel(reason: string): void;
}

const REPLAY_MILLISECONDS = 20_000;
const FIRST_DELAY = 100;
const LONGEST_DELAY = 5000;

/**
 * The relay's side of one server: requests get ids of its own, and a server that went away is opened again.
 *
 * Invariants
 * 1. Every request is settled once: by its answer, by the end of the connection, or by its cancellation.
 * 2. A new connection first gets the handshake that the old one had; only then requests. Nothing but the handshake, its
 *    settings and open listens is ever sent twice, and what the server refused unread because it had lost the session.
 * 3. A server that dies before it answered anything is not started again and again: the pauses double up to 5 s, and
 *    whoever asks during a pause is told why at once.
 */
export class UpstreamLink {
  readonly #options: UpstreamLinkOptions;
  readonly #memory = new UpstreamMemory();
  readonly #pending = new Map<RpcId, Pending>();
  #channel: UpstreamChannel | undefined;
  #ready = false;
  #waiting: RpcMessage[] = [];
  #lastId = 0;
  #opened = 0;
  #failures = 0;
  #retryAt = 0;
  #lastReason = "it ended";
  #heard = false;
  #closed = false;
  #replayTimer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;
  /** Messages that made no sense: answers to nothing. */
  dropped = 0;

  constructor(options: UpstreamLinkOptions) {
    this.#options = options;
  }

  /** Sends a request under an id of ours. `notify` gets its progress and, for a listen, its events. */
  request(request: RpcRequest, notify: (notification: RpcNotification) => void): Forwarded {
    const { promise, resolve } = Promise.withResolvers<ForwardOutcome>();
    this.#lastId += 1;
    const id = this.#lastId;
    const token = metaOf(request.params)?.["progressToken"];
    this.#pending.set(id, {
      request,
      outgoing: outgoing(request, id, token !== undefined),
      settle: (outcome) => resolve(this.#stoodIn(request, outcome)),
      notify,
      token,
      listen: request.method === "subscriptions/listen" ? new ListenState() : undefined,
      sent: false,
      again: false,
    });
    this.#sendPending(id);
    return { outcome: promise, cancel: (reason) => this.#cancel(id, reason) };
  }

  notify(notification: RpcNotification): void {
    this.#memory.notified(notification);
    this.#transmit(notification);
  }

  /** Answers a request of the server; one that is gone gets nothing. */
  respond(response: RpcResponse): void {
    if (this.#channel !== undefined) this.#transmit(response);
  }

  pause(): void {
    this.#channel?.pause();
  }

  resume(): void {
    this.#channel?.resume();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#replayTimer);
    clearTimeout(this.#reopenTimer);
    const channel = this.#channel;
    this.#channel = undefined;
    this.#fail("the relay ends");
    await channel?.close();
  }

  #sendPending(id: RpcId): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const refusal = this.#open();
    if (refusal !== undefined) {
      this.#pending.delete(id);
      pending.settle({ kind: "lost", reason: refusal, sent: false });
      return;
    }
    // What is opened again sends its listens itself.
    if (this.#ready) pending.sent = true;
    this.#transmit(pending.outgoing);
  }

  #transmit(message: RpcMessage): void {
    if (this.#channel === undefined) return;
    if (this.#ready) this.#write(message);
    else this.#waiting.push(message);
  }

  #write(message: RpcMessage): void {
    if (this.#channel?.send(message) === false) this.#options.onFlow(false);
  }

  /** Opens the connection where there is none; says why where it must not be tried yet. */
  #open(): string | undefined {
    if (this.#channel !== undefined) return undefined;
    if (this.#closed) return "the relay ends";
    if (this.#options.now() < this.#retryAt) return `${this.#lastReason}; it is tried again in a moment`;
    this.#opened += 1;
    this.#heard = false;
    const opened = this.#opened;
    const current = (): boolean => opened === this.#opened && this.#channel !== undefined;
    this.#channel = this.#options.open({
      onMessage: (message) => {
        if (current()) this.#received(message);
      },
      onRefused: ({ id, reason }) => {
        if (id !== undefined && current()) this.#settle(id, { kind: "refused", reason });
      },
      onFailed: ({ id, reason, sent, again = false }) => {
        if (current() && !(again && this.#keep(id))) this.#settle(id, { kind: "lost", reason, sent });
      },
      onDrain: () => this.#options.onFlow(true),
      onClosed: (reason) => {
        if (current()) this.#lost(reason);
      },
    });
    this.#ready = false;
    if (this.#memory.handshake === undefined) this.#opening();
    else this.#replay(this.#memory.handshake);
    return undefined;
  }

  #replay(handshake: RpcRequest): void {
    const id = `replay-${this.#opened}`;
    const failed = (reason: string): void => {
      void this.#channel?.close();
      this.#lost(reason);
    };
    const settle = (outcome: ForwardOutcome): void => {
      clearTimeout(this.#replayTimer);
      if (outcome.kind !== "answer" || !("result" in outcome)) {
        if (outcome.kind === "answer") failed("the server that was started again refused the handshake");
        // The connection may be there without an answer: then it is of no use.
        else if (outcome.kind === "lost" && this.#channel !== undefined) failed(outcome.reason);
        return;
      }
      for (const message of this.#memory.afterHandshake) {
        if (isRequest(message)) this.#sendOwn(message);
        else this.#write(message);
      }
      this.#opening();
      for (const change of this.#memory.listChanges) this.#options.onNotification(change);
    };
    this.#replayTimer = setTimeout(() => failed("it did not answer the handshake in time"), REPLAY_MILLISECONDS);
    this.#replayTimer.unref();
    const message = { ...handshake, id };
    this.#pending.set(id, own(handshake, message, settle));
    this.#write(message);
  }

  /** A request of the relay itself, whose answer nobody needs. */
  #sendOwn(request: RpcRequest): void {
    this.#lastId += 1;
    const message = { ...request, id: this.#lastId };
    this.#pending.set(
      this.#lastId,
      own(request, message, () => undefined),
    );
    this.#write(message);
  }

  /** From here on requests go out at once: first the listens of before, then what waits. */
  #opening(): void {
    this.#ready = true;
    for (const pending of this.#pending.values())
      if (pending.listen !== undefined && pending.sent) this.#write(pending.outgoing);
    for (const message of this.#waiting.splice(0)) {
      const pending = "id" in message && "method" in message ? this.#pending.get(message.id as RpcId) : undefined;
      if (pending !== undefined) pending.sent = true;
      this.#write(message);
    }
  }

  #received(message: RpcMessage): void {
    this.#heard = true;
    this.#failures = 0;
    const { id, method } = message as Readonly<Record<string, unknown>>;
    if (method === undefined) this.#answered(message as RpcResponse);
    else if (id !== undefined) this.#options.onRequest(message as RpcRequest);
    else this.#notified(message as RpcNotification);
  }

  #answered(response: RpcResponse): void {
    const { result, error } = response;
    if (error !== undefined) this.#settle(response.id, { kind: "answer", error });
    else this.#settle(response.id, { kind: "answer", result: result ?? {} });
  }

  #settle(id: RpcId, outcome: ForwardOutcome): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.dropped += 1;
      return;
    }
    this.#pending.delete(id);
    if (outcome.kind !== "answer" || !("result" in outcome)) return pending.settle(outcome);
    this.#memory.answered(pending.request, outcome.result);
    if (pending.listen === undefined) return pending.settle(outcome);
    pending.settle({ ...outcome, result: resultWithSubscription(outcome.result, pending.request.id) });
  }

  #notified(notification: RpcNotification): void {
    const token = notification.method === "notifications/progress" ? notification.params?.["progressToken"] : undefined;
    const subscription = subscriptionOf(notification);
    const pending = this.#pending.get((token ?? subscription) as RpcId);
    if (token !== undefined) {
      // Progress of what is over, or of what nobody asked for.
      if (pending?.token === undefined) this.dropped += 1;
      else pending.notify({ ...notification, params: { ...notification.params, progressToken: pending.token } });
    } else if (subscription !== undefined) {
      if (pending?.listen === undefined) this.dropped += 1;
      else
        for (const heard of pending.listen.heard(notification))
          pending.notify(withSubscription(heard, pending.request.id));
    } else this.#options.onNotification(notification);
  }

  #cancel(id: RpcId, reason: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#waiting = this.#waiting.filter((message) => message["id"] !== id);
    // The protocols forbid to cancel the handshake.
    if (pending.sent && pending.request.method !== "initialize")
      this.#transmit({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason } });
    pending.settle({ kind: "cancelled" });
  }

  #lost(reason: string): void {
    this.#channel = undefined;
    clearTimeout(this.#replayTimer);
    this.#lastReason = reason;
    if (!this.#heard) {
      this.#failures += 1;
      this.#retryAt = this.#options.now() + Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.#failures - 1));
    }
    this.#options.log(`the server went away: ${reason}`);
    this.#fail(reason);
    this.#options.onLost();
    this.#options.onFlow(true);
    for (const [id, pending] of this.#pending) if (pending.again && !pending.sent) this.#sendPending(id);
    if (this.#isWanted && !this.#closed) this.#reopenLater();
  }

  /** Keeps a request for the next connection; false for one that was kept once already. */
  #keep(id: RpcId): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.again || this.#memory.handshake === undefined) return false;
    pending.again = true;
    pending.sent = false;
    return true;
  }

  /** A client whose handshake fails gives up for good: it is answered in the place of a server that is not there. */
  #stoodIn(request: RpcRequest, outcome: ForwardOutcome): ForwardOutcome {
    if (outcome.kind !== "lost" || request.method !== "initialize" || this.#closed) return outcome;
    const result = this.#options.standIn?.(request);
    if (result === undefined) return outcome;
    this.#memory.answered(request, result);
    // What is open knows of no handshake: the next connection gets it.
    void this.#channel?.close();
    if (this.#channel === undefined) this.#reopenLater();
    else this.#lost(outcome.reason);
    return { kind: "answer", result };
  }

  /** Settles what is under way, but for listens and for what goes out once more: they wait for the next connection. */
  #fail(reason: string): void {
    this.#waiting = [];
    for (const [id, pending] of this.#pending) {
      if (pending.again && !pending.sent && !this.#closed) continue;
      if (pending.listen !== undefined && !this.#closed) {
        // A listen that had no chance yet counts as sent: it is sent with the next connection.
        pending.sent = true;
        continue;
      }
      this.#pending.delete(id);
      pending.settle({ kind: "lost", reason, sent: pending.sent });
    }
  }

  /** Open listens are a reason of their own to have the server back, and so is a client that was stood in for. */
  get #isWanted(): boolean {
    const standsIn = this.#options.standIn !== undefined && this.#memory.handshake !== undefined;
    return standsIn || [...this.#pending.values()].some(({ listen }) => listen !== undefined);
  }

  #reopenLater(): void {
    const wait = Math.max(FIRST_DELAY, this.#retryAt - this.#options.now());
    clearTimeout(this.#reopenTimer);
    this.#reopenTimer = setTimeout(() => {
      // A timer may be a moment early.
      if (!this.#closed && this.#isWanted && this.#open() !== undefined) this.#reopenLater();
    }, wait).unref();
  }
}

function isRequest(message: RpcRequest | RpcNotification): message is RpcRequest {
  return message["id"] !== undefined;
}

function own(request: RpcRequest, outgoing: RpcRequest, settle: Pending["settle"]): Pending {
  return {
    request,
    outgoing,
    settle,
    notify: () => undefined,
    token: undefined,
    listen: undefined,
    sent: true,
    again: false,
  };
}

/** The request under an id of ours; a progress token becomes that id, because tokens of two clients may be the same. */
function outgoing(request: RpcRequest, id: RpcId, hasToken: boolean): RpcRequest {
  if (!hasToken) return { ...request, id };
  const params: JsonObject = isObject(request.params) ? request.params : {};
  return { ...request, id, params: { ...params, _meta: { ...metaOf(params), progressToken: id } } };
}
