/** The time, injected: integer microseconds UTC. */
export interface Clock {
  now(): number;
}

export const MICROSECONDS_PER_SECOND = 1_000_000;

/** ISO text with seconds, UTC, of a time in microseconds. */
export function isoTime(microseconds: number): string {
  return new Date(Math.floor(microseconds / 1000)).toISOString();
}
