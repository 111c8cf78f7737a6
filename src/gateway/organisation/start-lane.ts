import type { ShortOf } from "./start-refusal.ts";

/** How often a start is asked again. */
export interface StartPace {
  /** The wait after the first refusal, in milliseconds; later ones grow by `growth` up to `mostMilliseconds`. */
  readonly firstMilliseconds: number;
  readonly growth: number;
  readonly mostMilliseconds: number;
  /** Up to this fraction is added by chance, so that several desks do not ask in step. */
  readonly jitter: number;
}

export interface LaneParts {
  readonly pace: StartPace;
  /** Milliseconds. */
  readonly now: () => number;
  /** Resolves after the time, or when the signal is aborted. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** One attempt: `short` where nothing was started for want of something; every other end is final. */
export type Attempt<T> =
  | { readonly kind: "short"; readonly of: ShortOf; readonly said: string }
  | { readonly kind: "done"; readonly value: T; readonly started: boolean };

export interface WaitingStart<T> {
  /** When it came, as a number that grows: the first come is the first served. */
  readonly arrival: number;
  readonly ask: () => Promise<Attempt<T>>;
  /** What its first attempt was refused with; undefined where others waited already and it was not asked. */
  readonly first: Extract<Attempt<T>, { kind: "short" }> | undefined;
  /** Milliseconds, on the lane's clock. */
  readonly until: number;
  readonly signal: AbortSignal;
  /** Told whenever something changes for it. */
  readonly onWaiting: (state: { readonly of: ShortOf; readonly ahead: number }) => void;
}

export type WaitEnd<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "cancelled" }
  | { readonly kind: "waited-out"; readonly of: ShortOf; readonly said: string; readonly attempts: number };

/**
 * The starts of one organisation that wait for one kind of node.
 *
 * Invariants
 * 1. Only the first one asks, and never while its last question is open.
 * 2. After a refusal nobody asks before the pace's wait is over, whoever is first by then.
 * 3. Who comes earlier is served earlier, unless he gives up.
 */
export class StartLane {
  readonly #parts: LaneParts;
  readonly #waiting: { readonly arrival: number }[] = [];
  #refusals = 0;
  #notBefore = 0;
  #asking = false;
  #said: { readonly of: ShortOf; readonly said: string } = { of: "node", said: "" };
  #changed = Promise.withResolvers<void>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Waits in the queue and asks again when it is its turn, until it was started or gave up. */
  async wait<T>(start: WaitingStart<T>): Promise<WaitEnd<T>> {
    const { now } = this.#parts;
    if (start.first !== undefined) this.#refused(start.first);
    this.#join(start);
    let attempts = start.first === undefined ? 0 : 1;
    let told = "";
    try {
      for (;;) {
        if (start.signal.aborted) return { kind: "cancelled" };
        if (now() >= start.until) return { kind: "waited-out", ...this.#said, attempts };
        const ahead = this.#waiting.indexOf(start);
        const state = { of: this.#said.of, ahead };
        if (told !== `${state.of} ${ahead} ${attempts}`) start.onWaiting(state);
        told = `${state.of} ${ahead} ${attempts}`;
        const isTurn = ahead === 0 && !this.#asking;
        if (!isTurn || now() < this.#notBefore) {
          await this.#pause(isTurn ? Math.min(this.#notBefore, start.until) : start.until, start.signal);
          continue;
        }
        attempts += 1;
        const attempt = await this.#ask(start);
        if (attempt.kind === "short") this.#refused(attempt);
        else {
          if (attempt.started) this.#refusals = 0;
          return { kind: "done", value: attempt.value };
        }
      }
    } finally {
      this.#waiting.splice(this.#waiting.indexOf(start), 1);
      this.#tell();
    }
  }

  async #ask<T>(start: WaitingStart<T>): Promise<Attempt<T>> {
    this.#asking = true;
    try {
      return await start.ask();
    } finally {
      this.#asking = false;
      this.#tell();
    }
  }

  #join(start: { readonly arrival: number }): void {
    const behind = this.#waiting.findIndex(({ arrival }) => arrival > start.arrival);
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, start);
    this.#tell();
  }

  #refused({ of, said }: { readonly of: ShortOf; readonly said: string }): void {
    this.#said = { of, said };
    // Several that were asked at the same time were refused for one reason.
    if (this.#parts.now() < this.#notBefore) return;
    const { firstMilliseconds, growth, mostMilliseconds, jitter } = this.#parts.pace;
    const grown = Math.min(mostMilliseconds, firstMilliseconds * growth ** this.#refusals);
    this.#notBefore = this.#parts.now() + grown * (1 + jitter * this.#parts.random());
    this.#refusals += 1;
  }

  /** Until a time, or until something changed in the queue. */
  async #pause(until: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const milliseconds = Math.max(0, Math.ceil(until - this.#parts.now()));
    const waits = [this.#changed.promise, this.#parts.wait(milliseconds, AbortSignal.any([signal, over.signal]))];
    await Promise.race(waits);
    over.abort();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
