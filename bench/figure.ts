/** One line of the benchmark: what was measured, in what unit, and what the project wants it to be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** For example `≥ 150,000`; empty where there is none. */
  readonly goal?: string;
}

/** What a measurement gives; `skipped` says why where it could not be made. */
export interface Measurement {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly skipped?: string;
}

export type Log = (line: string) => void;

/** The middle one of some numbers, the lower of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** What a call gives, and how many seconds it took. */
export async function timed<T>(work: () => Promise<T> | T): Promise<{ readonly value: T; readonly seconds: number }> {
  const begin = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - begin) / 1000 };
}
