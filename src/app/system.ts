import { randomBytes } from "node:crypto";
import type { Clock } from "../domain/clock.ts";

/** The wall clock, in microseconds UTC. */
export const systemClock: Clock = { now: () => Math.round((performance.timeOrigin + performance.now()) * 1000) };

const RANDOM_BYTES = 5;
/** Random bytes that were not used yet: one call to the system's source for many ids. */
let unused = Buffer.alloc(0);

/** A short id that sorts by the time it was made: milliseconds in base 36 and 40 random bits. */
export function newId(): string {
  if (unused.length < RANDOM_BYTES) unused = randomBytes(200 * RANDOM_BYTES);
  const random = unused.subarray(0, RANDOM_BYTES).toString("hex");
  unused = unused.subarray(RANDOM_BYTES);
  return `${Date.now().toString(36)}${random}`;
}
