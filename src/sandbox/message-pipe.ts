import { readSync, writeSync } from "node:fs";
import { encodeFrame, FrameReader } from "../domain/length-prefixed-frame.ts";
import { RefusalError } from "../domain/refusal.ts";
import { MAX_REQUEST_BYTES, sandboxRequestSchema } from "../lean/sandbox-protocol.ts";
import type { SandboxReply, SandboxRequest } from "../lean/sandbox-protocol.ts";

/** The supervisor's messages come in on standard input and answers leave on this descriptor, so print mixes with neither. */
const REPLY_FD = 3;
const REQUEST_FD = 0;
const CHUNK = 65_536;

/** Waits until the pipe may have room or data again; only needed where the platform made it non-blocking. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

/** The sandbox's end of the pipe to its supervisor: blocking on purpose, because a sandbox does one thing at a time. */
export class MessagePipe {
  readonly #reader = new FrameReader(MAX_REQUEST_BYTES);
  readonly #waiting: unknown[] = [];

  /** The next message; undefined when the supervisor has closed the pipe. Throws on a message of the wrong shape. */
  receive(): SandboxRequest | undefined {
    while (this.#waiting.length === 0) {
      const chunk = readChunk();
      if (chunk === undefined) return undefined;
      const frames = this.#reader.push(chunk);
      if (!frames.ok) throw new RefusalError(frames.refusal);
      this.#waiting.push(...frames.value);
    }
    return sandboxRequestSchema.parse(this.#waiting.shift());
  }

  /** Sends a message; returns when the operating system has all of it. */
  send(reply: SandboxReply): void {
    const frame = encodeFrame(reply);
    let sent = 0;
    while (sent < frame.length) {
      try {
        sent += writeSync(REPLY_FD, frame, sent);
      } catch (error) {
        if (!isBusy(error)) throw error;
        pause();
      }
    }
  }
}

function readChunk(): Uint8Array | undefined {
  const chunk = new Uint8Array(CHUNK);
  for (;;) {
    try {
      const length = readSync(REQUEST_FD, chunk);
      return length === 0 ? undefined : chunk.subarray(0, length);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EOF") return undefined;
      if (!isBusy(error)) throw error;
      pause();
    }
  }
}
