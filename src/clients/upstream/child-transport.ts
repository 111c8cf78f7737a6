import type { Readable, Writable } from "node:stream";
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/client";

/** One message may be this long at both ends: results of long backtests exceed the SDK's 10 MB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const NEW_LINE = 0x0a;

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
  #chunks: Buffer[] = [];
  #buffered = 0;
  readonly #end = Promise.withResolvers<void>();
  #closed = false;
  #deaf = false;

  constructor(streams: { readonly input: Writable; readonly output: Readable }) {
    this.#input = streams.input;
    this.#output = streams.output;
  }

  /** Whether messages can still be sent: false as soon as the server's output has ended, or a message did not go out. */
  get isOpen(): boolean {
    return !this.#closed && !this.#deaf;
  }

  /** Resolves when the server's output has ended. */
  get closed(): Promise<void> {
    return this.#end.promise;
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
      this.#input.write(serializeMessage(message), (error) => {
        if (!error) return resolve();
        this.#deaf = true;
        reject(new NotSentError({ cause: error }));
        // A server that does not listen any more is of no use. Closed after the sender has heard why.
        setImmediate(() => void this.close());
      });
    });
  }

  close(): Promise<void> {
    this.#input.end();
    this.#ended();
    return Promise.resolve();
  }

  /** Chunks are joined once a message: joining at every chunk takes seconds for a message of 20 MB. */
  #received(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEW_LINE); end >= 0; end = rest.indexOf(NEW_LINE)) {
      this.#chunks.push(rest.subarray(0, end));
      const line = Buffer.concat(this.#chunks).toString("utf8");
      this.#chunks = [];
      this.#buffered = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") this.#take(line);
    }
    this.#chunks.push(rest);
    this.#buffered += rest.length;
    if (this.#buffered <= MAX_MESSAGE_BYTES) return;
    this.onerror?.(new Error(`a message of the server has more than ${MAX_MESSAGE_BYTES} bytes`));
    void this.close();
  }

  #take(line: string): void {
    try {
      this.onmessage?.(deserializeMessage(line));
    } catch (error) {
      this.onerror?.(error as Error);
    }
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks = [];
    this.#end.resolve();
    this.onclose?.();
  }
}
