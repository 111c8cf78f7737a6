import { readSync, writeSync } from "node:fs";

/** Kinds of frames, the same as in `python/quantwright_host.py`. */
const KIND = { STEP: 1, CALL: 2, ASK: 3, NOTHING: 4, VALUE: 5, TEXT: 6, RAISED: 7, PRINTED: 8 } as const;

const NUMBER = 4;
/** Head of a frame to Python: doubles, bytes, kind, 0; a multiple of eight, so that the doubles behind it are aligned. */
const HEAD_TO_PYTHON = 16;
/** Head of a frame from Python: bytes, kind. */
const HEAD_FROM_PYTHON = 8;
const CHUNK = 65_536;
const EMPTY = Buffer.alloc(0);

/** What Python's code raised; `describe_error` tells more. */
class PythonRaised extends Error {
  override readonly name = "PythonRaised";
}

/** The Python process is gone. */
class PythonEnded extends Error {
  override readonly name = "PythonEnded";
}

/** Serves what Python asks of the engine. */
export type EngineCall = (operation: string, ...values: unknown[]) => unknown;

/** The pipes to a Python process, on both of which calls wait: the two processes work in turns. */
export class CpythonLink {
  readonly #source: number;
  readonly #target: number;
  #received: Buffer = Buffer.allocUnsafe(CHUNK);
  #start = 0;
  #end = 0;
  /** A frame as it is sent: room for the head, then the board, which the engine writes in place. */
  #frame: Buffer = Buffer.alloc(HEAD_TO_PYTHON);
  #board: Buffer = EMPTY;
  /** The board as Python knows it. */
  #known: Buffer = EMPTY;
  #engine: EngineCall = () => {
    throw new Error("the engine is not bound yet");
  };
  #print: (line: string) => void = () => {};

  constructor(pipes: { readonly source: number; readonly target: number }) {
    this.#source = pipes.source;
    this.#target = pipes.target;
  }

  /** Sets who serves Python's requests. */
  set engine(call: EngineCall) {
    this.#engine = call;
  }

  /** Sets who hears the lines that Python prints. */
  set print(sink: (line: string) => void) {
    this.#print = sink;
  }

  /** Where the board is written, from the byte that `growBoard` answered. */
  get boardMemory(): ArrayBufferLike {
    return this.#frame.buffer;
  }

  /** Makes room for so many doubles; returns the first one's place in `boardMemory`, in bytes. */
  growBoard(doubles: number): number {
    const bytes = new ArrayBuffer(HEAD_TO_PYTHON + doubles * Float64Array.BYTES_PER_ELEMENT);
    this.#frame = Buffer.from(bytes);
    this.#board = EMPTY;
    this.#known = EMPTY;
    return HEAD_TO_PYTHON;
  }

  /** Sets how many doubles of the board are in use. */
  useBoard(doubles: number): void {
    const bytes = doubles * Float64Array.BYTES_PER_ELEMENT;
    this.#board = this.#frame.subarray(HEAD_TO_PYTHON, HEAD_TO_PYTHON + bytes);
    this.#known = EMPTY;
  }

  /** The one call of a slice. */
  step(): void {
    this.#send(KIND.STEP, EMPTY);
    this.#result();
  }

  /** Calls a function of the runtime; throws where it raised, or where Python is gone. */
  call(name: string, values: readonly unknown[]): unknown {
    this.#send(KIND.CALL, Buffer.from(`[${[name, ...values].map(encoded).join(",")}]`));
    return this.#result();
  }

  /** Serves Python until it answers. */
  #result(): unknown {
    for (;;) {
      const [kind, body] = this.#receive();
      switch (kind) {
        case KIND.ASK:
          this.#serve(body);
          break;
        case KIND.PRINTED:
          this.#print(body.toString("utf8"));
          break;
        case KIND.NOTHING:
          return undefined;
        case KIND.VALUE:
          return revived(JSON.parse(body.toString("latin1")));
        case KIND.TEXT:
          return body.toString("utf8");
        case KIND.RAISED:
          throw new PythonRaised(body.toString("utf8"));
        default:
          throw new PythonEnded(`it sent a frame of unknown kind ${kind}`);
      }
    }
  }

  #serve(body: Buffer): void {
    // The host's own format: the operation's name and plain values.
    const [operation, ...values] = JSON.parse(body.toString("latin1")) as [string, ...unknown[]];
    let answer: unknown;
    try {
      answer = this.#engine(operation, ...values.map(revived));
    } catch (error) {
      if (error instanceof PythonEnded) throw error;
      this.#send(KIND.RAISED, Buffer.from(String(error)));
      return;
    }
    if (answer === undefined || answer === null) this.#send(KIND.NOTHING, EMPTY);
    else if (typeof answer === "string") this.#send(KIND.TEXT, Buffer.from(answer));
    else this.#send(KIND.VALUE, Buffer.from(encoded(answer)));
  }

  #send(kind: number, body: Buffer): void {
    const isKnown = this.#board.equals(this.#known);
    const board = isKnown ? EMPTY : this.#board;
    const frame = this.#frame;
    frame.writeUInt32LE(board.length / Float64Array.BYTES_PER_ELEMENT, 0);
    frame.writeUInt32LE(body.length, NUMBER);
    frame.writeUInt32LE(kind, 2 * NUMBER);
    if (!isKnown) {
      if (this.#known.length !== board.length) this.#known = Buffer.allocUnsafe(board.length);
      board.copy(this.#known);
    }
    const start = frame.subarray(0, HEAD_TO_PYTHON + board.length);
    this.#write(body.length === 0 ? start : Buffer.concat([start, body]));
  }

  #write(bytes: Buffer): void {
    try {
      for (let sent = 0; sent < bytes.length;) sent += writeSync(this.#target, bytes, sent);
    } catch (error) {
      throw new PythonEnded("the Python process is gone", { cause: error });
    }
  }

  /** The next frame; its body is valid until the next call. */
  #receive(): readonly [number, Buffer] {
    this.#need(HEAD_FROM_PYTHON);
    const length = this.#received.readUInt32LE(this.#start);
    const kind = this.#received.readUInt32LE(this.#start + NUMBER);
    this.#need(HEAD_FROM_PYTHON + length);
    const start = this.#start + HEAD_FROM_PYTHON;
    this.#start = start + length;
    return [kind, length === 0 ? EMPTY : this.#received.subarray(start, start + length)];
  }

  /** Reads on until so many bytes wait. */
  #need(count: number): void {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#start + count > this.#received.length) {
      const room = Buffer.allocUnsafe(Math.max(CHUNK, 2 * count));
      this.#received.copy(room, 0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      this.#received = room;
    }
    while (this.#end - this.#start < count) {
      const got = readSync(this.#source, this.#received, this.#end, this.#received.length - this.#end, null);
      if (got === 0) throw new PythonEnded("the Python process is gone");
      this.#end += got;
    }
  }
}

/** JSON as Python reads it, which knows not-a-number and the infinities. */
function encoded(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return JSON.stringify(value ?? null);
}

/** The host sends numbers that JSON does not have as `{number: name}`. */
function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("number" in value)) return value;
  return Number(value.number);
}
