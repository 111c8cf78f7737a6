import type { Decimal } from "../../domain/decimal.ts";
import { AlgorithmError } from "../../lean/algorithm/algorithm-error.ts";
import type { QcAlgorithm } from "../../lean/algorithm/qc-algorithm.ts";
import type { ConsolidatedBar } from "../../lean/consolidators/bar-consumer.ts";

/** What an operation may answer Python: structures travel as JSON, undefined becomes None. */
type Answer = number | string | boolean | undefined;

/** One thing that the facade asks of the engine, by name. Arguments come from Python and are read by type. */
type Operation = (...values: unknown[]) => Answer | void;
export type Operations = Readonly<Record<string, Operation>>;

/** What operations work with. */
export interface OperationContext {
  readonly algorithm: QcAlgorithm;
  /** Calls a function of the user by the number Python registered it under. */
  callBack(number: number, ...values: (number | string)[]): unknown;
  /** The same with a bar of a symbol. */
  callBackWithBar(number: number, symbol: number, bar: ConsolidatedBar): unknown;
}

function wrong(expected: string, value: unknown): AlgorithmError {
  return new AlgorithmError(`expected ${expected}, got ${JSON.stringify(value) ?? "nothing"}`);
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw wrong("a text", value);
  return value;
}

/** A number of Python's: whole numbers beyond 2^53 arrive as bigint. */
export function number(value: unknown): number {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") throw wrong("a number", value);
  return value;
}

export function flag(value: unknown): boolean {
  return value === true;
}

/** Reads an argument that may be None. */
export function optional<T>(read: (value: unknown) => T, value: unknown): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** Numbers from a JSON list that the facade wrote. */
export function numberList(value: unknown): number[] {
  const list: unknown = JSON.parse(text(value));
  if (!Array.isArray(list)) throw wrong("a list", value);
  return list.map((item) => number(item));
}

/** The double of a decimal that may be missing. */
export function double(value: Decimal | undefined): number | undefined {
  return value?.toNumber();
}
