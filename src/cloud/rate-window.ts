import { type Clock, MICROSECONDS_PER_SECOND } from "../domain/clock.ts";

const WINDOW = 60 * MICROSECONDS_PER_SECOND;

/** Counts events of the last minute, for each key on its own. */
export interface RateWindow {
  /** How many there were. */
  count(key: string): number;
  add(key: string): void;
}

export function createRateWindow(clock: Clock): RateWindow {
  const events = new Map<string, number[]>();
  const recent = (key: string): number[] => {
    const from = clock.now() - WINDOW;
    const kept = (events.get(key) ?? []).filter((time) => time > from);
    if (kept.length === 0) events.delete(key);
    else events.set(key, kept);
    return kept;
  };
  return {
    count: (key) => recent(key).length,
    add(key) {
      // Whoever sends ever new keys must not fill the memory.
      if (events.size > 1000) events.clear();
      events.set(key, [...recent(key), clock.now()]);
    },
  };
}
