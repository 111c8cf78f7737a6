import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from "../time/civil-date.ts";

/** LEAN's `Resolution`. Tick is not supported. */
export const RESOLUTION = { TICK: 0, SECOND: 1, MINUTE: 2, HOUR: 3, DAILY: 4 } as const;

const SPANS: readonly number[] = [0, MICROS_PER_SECOND, MICROS_PER_MINUTE, MICROS_PER_HOUR, MICROS_PER_DAY];
const FOLDERS: readonly string[] = ["tick", "second", "minute", "hour", "daily"];

/** Length of a bar in microseconds. */
export function spanOf(resolution: number): number {
  return SPANS[resolution] ?? 0;
}

/** Folder of a resolution in LEAN's layout, also its name in messages. */
export function resolutionName(resolution: number): string {
  return FOLDERS[resolution] ?? String(resolution);
}
