/** Parameter values of one backtest of an optimisation, as texts. */
export type Point = Readonly<Record<string, string>>;

/** The same for the same values, whatever the order of their names. */
export function pointKey(point: Point): string {
  return JSON.stringify(Object.entries(point).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
