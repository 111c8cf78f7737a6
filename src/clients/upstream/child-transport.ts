import type { Readable, Writable } from "node:stream";
import { ReadBuffer, serializeMessage, type JSONRPCMessage, type Transport } from "@modelcontextprotocol/client";

/** One message may be this long at both ends: results of long backtests exceed the SDK's 10 MB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** A message that did not reach the server, or not as a whole: it can have had no effect. */
export class NotSentError extends Error {
  constructor(options?: ErrorOptions) {
    super("the server's process has ended", options);
    this.name = "NotSentError";
  }
}

/**
 * MCP over the standard streams of a process that somebody else supervises. It closes when the process's output ends,
 * which fails every call in flight at once.
 */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #buffer = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES });
  #closed = false;

  constructor(streams: { readonly input: Writable; readonly output: Readable }) {
    this.#input = streams.input;
    this.#output = streams.output;
  }

  /** Whether messages can still be sent: false as soon as the server's output has ended. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  start(): Promise<void> {
    this.#output.on("data", (chunk: Buffer) => this.#received(chunk));
    this.#output.once("end", () => this.#ended());
    this.#output.once("close", () => this.#ended());
    this.#output.once("error", (error) => this.onerror?.(error));
    this.#input.on("error", (error) => this.onerror?.(error));
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed || !this.#input.writable) {
        reject(new NotSentError());
        return;
      }
      this.#input.write(serializeMessage(message), (error) =>
        error ? reject(new NotSentError({ cause: error })) : resolve(),
      );
    });
  }

  close(): Promise<void> {
    this.#input.end();
    this.#ended();
    return Promise.resolve();
  }

  #received(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
    } catch (error) {
      this.onerror?.(error as Error);
      void this.close();
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error as Error);
      }
    }
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffer.clear();
    this.onclose?.();
  }
}
