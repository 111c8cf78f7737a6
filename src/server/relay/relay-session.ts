import {
  RPC_CODE,
  errorMessage,
  isRpcId,
  judgeMessage,
  type JsonObject,
  type RpcId,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from "../../domain/json-rpc.ts";
import { relayRequest } from "./relay-request.ts";
import type { OpenUpstream, ToolGate } from "./relay-ports.ts";
import { UpstreamLink } from "./upstream-link.ts";

/** How a session reaches its client. */
export interface ClientSide {
  /** Sends one message. `inReplyTo` is the client's request that it belongs to; false asks to slow the server down. */
  send(message: JsonObject, inReplyTo?: RpcId): boolean;
}

export interface RelaySessionOptions {
  readonly id: string;
  readonly open: OpenUpstream;
  readonly gate: ToolGate;
  readonly client: ClientSide;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** False when the server takes messages more slowly than they come, true when it follows again. */
  readonly onFlow?: (flowing: boolean) => void;
  /** The result of a handshake that nobody answers; with it the server is looked for until it is there. */
  readonly standIn?: ((handshake: RpcRequest) => JsonObject) | undefined;
}

const MOST_IN_FLIGHT = 10_000;

/**
 * One client before one server of its own.
 *
 * Invariants
 * 1. Every request of the client gets one answer, unless it was cancelled: then none.
 * 2. Requests of the server get ids of ours towards the client, and the client's answers go back under the server's ids;
 *    answers to nothing are dropped.
 * 3. What calls a tool passes the gate: only what is named as a notification is passed on without an answer.
 */
export class RelaySession {
  readonly #options: RelaySessionOptions;
  readonly #link: UpstreamLink;
  readonly #inFlight = new Map<RpcId, AbortController>();
  readonly #asked = new Map<RpcId, RpcId>();
  #lastAsked = 0;
  #closed = false;

  constructor(options: RelaySessionOptions) {
    this.#options = options;
    this.#link = new UpstreamLink({
      open: options.open,
      now: options.now,
      log: options.log,
      onRequest: (request) => this.#ask(request),
      onNotification: (notification) => this.#heard(notification),
      onLost: () => this.#withdraw(),
      onFlow: (flowing) => options.onFlow?.(flowing),
      standIn: options.standIn,
    });
  }

  /** How many requests of the client are under way. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Takes what the client said, parsed but not judged. */
  receive(value: unknown): void {
    if (this.#closed) return;
    const judged = judgeMessage(value);
    switch (judged.kind) {
      case "invalid":
        this.#send(errorMessage(judged.id, RPC_CODE.INVALID_REQUEST, `invalid request: ${judged.reason}`));
        return;
      case "request":
        void this.#serve(judged.message);
        return;
      case "response":
        this.#responded(judged.message);
        return;
      case "notification":
        this.#notified(judged.message);
        return;
    }
  }

  /** Refuses what could not be parsed or was not kept, under its id where that is known. */
  refuse(id: RpcId | null, code: number, message: string): void {
    this.#send(errorMessage(id, code, message));
  }

  /** Lets the server speak again after the client could not follow. */
  resume(): void {
    this.#link.resume();
  }

  /** Cancels one request, as if the client had. */
  cancel(id: RpcId, reason: string): void {
    const controller = this.#inFlight.get(id);
    if (controller === undefined) return;
    this.#inFlight.delete(id);
    controller.abort(reason);
  }

  /** Ends the session: what is under way is cancelled, and the server of its own is ended. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of this.#inFlight.keys()) this.cancel(id, "the client went away");
    await this.#link.close();
  }

  async #serve(request: RpcRequest): Promise<void> {
    const { id } = request;
    if (this.#inFlight.has(id)) {
      this.refuse(id, RPC_CODE.INVALID_REQUEST, `invalid request: a request with the id ${String(id)} is under way`);
      return;
    }
    if (this.#inFlight.size >= MOST_IN_FLIGHT) {
      this.refuse(id, RPC_CODE.INTERNAL_ERROR, `more than ${MOST_IN_FLIGHT} requests are under way; wait for answers`);
      return;
    }
    const controller = new AbortController();
    this.#inFlight.set(id, controller);
    const answer = await relayRequest(
      { session: this.#options.id, link: this.#link, gate: this.#options.gate },
      request,
      {
        signal: controller.signal,
        emit: (notification) => {
          if (!controller.signal.aborted) this.#send(notification, id);
        },
      },
    );
    if (this.#inFlight.get(id) !== controller) return;
    this.#inFlight.delete(id);
    this.#send(
      "error" in answer ? { jsonrpc: "2.0", id, error: answer.error } : { jsonrpc: "2.0", id, result: answer.result },
      id,
    );
  }

  #responded(response: RpcResponse): void {
    const id = this.#asked.get(response.id);
    if (id === undefined) return;
    this.#asked.delete(response.id);
    this.#link.respond({ ...response, id });
  }

  #notified(notification: RpcNotification): void {
    // A request without an id is none; a server that looked at its method alone would serve it, past the gate.
    if (!notification.method.startsWith("notifications/")) return;
    if (notification.method !== "notifications/cancelled") {
      this.#link.notify(notification);
      return;
    }
    const id = notification.params?.["requestId"];
    const reason = notification.params?.["reason"];
    if (isRpcId(id)) this.cancel(id, typeof reason === "string" ? reason : "the client cancelled it");
  }

  #ask(request: RpcRequest): void {
    this.#lastAsked += 1;
    this.#asked.set(this.#lastAsked, request.id);
    this.#send({ ...request, id: this.#lastAsked });
  }

  #heard(notification: RpcNotification): void {
    if (notification.method !== "notifications/cancelled") {
      this.#send(notification);
      return;
    }
    const wanted = notification.params?.["requestId"];
    for (const [ours, theirs] of this.#asked) {
      if (theirs !== wanted) continue;
      this.#asked.delete(ours);
      this.#send({ ...notification, params: { ...notification.params, requestId: ours } });
      return;
    }
  }

  /** What a server asked that is gone needs no answer any more. */
  #withdraw(): void {
    for (const ours of this.#asked.keys())
      this.#send({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: ours, reason: "the server went away" },
      });
    this.#asked.clear();
  }

  #send(message: JsonObject, inReplyTo?: RpcId): void {
    if (this.#closed) return;
    if (!this.#options.client.send(message, inReplyTo)) this.#link.pause();
  }
}
