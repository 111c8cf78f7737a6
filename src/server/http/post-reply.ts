import type { JsonObject } from "../../domain/json-rpc.ts";
import { SseStream } from "./sse-stream.ts";

export interface PostReplyOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps an event for clients that come back, and gives its id; absent where nobody can come back. */
  readonly record?: (text: string) => string;
  /** The client went away: `resumable` says whether it was given an event id to come back with. */
  readonly onGone: (resumable: boolean) => void;
  readonly onDrain: () => void;
  /** Aborted when the client goes away before there is an answer. */
  readonly signal: AbortSignal;
}

/** An answer that takes longer becomes a stream: it keeps the connection alive, and can be resumed. */
const PATIENCE_MILLISECONDS = 250;
const RETRY_MILLISECONDS = 1000;

/**
 * The HTTP answer to one request: plain JSON where the answer comes first and soon, a stream of events where something
 * comes before it or it takes longer.
 */
export class PostReply {
  readonly response: Promise<Response>;
  readonly #options: PostReplyOptions;
  readonly #resolve: (response: Response) => void;
  readonly #timer: NodeJS.Timeout;
  #stream: SseStream | undefined;
  #over = false;

  constructor(options: PostReplyOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#timer = setTimeout(() => this.#upgrade(), PATIENCE_MILLISECONDS);
    const { signal } = options;
    if (signal.aborted) queueMicrotask(this.#aborted);
    else signal.addEventListener("abort", this.#aborted, { once: true });
  }

  /** Sends something before the answer; false when the client does not follow. */
  emit(message: JsonObject): boolean {
    if (this.#over) return true;
    const text = JSON.stringify(message);
    const stream = this.#upgrade();
    return stream.message(text, this.#options.record?.(text));
  }

  /** Sends the answer; the status counts only where nothing was sent before. */
  finish(message: JsonObject, status = 200): boolean {
    if (this.#over) return true;
    const text = JSON.stringify(message);
    const stream = this.#stream;
    this.#end();
    if (stream === undefined) {
      const headers = { "content-type": "application/json", ...this.#options.headers };
      this.#resolve(new Response(text, { status, headers }));
      return true;
    }
    const followed = stream.message(text, this.#options.record?.(text));
    stream.end();
    return followed;
  }

  /** Ends the reply without an answer: the request was cancelled. */
  drop(): void {
    if (this.#over) return;
    const stream = this.#stream;
    this.#end();
    if (stream === undefined) this.#resolve(new Response(null, { status: 202, headers: this.#options.headers }));
    else stream.end();
  }

  #upgrade(): SseStream {
    if (this.#stream !== undefined) return this.#stream;
    const { headers, record, onGone, onDrain } = this.#options;
    const stream = new SseStream(headers, {
      onGone: () => {
        this.#end();
        onGone(record !== undefined);
      },
      onDrain,
    });
    this.#stream = stream;
    if (record !== undefined) stream.prime(record(""), RETRY_MILLISECONDS);
    this.#resolve(stream.response);
    return stream;
  }

  readonly #aborted = (): void => {
    // From the first event on the stream itself tells who went away.
    if (this.#over || this.#stream !== undefined) return;
    this.#end();
    this.#resolve(new Response(null, { status: 499 }));
    this.#options.onGone(false);
  };

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener("abort", this.#aborted);
  }
}
