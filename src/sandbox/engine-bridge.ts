import { AlgorithmError } from "../lean/algorithm/algorithm-error.ts";
import type { QcAlgorithm } from "../lean/algorithm/qc-algorithm.ts";
import type { AlgorithmClock } from "./algorithm-clock.ts";
import { HEADER, INDICATOR, SECURITY } from "../lean/board.ts";
import type { ConsolidatedBar } from "../lean/consolidators/bar-consumer.ts";
import { configurationOperations } from "./operations/configuration-operations.ts";
import { consolidatorOperations } from "./operations/consolidator-operations.ts";
import { liveOperations } from "./live-operations.ts";
import { indicatorOperations } from "./operations/indicator-operations.ts";
import { frameworkOperations } from "./operations/framework-operations.ts";
import { objectStoreOperations } from "./operations/object-store-operations.ts";
import type { OperationContext, Operations } from "./operations/operation.ts";
import { orderOperations } from "./operations/order-operations.ts";
import { outputOperations } from "./operations/output-operations.ts";
import { scheduleOperations } from "./operations/schedule-operations.ts";
import { securityOperations } from "./operations/security-operations.ts";
import type { PythonRuntime } from "./python-runtime.ts";

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** What the bridge needs of the loaded interpreter. */
export interface BridgeOptions {
  readonly runtime: PythonRuntime;
  /** Where the board is written (the interpreter's memory), anew at each call: growing replaces it. */
  readonly boardMemory: () => ArrayBufferLike;
  readonly algorithm: QcAlgorithm;
  readonly clock: AlgorithmClock;
  /** Whether the memory bound was hit. */
  readonly isOutOfMemory: () => boolean;
  /** Operations that only this kind of run has. */
  readonly extra?: Operations;
}

/** Offsets of the board under the names that the facade's modules declare. */
function boardLayout(): string {
  const named = (prefix: string, offsets: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(offsets).map(([name, offset]) => [`${prefix}${name}`, offset]);
  return JSON.stringify(
    Object.fromEntries([...named("", HEADER), ...named("S_", SECURITY), ...named("I_", INDICATOR)]),
  );
}

/**
 * Joins one algorithm of the engine with the Python runtime: copies the board into the interpreter's memory, serves
 * Python's operations, and turns what user code raises into AlgorithmErrors with tracebacks of the user's files.
 */
export class EngineBridge {
  readonly #runtime: PythonRuntime;
  readonly #boardMemory: () => ArrayBufferLike;
  readonly #algorithm: QcAlgorithm;
  readonly #clock: AlgorithmClock;
  readonly #isOutOfMemory: () => boolean;
  #address: number;
  #capacity = 0;
  #target: Float64Array = new Float64Array(0);
  #source: Float64Array = new Float64Array(0);
  /** Securities that Python knows. */
  #announced = 0;
  /** How deep Python and the engine call each other; only the outermost call describes an error. */
  #depth = 0;

  constructor(options: BridgeOptions) {
    this.#runtime = options.runtime;
    this.#boardMemory = options.boardMemory;
    this.#algorithm = options.algorithm;
    this.#clock = options.clock;
    this.#isOutOfMemory = options.isOutOfMemory;
    const operations = { ...this.#operations(), ...liveOperations(undefined), ...options.extra };
    this.#address = options.runtime.bind((name, ...values) => {
      const operation = operations[name];
      if (operation === undefined) throw new AlgorithmError(`the facade asked for an unknown operation ${name}`);
      const answer = operation(...values);
      this.sync();
      return answer;
    }, boardLayout());
    this.sync();
  }

  /** Brings the board in the interpreter's memory, and its clock, up to date; before Python goes on. */
  sync(): void {
    const { board, securities } = this.#algorithm;
    if (securities.all.length !== this.#announced) this.#announce();
    if (board.length > this.#capacity) this.#grow(board.length);
    if (this.#source.length !== board.length || this.#source.buffer !== board.values.buffer) {
      this.#source = board.values.subarray(0, board.length);
      this.#runtime.use_board?.(board.length);
    }
    if (this.#target.length === 0) this.#target = new Float64Array(this.#boardMemory(), this.#address, this.#capacity);
    this.#target.set(this.#source);
    this.#clock.set(this.#algorithm.utcTime / 1000);
  }

  /** Calls into Python. What user code raises leaves as an AlgorithmError. */
  call<T>(work: () => T): T {
    this.#depth += 1;
    try {
      this.sync();
      return work();
    } catch (error) {
      throw this.#depth > 1 ? error : this.#described(error);
    } finally {
      this.#depth -= 1;
    }
  }

  /** Tells Python of securities that are new, also those that the engine added by itself. */
  #announce(): void {
    const { all } = this.#algorithm.securities;
    for (const { symbol, boardOffset } of all.slice(this.#announced)) {
      this.#announced += 1;
      this.#runtime.add_security(symbol.index, boardOffset);
    }
  }

  /** Makes room on Python's side, at least twice of what is needed. */
  #grow(length: number): void {
    this.#capacity = Math.max(16_384, length * 2);
    this.#address = this.#runtime.grow_board(this.#capacity);
    this.#target = new Float64Array(this.#boardMemory(), this.#address, this.#capacity);
    if (this.#address % BYTES !== 0) throw new Error("the board must start on a multiple of eight bytes");
  }

  #operations(): Operations {
    const runtime = this.#runtime;
    const context: OperationContext = {
      algorithm: this.#algorithm,
      callBack: (number, ...values) => this.call(() => runtime.call_back(number, ...values)),
      callBackWithBar: (number, symbol, bar) =>
        this.call(() => runtime.call_back_bar(number, symbol, ...barValues(bar))),
    };
    return {
      ...configurationOperations(context),
      ...securityOperations(context),
      ...orderOperations(context),
      ...indicatorOperations(context),
      ...consolidatorOperations(context),
      ...scheduleOperations(context),
      ...outputOperations(context),
      ...objectStoreOperations(context),
      ...frameworkOperations(context),
    };
  }

  #described(error: unknown): unknown {
    if (error instanceof AlgorithmError) return error;
    return describeFailure(this.#runtime, error, this.#isOutOfMemory());
  }
}

function barValues(bar: ConsolidatedBar): number[] {
  return [bar.time, bar.endTime, bar.open, bar.high, bar.low, bar.close, bar.volume];
}

/** An AlgorithmError for what left Python: the user's exception, or the end of the interpreter. */
export function describeFailure(runtime: PythonRuntime, error: unknown, isOutOfMemory: boolean): AlgorithmError {
  let described: readonly [string, string] | undefined;
  try {
    const answer = runtime.describe_error();
    // The runtime's own format: two texts.
    if (answer !== undefined) described = JSON.parse(answer) as [string, string];
  } catch {
    // The interpreter is beyond answering.
  }
  if (isOutOfMemory && (described === undefined || described[0].startsWith("MemoryError"))) {
    return new AlgorithmError("The algorithm needed more memory than its limit allows.", {
      code: "MEMORY_LIMIT",
      stackTrace: described?.[1] ?? "",
      remedy: "Keep less: bound lists and windows, use coarser bars, or raise limits.memoryMib.",
      cause: error,
    });
  }
  if (described !== undefined) {
    return new AlgorithmError(described[0], { stackTrace: described[1], cause: error });
  }
  if (/EvalError|not available to an algorithm/.test(String(error))) {
    return new AlgorithmError("The algorithm tried to reach the host (a command, a process or its files).", {
      code: "SANDBOX_REFUSED",
      remedy: "Algorithms have no network, no processes and no files of the host: remove that code.",
      cause: error,
    });
  }
  return new AlgorithmError(`The Python interpreter ended (${String(error).slice(0, 200)}).`, {
    code: "SANDBOX_CRASHED",
    remedy: "Look for os._exit, os.abort or very deep recursion in the code.",
    cause: error,
  });
}
