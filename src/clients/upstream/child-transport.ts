import type { Readable, Writable } from "node:stream";
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/client";
import { RateWindow } from "./rate-window.ts";
import { MAX_MESSAGE_BYTES, NotSentError } from "./upstream-session.ts";

const NEW_LINE = 0x0a;

/** So many lines a second that are no answers are no conversation. */
const MOST_IDLE_LINES = 5000;

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
  readonly #idle = new RateWindow(MOST_IDLE_LINES);

  constructor(streams: { readonly input: Writable; readonly output: Readable }) {
    this.#input = streams.input;
    this.#output = streams.output;
  }

  /** Whether messages can still be sent: false as soon as the server's output has ended, or a message did not go out. */
  get isOpen(): boolean {
    // The input goes first when a process ends: whoever tried again at once would find the same dead process.
    return !this.#closed && !this.#deaf && this.#input.writable;
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
        reject(new NotSentError("the server's process has ended"));
        return;
      }
      if (this.#input.writableLength > MAX_MESSAGE_BYTES) {
        // It asks, and does not read our answers.
        reject(new NotSentError("the server does not read what it is sent"));
        this.#fail("the server does not read what it is sent");
        return;
      }
      this.#input.write(serializeMessage(message), (error) => {
        if (!error) return resolve();
        this.#deaf = true;
        reject(new NotSentError("the server's process has ended", { cause: error }));
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
    this.#fail(`a message of the server has more than ${MAX_MESSAGE_BYTES} bytes`);
  }

  /** Gives the server up: what it does cannot be followed. */
  #fail(reason: string): void {
    this.onerror?.(new Error(reason));
    void this.close();
  }

  #take(line: string): void {
    if (this.#closed) return;
    let message: JSONRPCMessage | undefined;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      this.onerror?.(error as Error);
    }
    const isAnswer = message !== undefined && !("method" in message);
    if (!isAnswer && !this.#idle.take(performance.now()).within) return this.#fail("the server floods its output");
    if (message !== undefined) this.onmessage?.(message);
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks = [];
    this.#end.resolve();
    this.onclose?.();
  }
}
