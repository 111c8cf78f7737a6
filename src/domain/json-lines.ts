import type { RpcId } from "./json-rpc.ts";
import { parseJson } from "./parse-json.ts";
import { TopLevelIdScanner } from "./top-level-id.ts";

const NEW_LINE = 0x0a;

export interface JsonLineEvents {
  /** One parsed line. */
  readonly onValue: (value: unknown) => void;
  /** A line that is not JSON; blank lines are not told. */
  readonly onGarbage: () => void;
  /** A line over the limit, when it ended: its top-level id where one was found. */
  readonly onTooLong: (line: {
    readonly id: RpcId | undefined;
    readonly isRequest: boolean;
    readonly bytes: number;
  }) => void;
}

/**
 * Cuts a stream of bytes into lines of JSON.
 *
 * Invariants
 * 1. At most `maxBytes` of one line are kept; a longer line is read to its end without keeping it, so that what follows
 *    it is still understood.
 * 2. Chunks are joined once a line: joining at every chunk takes seconds for a line of 20 MB.
 */
export class JsonLineReader {
  readonly #maxBytes: number;
  readonly #events: JsonLineEvents;
  readonly #decoder = new TextDecoder();
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #scanner: TopLevelIdScanner | undefined;

  constructor(maxBytes: number, events: JsonLineEvents) {
    this.#maxBytes = maxBytes;
    this.#events = events;
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEW_LINE); end >= 0; end = rest.indexOf(NEW_LINE)) {
      this.#take(rest.subarray(0, end));
      this.#endLine();
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) this.#take(rest);
  }

  #take(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#scanner !== undefined) {
      this.#scanner.push(part);
      return;
    }
    this.#chunks.push(part);
    if (this.#bytes <= this.#maxBytes) return;
    this.#scanner = new TopLevelIdScanner();
    for (const kept of this.#chunks) this.#scanner.push(kept);
    this.#chunks = [];
  }

  #endLine(): void {
    const scanner = this.#scanner;
    const bytes = this.#bytes;
    const text = scanner === undefined ? this.#decoder.decode(joined(this.#chunks, bytes)) : "";
    this.#chunks = [];
    this.#bytes = 0;
    this.#scanner = undefined;
    if (scanner !== undefined) this.#events.onTooLong({ id: scanner.id, isRequest: scanner.isRequest, bytes });
    else if (text.trim() !== "") this.#parse(text);
  }

  #parse(text: string): void {
    let value: unknown;
    try {
      value = parseJson(text);
    } catch {
      this.#events.onGarbage();
      return;
    }
    this.#events.onValue(value);
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
