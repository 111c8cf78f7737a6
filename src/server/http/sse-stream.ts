const KEEP_ALIVE_MILLISECONDS = 15_000;
/** So much may wait for a client before the sender is asked to wait. */
const BUFFERED_BYTES = 1024 * 1024;
/** A client that lets so much more pile up is cut off. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A stream of server-sent events to one HTTP client. */
export class SseStream {
  readonly response: Response;
  readonly #timer: NodeJS.Timeout;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #onDrain: () => void;
  #open = true;

  /**
   * @param events.onGone the client went away before the end
   * @param events.onDrain the client can follow again
   */
  constructor(
    headers: Readonly<Record<string, string>>,
    events: { readonly onGone: () => void; readonly onDrain: () => void },
  ) {
    this.#onDrain = events.onDrain;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => events.onDrain(),
        cancel: () => {
          if (!this.#open) return;
          this.#stop();
          events.onGone();
        },
      },
      { highWaterMark: BUFFERED_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    this.response = new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        ...headers,
      },
    });
    this.#timer = setInterval(() => void this.#write(": keepalive\n\n"), KEEP_ALIVE_MILLISECONDS);
    this.#timer.unref();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends one message; false when the client does not follow. */
  message(text: string, eventId?: string): boolean {
    return this.#write(`event: message\n${eventId === undefined ? "" : `id: ${eventId}\n`}data: ${text}\n\n`);
  }

  /** An event without a message: its id is what a client that lost the connection comes back with. */
  prime(eventId: string, retryMilliseconds: number): void {
    this.#write(`id: ${eventId}\nretry: ${retryMilliseconds}\ndata: \n\n`);
  }

  end(): void {
    if (!this.#open) return;
    this.#stop();
    this.#controller?.close();
  }

  #write(text: string): boolean {
    if (!this.#open || this.#controller === undefined) return true;
    this.#controller.enqueue(this.#encoder.encode(text));
    const room = this.#controller.desiredSize ?? 0;
    if (room < -MOST_BYTES) {
      this.#stop();
      this.#controller.error(new Error("the client does not read what it asked for"));
    }
    return room > 0;
  }

  #stop(): void {
    this.#open = false;
    clearInterval(this.#timer);
    // Whoever waits for this client must not wait for ever.
    this.#onDrain();
  }
}
