import type { PyodideAPI } from "pyodide";

/** One operation of the engine, as Python calls it; see `engine-operations.ts`. */
type EngineCall = (operation: string, ...values: unknown[]) => unknown;

/**
 * The functions of `python/quantwright_runtime.py`, as they look from here. Texts that hold structures are JSON.
 * Each may throw what the user's code raised (Pyodide's PythonError, or the CPython link's own); `describe_error` then
 * tells more.
 */
export interface PythonRuntime {
  bind(call: EngineCall, layout: string): number;
  check(files: string, entry: string): string;
  load(files: string, entry: string): string;
  create(): string;
  describe_error(): string | undefined;
  grow_board(length: number): number;
  /** Told how many doubles of the board count from now on; only where the board is sent, not shared. */
  use_board?(length: number): void;
  add_security(index: number, base: number): void;
  readonly step: () => void;
  /** Whether framework models are in use. */
  initialize(): boolean;
  order_event(event: string): void;
  securities_changed(added: string, removed: string): void;
  events(callback: string, events: string): void;
  warmup_finished(): void;
  end_of_day(index: number): void;
  end_of_algorithm(): void;
  /** Makes the algorithm a live one; before it is created. */
  go_live(): void;
  /** Runs a command of the user's own; the answer is JSON. */
  command(command: string): string;
  call_back(number: number, ...values: unknown[]): unknown;
  call_back_bar(number: number, index: number, ...values: number[]): unknown;
}

/** The module as it lies in the loaded interpreter. */
export function pythonRuntime(pyodide: PyodideAPI): PythonRuntime {
  // Pyodide types every module as any; the shape is that of the Python file, which the tests run through.
  return pyodide.pyimport("quantwright_runtime") as PythonRuntime;
}
