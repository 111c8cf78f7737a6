import { setTimeout as delay } from "node:timers/promises";
import { isObject, isRpcId, judgeMessage, type JsonObject, type RpcId } from "../../domain/json-rpc.ts";
import { parseJson } from "../../domain/parse-json.ts";
import type { Channel, ChannelEvents } from "./child-channel.ts";
import { claimedVersion, ModernHeaders } from "./http-headers.ts";
import { EventTooLongError, readEvents } from "./sse-events.ts";

export interface HttpChannelOptions {
  readonly url: string;
  /** The longest message that the server may send, in bytes. */
  readonly maxAnswerBytes: number;
  readonly log: (message: string) => void;
  /** The bearer key for the server, if there is one; asked for once for each connection. */
  readonly key?: () => Promise<string | undefined>;
  /** Milliseconds in which an answer must begin. For servers that begin a stream where the answer itself takes longer. */
  readonly beginWithin?: number;
}

interface ReadEnd {
  readonly answered: boolean;
  readonly lastEvent: string | undefined;
}

const RESUME_MILLISECONDS = 1000;
const MOST_RESUMES = 10;
const FAREWELL_MILLISECONDS = 1000;

/**
 * Speaks with a server over Streamable HTTP, in both eras: with sessions after an `initialize`, and without for messages
 * that claim their own protocol version.
 *
 * Invariants
 * 1. A server that cannot be reached, or whose session is gone, closes the channel: who waits is told, and whoever opens
 *    the next one starts with a new handshake.
 * 2. An HTTP error is an answer to its own request only.
 * 3. What is sent after a notification reaches the server after it: a call before `notifications/initialized` may hang.
 */
export class HttpChannel implements Channel {
  readonly #options: HttpChannelOptions;
  readonly #events: ChannelEvents;
  readonly #headers = new ModernHeaders();
  readonly #stop = new AbortController();
  readonly #requests = new Map<RpcId, AbortController>();
  /** The notifications sent so far: requests of their own connections could overtake them. */
  #before: Promise<void> = Promise.resolve();
  #session: string | undefined;
  #version: string | undefined;
  #key: Promise<string | undefined> | undefined;
  #flow: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: HttpChannelOptions, events: ChannelEvents) {
    this.#options = options;
    this.#events = events;
  }

  send(message: JsonObject): boolean {
    const params = isObject(message["params"]) ? message["params"] : {};
    const cancelled = message["method"] === "notifications/cancelled" ? params["requestId"] : undefined;
    if (isRpcId(cancelled)) {
      this.#requests.get(cancelled)?.abort();
      this.#requests.delete(cancelled);
      // Without a session going away is how a request is cancelled.
      if (this.#session === undefined) return true;
    }
    const posted = this.#before
      .then(() => this.#post(message))
      .catch((error: unknown) => this.#closed(reasonOf(error)));
    if (message["id"] === undefined) this.#before = posted;
    return true;
  }

  pause(): void {
    this.#flow ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#flow?.resolve();
    this.#flow = undefined;
  }

  async close(): Promise<void> {
    const session = this.#session;
    const isOpen = !this.#stop.signal.aborted;
    this.#stop.abort();
    this.resume();
    if (!isOpen || session === undefined) return;
    const signal = AbortSignal.timeout(FAREWELL_MILLISECONDS);
    const farewell = async (): Promise<void> => {
      const headers = { ...this.#sessionHeaders(), ...(await this.#authorization()) };
      await fetch(this.#options.url, { method: "DELETE", headers, signal });
    };
    await farewell().catch(() => undefined);
  }

  async #post(message: JsonObject): Promise<void> {
    const { id, method } = message;
    const isRequest = isRpcId(id) && method !== undefined;
    const gone = new AbortController();
    if (isRequest) this.#requests.set(id, gone);
    const signal = AbortSignal.any([this.#stop.signal, gone.signal]);
    try {
      const response = await this.#send(message, signal);
      await this.#take(response, isRequest ? id : undefined, signal);
      if (method === "notifications/initialized") void this.#listen();
    } catch (error) {
      // Who was cancelled, or ends with the channel, waits for nothing.
      if (signal.aborted) return;
      if (isRequest && isUnreachable(error)) this.#events.onFailed({ id, reason: reasonOf(error), sent: false });
      throw error;
    } finally {
      if (isRequest) this.#requests.delete(id);
    }
  }

  async #send(message: JsonObject, signal: AbortSignal): Promise<Response> {
    const version = claimedVersion(message);
    const { url, beginWithin } = this.#options;
    const late = new AbortController();
    const timer =
      beginWithin === undefined ? undefined : setTimeout(() => late.abort(tooLate(beginWithin)), beginWithin);
    try {
      return await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...(version === undefined ? this.#sessionHeaders() : this.#headers.headersOf(message, version)),
          ...(await this.#authorization()),
        },
        body: JSON.stringify(message),
        signal: AbortSignal.any([signal, late.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #authorization(): Promise<Readonly<Record<string, string>>> {
    this.#key ??= this.#options.key?.();
    const key = await this.#key;
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  async #take(response: Response, id: RpcId | undefined, signal: AbortSignal): Promise<void> {
    this.#session ??= response.headers.get("mcp-session-id") ?? undefined;
    const type = response.headers.get("content-type") ?? "";
    if (response.status === 404 && this.#session !== undefined) {
      await response.body?.cancel();
      if (id !== undefined) this.#events.onFailed({ id, reason: SESSION_GONE, sent: false, again: true });
      this.#closed(SESSION_GONE);
    } else if (response.status === 401) {
      await response.body?.cancel();
      const reason = `it ${(await this.#key) === undefined ? "asks for a key" : "does not accept the key"} (HTTP 401)`;
      if (id !== undefined) this.#events.onFailed({ id, reason, sent: false });
      // The next connection asks for the key again: it may be another one then.
      this.#closed(reason);
    } else if (response.body === null || id === undefined) await response.body?.cancel();
    else if (type.includes("text/event-stream")) await this.#stream(response.body, id, signal);
    else if (type.includes("application/json")) await this.#json(response, id);
    else {
      await response.body.cancel();
      this.#events.onFailed({ id, reason: `it answered with HTTP ${response.status}`, sent: true });
    }
  }

  async #json(response: Response, id: RpcId): Promise<void> {
    const { maxAnswerBytes } = this.#options;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    // Typed by the platform as a stream of anything.
    const body: ReadableStream<Uint8Array> | null = response.body;
    const reader = body?.getReader();
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      bytes += next.value.byteLength;
      if (bytes > maxAnswerBytes) {
        await reader?.cancel();
        this.#events.onRefused({ id, reason: tooLong(maxAnswerBytes) });
        return;
      }
      parts.push(next.value);
    }
    const value = parsed(Buffer.concat(parts).toString("utf8"));
    // Refusals of the transport itself may carry no id.
    const answer = isObject(value) && value["id"] === null ? { ...value, id } : value;
    if (isObject(answer) && answer["id"] === id) this.#deliver(answer);
    else this.#events.onFailed({ id, reason: `it answered with HTTP ${response.status} and no message`, sent: true });
  }

  /** Reads the stream of one request until its answer came; a stream that breaks is resumed where it can be. */
  async #stream(body: ReadableStream<Uint8Array>, id: RpcId, signal: AbortSignal): Promise<void> {
    let source: ReadableStream<Uint8Array> | null = body;
    let lastEvent: string | undefined;
    for (let attempt = 0; source !== null && attempt <= MOST_RESUMES; attempt += 1) {
      const end: ReadEnd = await this.#read(source, id).catch((error: unknown) => {
        if (signal.aborted || error instanceof EventTooLongError) throw error;
        return { answered: false, lastEvent: undefined };
      });
      if (end.answered) return;
      lastEvent = end.lastEvent ?? lastEvent;
      if (lastEvent === undefined) break;
      await delay(RESUME_MILLISECONDS, undefined, { signal });
      source = (await this.#reopen(lastEvent, signal)).source;
    }
    this.#events.onFailed({ id, reason: "its stream ended without an answer", sent: true });
  }

  async #read(source: ReadableStream<Uint8Array>, id: RpcId | undefined): Promise<ReadEnd> {
    let lastEvent: string | undefined;
    const { maxAnswerBytes: maxBytes } = this.#options;
    const flow = (): Promise<void> => this.#flow?.promise ?? Promise.resolve();
    try {
      for await (const event of readEvents(source, { maxBytes, flow })) {
        lastEvent = event.id ?? lastEvent;
        const value = event.data === "" ? undefined : parsed(event.data);
        if (value === undefined) continue;
        this.#deliver(value);
        const isAnswer = isObject(value) && value["method"] === undefined && value["id"] === id;
        if (id !== undefined && isAnswer) return { answered: true, lastEvent };
      }
    } catch (error) {
      if (!(error instanceof EventTooLongError) || id === undefined) throw error;
      this.#events.onRefused({ id, reason: tooLong(maxBytes) });
      return { answered: true, lastEvent };
    }
    return { answered: false, lastEvent };
  }

  async #reopen(
    lastEvent: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly source: ReadableStream<Uint8Array> | null; readonly status: number }> {
    const headers = { ...this.#sessionHeaders(), ...(await this.#authorization()), accept: "text/event-stream" };
    const response = await fetch(this.#options.url, {
      headers: lastEvent === undefined ? headers : { ...headers, "last-event-id": lastEvent },
      signal,
    });
    const { status } = response;
    if (response.ok && (response.headers.get("content-type") ?? "").includes("text/event-stream"))
      return { source: response.body, status };
    await response.body?.cancel();
    return { source: null, status };
  }

  /** Listens to what belongs to no request, for as long as the server lets us; a stream that is lost tells that it went. */
  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    let lastEvent: string | undefined;
    let hadStream = false;
    try {
      while (!signal.aborted) {
        const { source, status } = await this.#reopen(lastEvent, signal);
        // Not every server has such a stream; one that had it and has not any more is another one, or gone.
        if (source === null && hadStream && status === 404) this.#closed(SESSION_GONE);
        else if (source === null && hadStream && status >= 500) this.#closed(`it answered with HTTP ${status}`);
        if (source === null) return;
        hadStream = true;
        const heard = await this.#read(source, undefined).catch((error: unknown) => {
          this.#options.log(`the server's stream broke: ${reasonOf(error)}`);
          return { lastEvent };
        });
        lastEvent = heard.lastEvent ?? lastEvent;
        await delay(RESUME_MILLISECONDS, undefined, { signal });
      }
    } catch (error) {
      if (hadStream) this.#closed(reasonOf(error));
      else if (!signal.aborted) this.#options.log(`the server's stream cannot be opened: ${reasonOf(error)}`);
    }
  }

  #deliver(value: unknown): void {
    if (this.#stop.signal.aborted) return;
    const judged = judgeMessage(value);
    if (judged.kind === "invalid") {
      if (judged.id !== null)
        this.#events.onRefused({ id: judged.id, reason: `the server's answer is not passed on: ${judged.reason}` });
      return;
    }
    if (judged.kind === "response") {
      this.#headers.learn(judged.message.result);
      const version = judged.message.result?.["protocolVersion"];
      if (typeof version === "string") this.#version ??= version;
    }
    this.#events.onMessage(judged.message);
  }

  #sessionHeaders(): Record<string, string> {
    return {
      ...(this.#session === undefined ? {} : { "mcp-session-id": this.#session }),
      ...(this.#version === undefined ? {} : { "mcp-protocol-version": this.#version }),
    };
  }

  #closed(reason: string): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#events.onClosed(reason);
  }
}

const SESSION_GONE = "the server does not know the session any more";

function tooLate(milliseconds: number): Error {
  return new Error(`it does not answer within ${milliseconds / 1000} s`);
}

function tooLong(maxBytes: number): string {
  return `the server's answer has more than ${maxBytes} bytes, which are not passed on. Ask for less`;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether nothing of a request can have reached the server. */
function isUnreachable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && UNREACHABLE.has((cause as NodeJS.ErrnoException).code ?? "");
}

/** What the platform's client says in its cause; its own message is "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error.cause instanceof Error)) return error.message;
  // Several addresses were tried: each has its own error, and the whole no message.
  return error.cause.message !== ""
    ? error.cause.message
    : ((error.cause as NodeJS.ErrnoException).code ?? error.message);
}
