import { isRpcId, type JsonObject, type RpcId, type RpcRequest } from "../../domain/json-rpc.ts";
import { EventLog } from "./event-log.ts";
import type { McpBackend, SessionHandler } from "./mcp-backend.ts";
import { PostReply } from "./post-reply.ts";
import { SseStream } from "./sse-stream.ts";

/** So long a request goes on whose client lost its stream and may come back for it. */
const RESUME_MILLISECONDS = 60_000;
const MOST_HELD = 1000;
const OWN_STREAM = "own";

interface OpenRequest {
  readonly reply: PostReply;
  readonly stream: string;
  /** Where the client came back for it. */
  resumed: SseStream | undefined;
  lost: NodeJS.Timeout | undefined;
}

/**
 * One client of the protocols with sessions, over HTTP: each request has its own reply, what belongs to no request goes
 * to the stream that the client holds open, and lost streams can be resumed.
 *
 * Invariants
 * 1. An answer goes to the reply of its request, or to the stream that resumed it, and is kept in the log.
 * 2. What the server asks goes where a client listens: the reply of a request under way, else the client's own stream,
 *    else it is held until there is one.
 * 3. A request whose client went away is cancelled: at once where it cannot come back, else after a minute.
 */
export class HttpSession {
  readonly id: string;
  /** Whose key opened it: nobody else may speak for it. */
  readonly caller: string;
  readonly #handler: SessionHandler;
  readonly #log = new EventLog();
  readonly #requests = new Map<RpcId, OpenRequest>();
  #own: SseStream | undefined;
  #held: string[] = [];
  #streams = 0;
  #resumable = false;
  #begun = false;
  readonly #onRefused: () => void;
  /** When something was last heard, by the clock of the door. */
  heardAt = 0;

  /** @param place.onRefused the server refused the handshake: the session is of no use */
  constructor(
    backend: McpBackend,
    place: { readonly id: string; readonly caller: string; readonly onRefused: () => void },
  ) {
    const { id, caller, onRefused } = place;
    this.id = id;
    this.caller = caller;
    this.#onRefused = onRefused;
    this.#handler = backend.openSession(id, { caller, send: (message, inReplyTo) => this.#send(message, inReplyTo) });
  }

  /** Whether nobody listens and nothing is under way. */
  get isIdle(): boolean {
    return this.#requests.size === 0 && this.#own?.isOpen !== true;
  }

  has(id: RpcId): boolean {
    return this.#requests.has(id);
  }

  /** Serves one request. Its id must not be under way. */
  request(message: RpcRequest, signal: AbortSignal): Promise<Response> {
    this.#streams += 1;
    const stream = `r${this.#streams}`;
    const reply = new PostReply({
      headers: { "mcp-session-id": this.id },
      ...(this.#resumable ? { record: (text) => this.#log.add(stream, text) } : {}),
      signal,
      onGone: (resumable) => this.#gone(message.id, resumable),
      onDrain: () => this.#handler.resume(),
    });
    this.#requests.set(message.id, { reply, stream, resumed: undefined, lost: undefined });
    this.#handler.receive(message);
    return reply.response;
  }

  /** Takes a notification or an answer of the client. */
  take(message: JsonObject): void {
    this.#handler.receive(message);
    if (message["method"] !== "notifications/cancelled") return;
    const params = message["params"] as JsonObject | undefined;
    const id = params?.["requestId"];
    // No answer comes any more: the reply must not stay open.
    if (isRpcId(id)) this.#forget(id)?.reply.drop();
  }

  /** Opens the client's own stream; undefined where it has one already. */
  listen(): Response | undefined {
    if (this.#own?.isOpen === true) return undefined;
    const stream = this.#newStream();
    this.#own = stream;
    if (this.#resumable) stream.prime(this.#log.add(OWN_STREAM, ""), 1000);
    for (const text of this.#held.splice(0)) stream.message(text, this.#record(OWN_STREAM, text));
    return stream.response;
  }

  /** Resumes the stream that an event belongs to; undefined for an event that is not known. */
  resume(eventId: string): Response | undefined {
    const found = this.#log.after(eventId);
    if (found === undefined) return undefined;
    const stream = this.#newStream(found.stream);
    for (const { id, text } of found.events) stream.message(text, id);
    if (found.stream === OWN_STREAM) {
      this.#own?.end();
      this.#own = stream;
      for (const text of this.#held.splice(0)) stream.message(text, this.#record(OWN_STREAM, text));
      return stream.response;
    }
    const waiting = [...this.#requests.values()].find((one) => one.stream === found.stream);
    if (waiting === undefined) stream.end();
    else {
      clearTimeout(waiting.lost);
      waiting.resumed?.end();
      waiting.resumed = stream;
    }
    return stream.response;
  }

  async close(): Promise<void> {
    for (const [id, { reply }] of this.#requests) {
      reply.drop();
      this.#forget(id);
    }
    this.#own?.end();
    await this.#handler.close();
  }

  #newStream(of?: string): SseStream {
    return new SseStream(
      { "mcp-session-id": this.id },
      {
        onDrain: () => this.#handler.resume(),
        onGone: () => {
          const lost = [...this.#requests].find(([, one]) => one.stream === of);
          if (lost !== undefined) this.#gone(lost[0], true);
        },
      },
    );
  }

  #send(message: JsonObject, inReplyTo: RpcId | undefined): boolean {
    const { id, method, result } = message;
    if (method === undefined && isRpcId(id)) return this.#answer(id, message, result);
    const related = inReplyTo === undefined ? this.#only() : this.#requests.get(inReplyTo);
    if (related !== undefined) return this.#toRequest(related, message);
    return this.#toOwnStream(JSON.stringify(message));
  }

  #answer(id: RpcId, message: JsonObject, result: unknown): boolean {
    const request = this.#forget(id);
    if (request === undefined) return true;
    this.#negotiated(result);
    // After this answer, which says why, there is nothing to come back for.
    if (!this.#begun) queueMicrotask(this.#onRefused);
    const { reply, resumed, stream } = request;
    if (request.lost === undefined && resumed === undefined) return reply.finish(message);
    const text = JSON.stringify(message);
    const followed = resumed?.message(text, this.#log.add(stream, text)) ?? this.#log.add(stream, text) !== "";
    resumed?.end();
    return followed;
  }

  #toRequest(request: OpenRequest, message: JsonObject): boolean {
    if (request.lost === undefined && request.resumed === undefined) return request.reply.emit(message);
    const text = JSON.stringify(message);
    const eventId = this.#log.add(request.stream, text);
    return request.resumed?.message(text, eventId) ?? true;
  }

  #toOwnStream(text: string): boolean {
    if (this.#own?.isOpen === true) return this.#own.message(text, this.#record(OWN_STREAM, text));
    // Where a client can come back for its stream, the log has it; else it waits for the first one.
    if (this.#own !== undefined && this.#resumable) this.#log.add(OWN_STREAM, text);
    else if (this.#held.length < MOST_HELD) this.#held.push(text);
    return true;
  }

  /** The request under way that an unrelated message most likely belongs to: where there is one only. */
  #only(): OpenRequest | undefined {
    if (this.#requests.size === 1 || this.#own?.isOpen !== true) return [...this.#requests.values()].at(-1);
    return undefined;
  }

  /** Clients of the first protocols do not expect events without data. */
  #negotiated(result: unknown): void {
    const version = (result as JsonObject | undefined)?.["protocolVersion"];
    if (typeof version !== "string") return;
    this.#begun = true;
    this.#resumable = version >= "2025-11-25";
  }

  #record(stream: string, text: string): string | undefined {
    return this.#resumable ? this.#log.add(stream, text) : undefined;
  }

  #gone(id: RpcId, resumable: boolean): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    request.resumed = undefined;
    const cancel = (): void => {
      this.#requests.delete(id);
      this.#handler.cancel(id, "the client went away");
    };
    if (!resumable) return cancel();
    clearTimeout(request.lost);
    request.lost = setTimeout(cancel, RESUME_MILLISECONDS);
    request.lost.unref();
  }

  #forget(id: RpcId): OpenRequest | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    clearTimeout(request?.lost);
    return request;
  }
}
