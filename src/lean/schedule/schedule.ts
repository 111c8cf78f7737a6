import type { Clock } from "../engine/clock.ts";

/** The times of a scheduled event in order, UTC microseconds; `undefined` at the end. `after` is not included. */
export type EventTimes = (after: number) => number | undefined;

/** Handle of a scheduled event. */
export interface ScheduledEvent {
  readonly name: string;
  /** Ends the event. */
  remove(): void;
}

interface Entry {
  readonly name: string;
  readonly order: number;
  readonly times: EventTimes;
  readonly callback: () => void;
  next: number;
}

/** Scheduled events; those of the same time fire in the order in which they were made. */
export class Schedule {
  /** Time of the next event, Infinity without any. */
  nextTime: number = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  readonly #entries: Entry[] = [];
  #created = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back at the times of a rule, from now on. */
  on(name: string, times: EventTimes, callback: () => void): ScheduledEvent {
    const next = times(this.#clock.utc - 1);
    const entry: Entry = { name, order: this.#created, times, callback, next: next ?? Number.POSITIVE_INFINITY };
    this.#created += 1;
    this.#entries.push(entry);
    this.#refresh();
    return {
      name,
      remove: () => {
        const at = this.#entries.indexOf(entry);
        if (at >= 0) this.#entries.splice(at, 1);
        this.#refresh();
      },
    };
  }

  /** Fires the earliest event; the caller has set the clock. */
  fireNext(): void {
    const entry = this.#entries.find((candidate) => candidate.next === this.nextTime);
    if (entry === undefined) return;
    entry.next = entry.times(entry.next) ?? Number.POSITIVE_INFINITY;
    this.#refresh();
    entry.callback();
  }

  #refresh(): void {
    this.nextTime = this.#entries.reduce((least, entry) => Math.min(least, entry.next), Number.POSITIVE_INFINITY);
  }
}
