import { accepted, refused } from "./refusal.ts";
import type { Outcome } from "./refusal.ts";

/** Bytes of the length that leads every frame. */
const PREFIX = 4;

/** One JSON value as a frame: its UTF-8 length as four bytes, most significant first, then the text. */
export function encodeFrame(value: unknown): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const frame = new Uint8Array(PREFIX + text.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, PREFIX);
  return frame;
}

/**
 * Collects chunks of a byte stream and gives out the frames that are whole, as parsed JSON (`unknown`: the reader
 * checks the shape). A frame over `maxBytes` or without JSON is refused for good, because what follows has no frame
 * boundary any more.
 */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #buffered = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a chunk; returns the values of all frames it completes. */
  push(chunk: Uint8Array): Outcome<unknown[]> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const values: unknown[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined) return accepted(values);
      if (length > this.#maxBytes) {
        return refused({
          code: "FRAME_TOO_LONG",
          message: `A message may have at most ${this.#maxBytes} bytes; this one announces ${length}.`,
        });
      }
      if (this.#buffered < PREFIX + length) return accepted(values);
      const text = new TextDecoder().decode(this.#take(PREFIX + length).subarray(PREFIX));
      try {
        values.push(JSON.parse(text));
      } catch {
        return refused({ code: "FRAME_NOT_JSON", message: "A message of JSON was expected; its text does not parse." });
      }
    }
  }

  #nextLength(): number | undefined {
    if (this.#buffered < PREFIX) return undefined;
    const whole = this.#joined();
    return new DataView(whole.buffer, whole.byteOffset, PREFIX).getUint32(0);
  }

  /** All buffered bytes in one piece; joined once a frame's prefix needs it, so long frames are not copied again. */
  #joined(): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= PREFIX) return first;
    return this.#merge();
  }

  #merge(): Uint8Array {
    const whole = new Uint8Array(this.#buffered);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [whole];
    return whole;
  }

  #take(count: number): Uint8Array {
    const whole = this.#merge();
    this.#chunks = whole.length > count ? [whole.subarray(count)] : [];
    this.#buffered -= count;
    return whole.subarray(0, count);
  }
}
