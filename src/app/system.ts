import { randomBytes } from "node:crypto";
import type { Clock } from "../domain/clock.ts";

/** The wall clock, in microseconds UTC. */
export const systemClock: Clock = { now: () => Math.round((performance.timeOrigin + performance.now()) * 1000) };

/** A short id that sorts by the time it was made: milliseconds in base 36 and 40 random bits. */
export function newId(): string {
  return `${Date.now().toString(36)}${randomBytes(5).toString("hex")}`;
}
